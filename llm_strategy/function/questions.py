"""From a call of a stub to the question that a model is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import BaseModel

from llm_strategy.chat import ChatChain, Question, reader_for, resolve
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.function.arguments import Arguments, bound, checked, input_model, shown
from llm_strategy.prompt import Shown, StructuredPrompt
from llm_strategy.schema import output_schema, substitute, to_jsonable, type_name
from llm_strategy.schema.fenced import fence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.chat import ModelLike, Reader
    from llm_strategy.flow import ChatModel
    from llm_strategy.function.definition import Definition
    from llm_strategy.function.settings import Example, Settings
    from llm_strategy.schema import OutputSchema
    from llm_strategy.schema.fenced import Fence

__all__ = ["Call", "Questions"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was written."""

    args: tuple[Any, ...] = ()
    """Positional arguments, without the owner and the model."""
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Keyword arguments."""
    owner: object = None
    """The instance or class that a method was called on."""


@dataclass(frozen=True, slots=True)
class _Shape(Generic[T]):
    """What of a prompt depends on the types of a call and not on its values."""

    signature: str
    output: OutputSchema[T]
    reader: Reader[T]
    fence: Fence | None
    parameters: Mapping[str, str]
    examples: tuple[Shown[T], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Questions(Generic[T]):
    """Makes the questions of one stub under one set of settings; what can be worked out once is kept."""

    definition: Definition
    """The stub."""
    settings: Settings
    """What shapes its calls."""
    explicit: bool = False
    """Whether the one input is a model whose fields are the inputs."""
    _shapes: dict[Any, _Shape[T]] = field(default_factory=dict[Any, "_Shape[T]"], repr=False)

    def of(self, model: ModelLike | ChatChain | None, call: Call, value_type: Any = None) -> Question[T]:
        """Return the question that a call asks a model; `value_type` replaces the declared type.

        Raises:
            ConfigurationError: there is no such model.
            InputError: an argument cannot be shown.
            DefinitionError: the return type cannot be asked for.
        """
        history = model.messages if isinstance(model, ChatChain) else ()
        prompt, reader = self._prepared(call, value_type, history)
        return Question(
            where=self.definition.where,
            model=self._model(model),
            prompt=prompt,
            reader=reader,
            attempts=self.settings.attempts,
            method=self.settings.method,
            sampling=self.settings.sampling,
        )

    def prompt(self, call: Call, value_type: Any = None) -> StructuredPrompt[T]:
        """Return the prompt of a call, for no model in particular."""
        return self._prepared(call, value_type, ())[0]

    def item_reader(self, call: Call) -> Reader[Any]:
        """Return the reader of one item, for calls whose items are streamed."""
        return self._prepared(call, None, ())[1]

    def input_type(self) -> type[BaseModel]:
        """Return a pydantic model of the inputs."""
        if self.explicit:
            return cast("type[BaseModel]", self.definition.inputs[0].annotation)
        return input_model(self.definition)

    def check(self) -> None:
        """Work out at once what does not depend on a call. Raises DefinitionError."""
        if not self._variable():
            self._shape(Arguments({}, {one.name: one.annotation for one in self.definition.inputs}, {}), None)

    def _variable(self) -> bool:
        types = [self.definition.value_type, *(one.annotation for one in self.definition.inputs)]
        return any(getattr(kind, "__parameters__", ()) or isinstance(kind, TypeVar) for kind in types)

    def _model(self, model: ModelLike | ChatChain | None) -> ChatModel:
        if isinstance(model, ChatChain):
            return resolve(model.model if model.model is not None else self.settings.model)
        return resolve(model if model is not None else self.settings.model)

    def _prepared(self, call: Call, value_type: Any, history: tuple[Any, ...]) -> tuple[StructuredPrompt[T], Reader[T]]:
        arguments = bound(self.definition, call.args, call.kwargs, call.owner)
        shape = self._shape(arguments, value_type)
        prompt = StructuredPrompt(
            signature=shape.signature,
            instruction=self.settings.instruction or self.definition.instruction,
            output=shape.output,
            inputs=self._inputs(arguments, call.owner),
            parameters=shape.parameters,
            examples=shape.examples,
            templates=self.settings.templates,
            fence=shape.fence,
            history=history,
        )
        return prompt, shape.reader

    def _inputs(self, arguments: Arguments, owner: object) -> dict[str, Any]:
        data = shown(arguments, self.definition.where)
        if self.explicit:
            return cast("dict[str, Any]", next(iter(data.values())))
        if owner is None or isinstance(owner, type) or self.definition.owner is None:
            return data
        itself = to_jsonable(owner, type(owner), where=f"{self.definition.where!r}: {self.definition.owner!r}")
        return {self.definition.owner: itself, **data} if itself else data

    def _shape(self, arguments: Arguments, value_type: Any) -> _Shape[T]:
        key = (value_type, *arguments.bindings.items())
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = self._new_shape(arguments, value_type)
        return shape

    def _new_shape(self, arguments: Arguments, value_type: Any) -> _Shape[T]:
        declared = self.definition.value_type if value_type is None else value_type
        wanted = substitute(declared, arguments.bindings)
        output: OutputSchema[T] = output_schema(wanted, where=f"return type of {self.definition.where!r}")
        return _Shape(
            self._signature(arguments.annotations, wanted),
            output,
            reader_for(output),
            fence_of(wanted),
            self._descriptions(arguments),
            tuple(self._shown(number, one) for number, one in enumerate(self.settings.examples, 1)),
        )

    def _signature(self, annotations: Mapping[str, Any], wanted: Any) -> str:
        inputs = ", ".join(f"{name}: {type_name(kind)}" for name, kind in annotations.items())
        return f"{self.definition.name}({inputs}) -> {type_name(wanted)}"

    def _descriptions(self, arguments: Arguments) -> dict[str, str]:
        if not self.explicit:
            return {one.name: one.description for one in self.definition.inputs if one.description}
        (kind,) = (type(value) for value in arguments.values.values()) or (BaseModel,)
        fields = getattr(kind, "model_fields", {})
        return {name: one.description for name, one in fields.items() if one.description}

    def _shown(self, number: int, example: Example) -> Shown[T]:
        where = f"{self.definition.where!r}: example {number}"
        try:
            arguments = bound(self.definition, (), example.inputs)
            value = checked(self.definition.value_type, example.value, "value", where)
        except (TypeError, InputError) as error:
            raise DefinitionError(f"{where} does not fit the signature: {error}") from error
        return Shown(shown(arguments, where), value, example.reasoning)
