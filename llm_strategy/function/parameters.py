"""The parameters of a stub: which one is the model, which one is the owner, and what the others are."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin
from typing import Annotated as AnnotatedForm

from pydantic.fields import FieldInfo

from llm_strategy.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OWNER_NAMES", "Parameter", "checked_model_parameter", "parameters_of"]

OWNER_NAMES = frozenset({"self", "cls"})
"""First parameters that stand for what a method is called on."""

_MODEL_TYPES = frozenset(
    {
        "BaseChatModel",
        "BaseLLM",
        "BaseLanguageModel",
        "LLM",
        "ChatChain",
        "ChatModel",
        "Runnable",
        "ModelLike",
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that is an input of the model."""

    name: str
    """Name in the signature."""
    annotation: Any
    """Its type, with the metadata of a `Field` default."""
    default: Any
    """The value where the caller gives none; `inspect.Parameter.empty` where one is required."""
    kind: Any
    """The kind of parameter, as `inspect` names it."""
    description: str
    """What it is, from `Field(description=...)`."""


def parameters_of(parameters: list[inspect.Parameter], hints: Mapping[str, Any], where: str) -> tuple[Parameter, ...]:
    """Return the inputs of a stub. Raises DefinitionError for a parameter without an annotation."""
    return tuple(_parameter(parameter, hints, where) for parameter in parameters)


def _parameter(parameter: inspect.Parameter, hints: Mapping[str, Any], where: str) -> Parameter:
    if parameter.name not in hints:
        raise DefinitionError(
            f"{where!r}: parameter {parameter.name!r} has no annotation. Its type is part of the prompt: "
            f"write `{parameter.name}: <type>`."
        )
    annotation, default = hints[parameter.name], parameter.default
    description = _described(annotation)
    if isinstance(default, FieldInfo):
        description = default.description or description
        annotation = AnnotatedForm[annotation, default] if default.metadata else annotation
        default = _default(default)
    return Parameter(parameter.name, annotation, default, parameter.kind, description)


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return inspect.Parameter.empty
    return field.get_default(call_default_factory=True)


def _described(annotation: Any) -> str:
    if get_origin(annotation) is not AnnotatedForm:
        return ""
    described = (extra.description for extra in get_args(annotation)[1:] if isinstance(extra, FieldInfo))
    return next((text for text in described if text), "")


def checked_model_parameter(parameters: list[inspect.Parameter], hints: Mapping[str, Any], where: str) -> None:
    """Check that a stub's first parameter can be the model. Raises DefinitionError."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not parameters or parameters[0].kind not in positional:
        raise DefinitionError(
            f"{where!r} has no parameter for the model. Add one as the first: `def {where.rpartition('.')[2]}(model, ...)`,"
            " or fix the model with @llm_strategy(model)."
        )
    first = parameters[0]
    if not _may_be_model(hints.get(first.name, Any)):
        raise DefinitionError(
            f"{where!r}: the first parameter of an LLM function is the model, and {first.name!r} is annotated with "
            f"{hints[first.name]!r}. Put a parameter for the model before it, or fix the model with @llm_strategy(model)."
        )


def _may_be_model(annotation: Any) -> bool:
    """Whether an annotation may stand for a model; langchain's classes are known by name, so it is not imported."""
    if annotation is Any or annotation is object or isinstance(annotation, str):
        return True
    options = get_args(annotation)
    if options:
        return any(_may_be_model(option) for option in options if option is not type(None))
    parents = getattr(annotation, "__mro__", (annotation,))
    return any(getattr(parent, "__name__", "") in _MODEL_TYPES for parent in parents)
