"""Judge a type where it is defined: can its values be written as JSON, and if not, what should be done about it.

Everything that would only fail when the first reply arrives fails here, with a message that says where the
type stands, what in it cannot be read, and what to write instead.
"""

from __future__ import annotations

import collections.abc
import enum
import inspect
import io
import sys
import types
import typing
import warnings
from typing import Any

import typing_extensions
from pydantic import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from pydantic.errors import PydanticUserError

from llm_strategy.errors import DefinitionError
from llm_strategy.schema.annotations import origin_and_arguments, strip_annotated
from llm_strategy.schema.generics import close_type_variables
from llm_strategy.schema.readable_types import readable
from llm_strategy.schema.reading import CompiledType, Problem, compile_type
from llm_strategy.schema.type_names import type_name

__all__ = ["compile_output", "unreadable"]

_NEVER = (typing.NoReturn, typing_extensions.Never)
_GENERATORS = (collections.abc.Generator, collections.abc.AsyncGenerator)
_REGISTER = "use a type made of data, or teach the library this one with register_type()"
_AS_TEXT = "return the text, as str, or the path, as Path"
_REMEDIES: tuple[tuple[type, str], ...] = (
    (io.IOBase, _AS_TEXT),
    (typing.IO, _AS_TEXT),
    (collections.abc.AsyncIterable, "return list[...]; an async generator function streams its items"),
    (collections.abc.Iterator, "return list[...]; a function that returns Iterator[...] streams its items"),
    (collections.abc.Awaitable, "write the awaited type; an `async def` is awaited for you"),
    (enum.Enum, "give it members, or name an Enum that has some"),
    (types.ModuleType, "return a name, as str"),
)


def compile_output(annotation: Any, *, where: str) -> CompiledType:
    """Compile a type, or say why its values cannot be written as JSON.

    >>> compile_output(list[int], where="return type of 'f'").reading.validate_json("[1, 2]")
    [1, 2]

    Raises:
        DefinitionError: a part of the type has no JSON form, or leaves a type variable open.
    """
    _refuse_special_forms(annotation, where)
    closed = readable(close_type_variables(annotation, where=where))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*is not a Python type.*")
            compiled = compile_type(closed)
    except (PydanticUserError, PydanticUndefinedAnnotation, UserWarning, RecursionError) as error:
        raise unreadable(annotation, error, where) from error
    for problem in compiled.problems:
        raise DefinitionError(_problem_text(annotation, problem, where))
    return compiled


def _refuse_special_forms(annotation: Any, where: str) -> None:
    bare = strip_annotated(annotation)
    if bare in _NEVER:
        raise DefinitionError(
            f"{where} is {type_name(bare)}, so there is no value to ask a model for: name the type of the value."
        )
    if bare is inspect.Signature.empty or isinstance(bare, str):
        raise DefinitionError(f"{where} is not resolved: {bare!r}. Write a type that exists when the stub is defined.")
    for part in _walk(annotation, ()):
        if isinstance(part, types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
            raise DefinitionError(
                f"{where} is {type_name(annotation)}, and {getattr(part, '__name__', part)!r} in it is a "
                f"{type(part).__name__}, no type: write the class."
            )
        if origin_and_arguments(part)[0] in _GENERATORS:
            found = Problem((), origin_and_arguments(part)[0])
            raise DefinitionError(_problem_text(annotation, found, where))


def _walk(annotation: Any, seen: tuple[Any, ...]) -> typing.Iterator[Any]:
    annotation = strip_annotated(annotation)
    yield annotation
    origin, arguments = origin_and_arguments(annotation)
    if origin is not typing.Literal and len(seen) < 50:  # a recursive alias never ends
        for part in arguments:
            yield from _walk(part, (*seen, annotation))


def _problem_text(annotation: Any, problem: Problem, where: str) -> str:
    place = f" and its field {'.'.join(problem.path)!r} holds" if problem.path else " which holds"
    found = type_name(problem.found) if isinstance(problem.found, type) else f"a {problem.found}"
    same = strip_annotated(annotation) is problem.found
    holds = "" if same else f",{place} {found}"
    return f"{where} is {type_name(annotation)}{holds}: a model cannot write such a value. Instead, {_remedy(problem)}."


def _remedy(problem: Problem) -> str:
    kind = problem.found
    if not isinstance(kind, type):
        return "return the name of a function, or a Literal of the names that may be chosen"
    if hasattr(kind, "__shown__"):
        return "return text about it, or its address, as str: images, audio and files are inputs only"
    if kind is type:
        return "write type[X]: the subclasses of X are the choice"
    if getattr(kind, "_is_protocol", False) and kind.__module__ != "typing":
        return "name a class that implements the protocol: a model can only fill in fields"
    remedy = next((text for parent, text in _REMEDIES if issubclass(kind, parent)), None)
    if remedy is None and kind.__module__.partition(".")[0] not in sys.stdlib_module_names:
        return f"make {kind.__name__} a dataclass or a pydantic model, or teach the library it with register_type()"
    return remedy or _REGISTER


def unreadable(annotation: Any, error: BaseException, where: str) -> DefinitionError:
    """Turn an error of pydantic about a type into ours."""
    reason = str(error).partition("\n")[0].rstrip(".")
    if isinstance(error, PydanticSchemaGenerationError):
        reason = "it holds a part that cannot be read from JSON"
    old = "typing_extensions.TypedDict" in reason
    remedy = "import TypedDict from typing_extensions" if old else _REGISTER
    return DefinitionError(f"{where} is {type_name(annotation)}, which cannot be read: {reason}. Instead, {remedy}.")
