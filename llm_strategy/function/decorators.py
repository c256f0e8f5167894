"""`llm_function` and `llm_explicit_function`: stubs whose first argument is the model."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, Unpack, get_origin, overload

from pydantic import BaseModel

from llm_strategy.errors import DefinitionError
from llm_strategy.function.callables import LLMFunction
from llm_strategy.function.definition import Binding, Definition, define
from llm_strategy.function.hints import Surroundings, surroundings
from llm_strategy.function.implementation import Implementation
from llm_strategy.function.members import LLMClassMethod
from llm_strategy.function.questions import Questions
from llm_strategy.function.settings import Options, Settings, changed
from llm_strategy.hyperparameters import register
from llm_strategy.schema.annotations import strip_annotated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["implementation", "llm_explicit_function", "llm_function"]

P = ParamSpec("P")
R = TypeVar("R")


class _Decorator(Protocol):
    """Turns a stub into an LLM function."""

    def __call__(self, stub: Callable[Concatenate[Any, P], R], /) -> LLMFunction[P, R]: ...


@overload
def llm_function(stub: Callable[Concatenate[Any, P], R], /) -> LLMFunction[P, R]: ...
@overload
def llm_function(**options: Unpack[Options]) -> _Decorator: ...
def llm_function(stub: Any = None, /, **options: Unpack[Options]) -> Any:
    """Let a model answer a stub; the model is the stub's first argument.

    The name, the type hints and the docstring are the prompt; the reply is read back as the declared return type. Works
    for `def` and `async def`, for functions, methods (of which the first parameter is called `self` or `cls`), static
    and class methods. A return type `Iterator[T]` (or `AsyncIterator[T]`) streams the items of a list as they are
    finished.

    Args:
        stub: a function whose body is only a docstring, `...`, `pass` or `raise NotImplementedError`.
        **options: settings of the function; see `Options`.

    Raises:
        DefinitionError: no docstring, no return type, a body of its own, a type that no model can give.

    Examples:
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def capital(model, country: str) -> str:
        ...     '''The capital of the country.'''
        >>> capital(ScriptedModel(['{"return_value": "Paris"}']), "France")
        'Paris'
    """
    return _decorate(stub, options, explicit=False)


@overload
def llm_explicit_function(stub: Callable[Concatenate[Any, P], R], /) -> LLMFunction[P, R]: ...
@overload
def llm_explicit_function(**options: Unpack[Options]) -> _Decorator: ...
def llm_explicit_function(stub: Any = None, /, **options: Unpack[Options]) -> Any:
    """Let a model answer a stub that takes one pydantic model; its fields are the inputs.

    Type variables in its parameter are resolved from the argument, at any depth: a stub from `Run[P, R]` to `Step[P]`
    called with a `Run[Word, int]` gives a `Step[Word]`.

    Args:
        stub: a function of a model (a chat model, that is) and one pydantic model.
        **options: settings of the function; see `Options`.

    Raises:
        DefinitionError: the stub takes anything else, or is wrong as `llm_function` says.
    """
    return _decorate(stub, options, explicit=True)


def _decorate(stub: Any, options: Options, *, explicit: bool) -> Any:
    place = surroundings()

    def decorate(stub: Any) -> Any:
        inner = getattr(stub, "__func__", stub)
        if isinstance(stub, staticmethod):
            return staticmethod(made(inner, "nothing"))
        if isinstance(stub, classmethod):
            return LLMClassMethod(made(inner, "class"))
        return made(stub, None)

    def made(stub: Any, binding: Binding | None) -> LLMFunction[Any, Any]:
        if not inspect.isfunction(stub):
            raise DefinitionError(
                f"{stub!r} is no function. Put the decorator directly above a `def`; for properties and whole classes "
                "use @llm_strategy(model)."
            )
        return LLMFunction(
            implementation(stub, options, has_model=True, place=place, binding=binding, explicit=explicit)
        )

    return decorate if stub is None else decorate(stub)


def implementation(
    stub: Callable[..., Any],
    options: Mapping[str, Any],
    *,
    has_model: bool,
    place: Surroundings,
    binding: Binding | None = None,
    explicit: bool = False,
) -> Implementation:
    """Read and check a stub. Raises DefinitionError."""
    definition = define(stub, has_model=has_model, surroundings=place, binding=binding)
    questions: Questions[Any] = Questions(definition, changed(Settings(), options, definition.where), explicit)
    if definition.known:
        if explicit:
            _check_explicit(definition)
        questions.check()
    made = Implementation.of(questions)
    register(made.origin)
    return made


def _check_explicit(definition: Definition) -> None:
    kinds = [strip_annotated(one.annotation) for one in definition.inputs]
    kind = kinds[0] if len(kinds) == 1 else None
    origin = get_origin(kind) or kind
    if not (inspect.isclass(origin) and issubclass(origin, BaseModel)):
        found = ", ".join(f"{one.name}: {one.annotation!r}" for one in definition.inputs) or "none"
        raise DefinitionError(
            f"{definition.where!r}: an explicit function takes the model and one pydantic model, and the inputs of "
            f"this one are {found}. Use @llm_function for anything else."
        )
