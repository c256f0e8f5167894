"""Resolve type variables from the values of a call: `f(x: list[T]) -> T` called with `[1, 2]` returns an `int`.

What is *declared* counts more than what is *seen*. A parametrised object (`Box[int](...)`, a class passed for
`type[T]`) declares its variables; two declarations that differ are an error, as they are for a type checker.
A plain value only shows one type: values that differ are joined, so `[1, "a"]` for `list[T]` binds `T` to
`int | str`, where a class and its subclass join to the class, and `int` and `float` to `float`. Empty
containers show nothing and leave a variable unbound.
"""

from __future__ import annotations

from typing import Any, Union

import typing_extensions

from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.schema.annotations import (
    expand_alias,
    is_type_variable,
    origin_and_arguments,
    parameters,
    strip_annotated,
    substitute,
    union_of,
)
from llm_strategy.schema.json_data import is_list
from llm_strategy.schema.observing import Observations, observe
from llm_strategy.schema.type_names import type_name

if typing_extensions.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "bind_arguments",
    "bind_type_variables",
    "close_type_variables",
    "free_type_variables",
    "substitute",
]


def bind_type_variables(annotation: Any, value: object, *, where: str = "the argument") -> dict[Any, Any]:
    """Find the types for the type variables of an annotation from one value.

    >>> from typing import TypeVar
    >>> T = TypeVar("T")
    >>> bind_type_variables(dict[str, list[T]], {"a": [1, 2]})
    {~T: <class 'int'>}

    Args:
        annotation: a type that may contain type variables.
        value: what was passed for it.
        where: the name of the parameter, for error messages.

    Returns:
        Types by variable; variables that the value does not show are left out.

    Raises:
        InputError: the value contradicts itself, a bound or a constraint, or is None for a bare variable.
        DefinitionError: the annotation uses a ParamSpec or a TypeVarTuple.
    """
    return bind_arguments({where: annotation}, {where: value})


def bind_arguments(annotations: Mapping[str, Any], values: Mapping[str, object]) -> dict[Any, Any]:
    """Find the types for the type variables of a signature from the arguments of a call.

    >>> from typing import TypeVar
    >>> T, S = TypeVar("T"), TypeVar("S")
    >>> bind_arguments({"a": T, "b": list[S]}, {"a": 1, "b": ["x"]})
    {~T: <class 'int'>, ~S: <class 'str'>}

    Args:
        annotations: annotation of each parameter.
        values: value of each argument; parameters without a value or an annotation are passed over.

    Returns:
        Types by variable; variables that the values do not show are left out.

    Raises: InputError: the values contradict each other, a bound or a constraint, or one is None for a bare
        variable. DefinitionError: an annotation uses a ParamSpec or a TypeVarTuple.
    """
    seen: Observations = {}
    for name, annotation in annotations.items():
        if name not in values or not free_type_variables(annotation, where=repr(name)):
            continue
        if values[name] is None and is_type_variable(strip_annotated(annotation)):
            raise InputError(
                f"{name!r} is None, which gives no type for {annotation}: pass a value, or annotate the parameter as "
                f"'{type_name(annotation)} | None' and give the type by another argument."
            )
        try:
            observe(annotation, values[name], seen, where=name)
        except RecursionError as error:
            raise InputError(
                f"{name!r} nests too deep, or contains itself, so that it shows no type. Pass a flatter value."
            ) from error
    return {variable: _within_limits(variable, found.joined(variable)) for variable, found in seen.items()}


def free_type_variables(annotation: Any, *, where: str = "the type") -> tuple[Any, ...]:
    """List the type variables that an annotation leaves open, in order of appearance.

    >>> from typing import TypeVar
    >>> T, S = TypeVar("T"), TypeVar("S")
    >>> free_type_variables(dict[T, list[S]])
    (~T, ~S)

    Raises:
        DefinitionError: the annotation uses a ParamSpec or a TypeVarTuple.
    """
    found: dict[Any, None] = {}
    _gather(annotation, found, where)
    return tuple(found)


def close_type_variables(annotation: Any, *, where: str) -> Any:
    """Replace what is still open by the default, the bound or the constraints of its variable.

    >>> from typing import TypeVar
    >>> N = TypeVar("N", bound=float)
    >>> close_type_variables(list[N], where="'f'")
    list[float]

    Raises:
        DefinitionError: a variable has none of them.
    """
    bindings = {variable: _fallback(variable, where) for variable in free_type_variables(annotation, where=where)}
    return substitute(annotation, bindings) if bindings else annotation


def _gather(annotation: Any, found: dict[Any, None], where: str) -> None:
    annotation = strip_annotated(annotation)
    if is_type_variable(annotation):
        found.setdefault(annotation)
        return
    if isinstance(annotation, (typing_extensions.ParamSpec, typing_extensions.TypeVarTuple)):
        raise DefinitionError(
            f"{where} uses {annotation.__name__!r}, a {type(annotation).__name__}: only a TypeVar can be resolved from "
            f"a value. Write the types out, or use one TypeVar for each."
        )
    for inside in annotation if is_list(annotation) else _inside(annotation):
        _gather(inside, found, where)


def _inside(annotation: Any) -> Iterable[Any]:
    origin, arguments = origin_and_arguments(annotation)
    if origin is typing_extensions.Literal:
        return ()
    if origin is typing_extensions.Unpack:
        return arguments
    # A bare pydantic model may have been written as Box[T]; a bare alias or plain class means Box[Any].
    return arguments or (parameters(annotation) if hasattr(annotation, "model_fields") else ())


def _fallback(variable: Any, where: str) -> Any:
    default = getattr(variable, "__default__", None)
    if default is not None and default is not typing_extensions.NoDefault:
        return default
    if variable.__constraints__:
        return union_of(variable.__constraints__)
    if variable.__bound__ is not None:
        return variable.__bound__
    raise DefinitionError(
        f"{where} holds the type variable {variable.__name__!r}, and no argument gives its type: use it in the type of "
        f"a parameter whose value shows it (an empty list shows nothing), give it a bound, or write a concrete type."
    )


def _within_limits(variable: Any, found: Any) -> Any:
    """Check a binding against bound and constraints; a constraint replaces its subclasses, as for a type checker."""
    members = origin_and_arguments(found)[1] if origin_and_arguments(found)[0] is Union else (found,)
    if variable.__constraints__:
        for constraint in variable.__constraints__:
            if all(_is_a(member, constraint) for member in members):
                return constraint
        allowed = ", ".join(type_name(constraint) for constraint in variable.__constraints__)
        raise InputError(
            f"{variable.__name__!r} is {type_name(found)} in this call, and may only be one of: {allowed}. "
            f"Pass a value of one of these types."
        )
    bound = variable.__bound__
    if bound is not None and not all(_is_a(member, bound) for member in members):
        raise InputError(
            f"{variable.__name__!r} is {type_name(found)} in this call, which is no {type_name(bound)}: pass a value "
            f"within the bound, or widen the bound of the type variable."
        )
    return found


def _is_a(found: Any, expected: Any) -> bool:
    found, expected = origin_and_arguments(found)[0], strip_annotated(expand_alias(expected))
    origin, arguments = origin_and_arguments(expected)
    if origin is Union:
        return any(_is_a(found, member) for member in arguments)
    if not isinstance(found, type) or not isinstance(origin, type):
        return True  # a forward reference or a special form: pydantic judges the value later
    try:
        return issubclass(found, origin) or (origin is float and issubclass(found, int))
    except TypeError:  # a protocol that is not runtime-checkable
        return True
