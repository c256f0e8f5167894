"""From a call of a stub to the question that a model is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.chat import ChatChain, Question, resolve
from llm_strategy.function.arguments import bound, input_model
from llm_strategy.function.distrusted import owner_is_untrusted, untrusted_inputs
from llm_strategy.function.openness import check_classes, closed
from llm_strategy.function.owner import bindings_of_owner, described_owner, shown_owner
from llm_strategy.function.shapes import Shape, described_inputs, descriptions_of, example_of, shape_of
from llm_strategy.prompt import StructuredPrompt
from llm_strategy.schema import bind_arguments, close_type_variables, free_type_variables, substitute
from llm_strategy.schema.annotations import strip_annotated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from llm_strategy.chat import ModelLike, Reader
    from llm_strategy.flow import ChatModel, Sampling
    from llm_strategy.function.definition import Definition
    from llm_strategy.function.settings import Settings
    from llm_strategy.prompt import Shown

__all__ = ["Call", "Questions"]

T = TypeVar("T")

_KEPT_SHAPES = 256
"""For how many combinations of types a generic stub remembers its shape."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was written."""

    args: tuple[Any, ...] = ()
    """Positional arguments, without the owner and the model."""
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Keyword arguments."""
    owner: object = None
    """The instance or class that a method was called on."""
    names_model: bool = False
    """Whether the model is an argument of the call, too."""


@dataclass(frozen=True, eq=False, slots=True)
class Questions(Generic[T]):
    """Makes the questions of one stub under one set of settings; what can be worked out once is kept."""

    definition: Definition
    """The stub."""
    settings: Settings
    """What shapes its calls."""
    explicit: bool = False
    """Whether the one input is a model whose fields are the inputs."""
    _shapes: dict[Any, tuple[Shape[T], tuple[Shown[T], ...]]] = field(default_factory=dict[Any, Any], repr=False)

    def of(
        self, asked: ModelLike | ChatChain | None, call: Call, model: ChatModel | None = None
    ) -> tuple[Question[T], Reader[Any]]:
        """Return the question of a call, with the reader of one item where items are streamed.

        Args:
            asked: what the caller named as the model.
            call: the arguments.
            model: who the question goes to, where it is not the model that was named.

        Raises:
            ConfigurationError: there is no such model.
            InputError: an argument cannot be shown.
            DefinitionError: the return type cannot be asked for.
        """
        values = bound(self.definition, call.args, call.kwargs, names_model=call.names_model)
        shape, examples = self._shape(self._bindings(values, call.owner))
        settings = self.settings
        prompt = StructuredPrompt(
            signature=shape.signature,
            instruction=self.definition.instruction if settings.instruction is None else settings.instruction,
            output=shape.output,
            inputs=self._inputs(shape, values, call.owner),
            parameters=self._descriptions(shape, call.owner),
            examples=examples,
            templates=settings.templates,
            fence=shape.fence,
            history=asked.messages if isinstance(asked, ChatChain) else (),
            untrusted=self._untrusted(shape, values, call.owner),
        )
        question = Question(
            where=self.definition.where,
            model=resolve(self.named_model(asked)) if model is None else model,
            prompt=prompt,
            reader=shape.reader,
            attempts=settings.attempts,
            method=settings.method,
            sampling=self._sampling(asked),
            cached=settings.cached,
        )
        return question, shape.item_reader

    def named_model(self, asked: ModelLike | ChatChain | None) -> ModelLike | None:
        """Return what stands for the model of a call: what the caller named, or else the settings."""
        named = asked.model if isinstance(asked, ChatChain) else asked
        return self.settings.model if named is None else named

    def input_type(self) -> type[BaseModel]:
        """Return a pydantic model of the inputs."""
        if self.explicit:
            kind: type[BaseModel] = strip_annotated(self.definition.inputs[0].annotation)
            return kind
        return input_model(self.definition)

    def check(self) -> None:
        """Work out at once what does not depend on a call. Raises DefinitionError."""
        if not self.definition.variables:
            self._shape({})
            return
        descriptions = descriptions_of(self.definition, explicit=self.explicit)
        described_inputs(self.definition, descriptions, self.settings.parameters)
        shown = {one for parameter in self.definition.inputs for one in free_type_variables(parameter.annotation)}
        if self.definition.owner is None:
            for variable in self.definition.variables:
                if variable not in shown:
                    close_type_variables(variable, where=f"return type of {self.definition.where!r}")

    def _bindings(self, values: Mapping[str, Any], owner: object) -> dict[Any, Any]:
        definition = self.definition
        if not definition.variables:
            return {}
        check_classes(definition, values)
        bindings = bindings_of_owner(definition, owner)
        annotations = {one.name: substitute(one.annotation, bindings) for one in definition.inputs}
        bindings = closed(definition, bindings | bind_arguments(annotations, values), values)
        return {variable: bindings[variable] for variable in definition.variables if variable in bindings}

    def _shape(self, bindings: dict[Any, Any]) -> tuple[Shape[T], tuple[Shown[T], ...]]:
        key = tuple(bindings.items())
        known = self._shapes.get(key)
        if known is None:
            shape = shape_of(self.definition, bindings, self.settings, explicit=self.explicit)
            numbered = enumerate(self.settings.examples, 1)
            known = shape, tuple(example_of(self.definition, shape, one, number) for number, one in numbered)
            if len(self._shapes) >= _KEPT_SHAPES:
                self._shapes.clear()
            self._shapes[key] = known
        return known

    def _descriptions(self, shape: Shape[T], owner: object) -> Mapping[str, str]:
        if self.definition.owner not in shape.descriptions:
            return {**described_owner(self.definition, owner), **shape.descriptions}
        return {name: text for name, text in shape.descriptions.items() if text}

    def _inputs(self, shape: Shape[T], values: Mapping[str, Any], owner: object) -> dict[str, Any]:
        data = shape.shown(values)
        itself = shown_owner(self.definition, owner)
        return data if itself is None else {f"{self.definition.owner}": itself, **data}

    def _untrusted(self, shape: Shape[T], values: Mapping[str, Any], owner: object) -> frozenset[str]:
        names = untrusted_inputs(shape, values)
        return names | {f"{self.definition.owner}"} if owner_is_untrusted(owner) else names

    def _sampling(self, asked: ModelLike | ChatChain | None) -> Sampling:
        own = self.settings.sampling
        return replace(asked.sampling, **own.arguments()) if isinstance(asked, ChatChain) else own
