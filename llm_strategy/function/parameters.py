"""The parameters of a stub: which one is the model, which one is the owner, and what the others are."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from typing_extensions import Doc

from llm_strategy.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OWNER_NAMES", "Parameter", "check_annotated", "check_model_parameter", "parameter_of"]

OWNER_NAMES = frozenset({"self", "cls"})
"""First parameters that stand for what a method is called on."""

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

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
    """Type of the value, with the constraints of a `Field` default; for `*args` and `**kwargs`, of all of them."""
    kind: Any
    """The kind of parameter, as `inspect` names it."""
    written: Any
    """The default as it is written, maybe a `Field`; `inspect.Parameter.empty` where there is none."""
    description: str
    """What it is, from `Field(description=...)`, `Doc(...)` or a text in `Annotated`."""

    @property
    def default(self) -> Any:
        """The value where the caller gives none, made anew by a default factory."""
        if not isinstance(self.written, FieldInfo):
            return self.written
        return self.written.get_default(call_default_factory=True, validated_data={})

    @property
    def is_required(self) -> bool:
        """Whether a call has to give a value."""
        if self.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
            return False
        if isinstance(self.written, FieldInfo):
            return self.written.is_required()
        return self.written is inspect.Parameter.empty

    def in_signature(self) -> inspect.Parameter:
        """Return the parameter as it binds arguments."""
        required = isinstance(self.written, FieldInfo) and self.written.is_required()
        default = inspect.Parameter.empty if required else self.written
        return inspect.Parameter(self.name, self.kind, default=default)


def parameter_of(parameter: inspect.Parameter, hint: Any) -> Parameter:
    """Return what a parameter with an evaluated annotation is."""
    default, description = parameter.default, _described(hint)
    if isinstance(default, FieldInfo):
        description = default.description or description
        hint = Annotated[(hint, *default.metadata)] if default.metadata else hint
    return Parameter(parameter.name, _collected(hint, parameter.kind), parameter.kind, default, description)


def _collected(annotation: Any, kind: Any) -> Any:
    if kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple[annotation, ...]
    if kind is inspect.Parameter.VAR_KEYWORD:
        return dict[str, annotation]
    return annotation


def _described(annotation: Any) -> str:
    if get_origin(annotation) is not Annotated:
        return ""
    return next((text for text in map(_description_in, get_args(annotation)[1:]) if text), "")


def _description_in(note: object) -> str:
    if isinstance(note, FieldInfo):
        return note.description or ""
    if isinstance(note, Doc):
        return note.documentation
    return note if isinstance(note, str) else ""


def check_annotated(parameter: inspect.Parameter, where: str) -> None:
    """Check that a parameter has an annotation. Raises DefinitionError."""
    if parameter.annotation is inspect.Parameter.empty:
        raise DefinitionError(
            f"{where!r}: parameter {parameter.name!r} has no annotation. Its type is part of the prompt: "
            f"write `{parameter.name}: <type>`."
        )


def check_model_parameter(
    parameters: list[inspect.Parameter], where: str, hints_of: Callable[[str], Mapping[str, Any]]
) -> None:
    """Check that a stub's first parameter can be the model. Raises DefinitionError.

    Args:
        parameters: those of the stub, without its owner.
        where: the stub, for errors.
        hints_of: evaluates the annotation of one parameter.
    """
    if not parameters or parameters[0].kind not in _POSITIONAL:
        name = where.rpartition(".")[2]
        raise DefinitionError(
            f"{where!r} has no parameter for the model. Add one as the first: `def {name}(model, ...)`, or fix the "
            "model with @llm_strategy(model)."
        )
    first = parameters[0].name
    try:
        annotation = hints_of(first).get(first, Any)
    except DefinitionError:
        return  # a type checker may import it, and nobody else: it is nothing that a model is shown
    if not _may_be_model(annotation):
        raise DefinitionError(
            f"{where!r}: the first parameter of an LLM function is the model, and {first!r} is annotated with "
            f"{annotation!r}. Put a parameter for the model before it, or fix the model with @llm_strategy(model)."
        )


def _may_be_model(annotation: Any) -> bool:
    """Whether an annotation may stand for a model; langchain's classes are known by name, so it is not imported."""
    if annotation in {Any, object}:
        return True
    options = get_args(annotation)
    if options:
        return any(_may_be_model(option) for option in options)
    parents = getattr(annotation, "__mro__", (annotation,))
    return any(getattr(parent, "__name__", "") in _MODEL_TYPES for parent in parents)
