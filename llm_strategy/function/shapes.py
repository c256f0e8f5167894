"""What of the prompts of a stub depends on the types of a call, and not on its values: made once for the same types."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from llm_strategy.chat import item_reader_for, reader_for
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.function.arguments import bound, validator_of
from llm_strategy.prompt import Shown
from llm_strategy.schema import fence_of, output_schema, substitute, to_jsonable, type_name
from llm_strategy.schema.annotations import strip_annotated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from llm_strategy.chat import Reader
    from llm_strategy.function.arguments import Validator
    from llm_strategy.function.definition import Definition
    from llm_strategy.function.parameters import Parameter
    from llm_strategy.function.settings import Example, Settings
    from llm_strategy.schema import Fence, OutputSchema

__all__ = ["Input", "Shape", "described_inputs", "descriptions_of", "example_of", "shape_of"]

T = TypeVar("T")

_SHOWN_AS_IT_IS = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter, with its type variables resolved."""

    annotation: Any
    """Its type."""
    validator: Validator | None
    """Checks what is passed; None where pydantic does not know the type."""
    default: Any
    """Taken as it comes, as in any Python function."""
    place: str
    """What errors call it."""

    def shown(self, value: Any) -> Any:
        """Return an argument as JSON-able data. Raises InputError where it does not fit, or is no data."""
        checked = value if self.validator is None or value is self.default else self.validator(value)
        return checked if type(checked) in _SHOWN_AS_IT_IS else to_jsonable(checked, self.annotation, where=self.place)


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """The types of one kind of call, in every form that its prompt and its reading need."""

    signature: str
    """The function as a model is shown it."""
    inputs: Mapping[str, Input]
    """The parameters, by name."""
    descriptions: Mapping[str, str]
    """What the inputs are, by name, where it is said."""
    output: OutputSchema[T]
    """The type that is asked for."""
    reader: Reader[T]
    """Reads the value out of a reply."""
    item_reader: Reader[Any]
    """Reads one item, where items are streamed."""
    fence: Fence | None
    """The block that the value is asked for in, where it is one."""
    explicit: bool
    """Whether the fields of the one parameter are the inputs."""

    def shown(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as JSON-able data. Raises InputError for one that does not fit, or is no data."""
        data = {name: self.inputs[name].shown(value) for name, value in values.items()}
        if not self.explicit:
            return data
        (value,) = data.values()
        return cast("dict[str, Any]", value) if isinstance(value, dict) else data


def shape_of(definition: Definition, bindings: dict[Any, Any], settings: Settings, *, explicit: bool) -> Shape[Any]:
    """Return the shape of the calls with these types for type variables. Raises DefinitionError."""
    wanted = substitute(definition.asked_type, bindings)
    where = f"return type of {definition.where!r}"
    open_names = bool(definition.variables)  # the classes then depend on the call
    output: OutputSchema[Any] = output_schema(wanted, where=where)
    output = output.described(settings.fields, lenient=open_names, where=where)
    reader = reader_for(output)
    item = item_reader_for(output_schema(substitute(definition.value_type, bindings), where=where))
    inputs = {one.name: _input(definition, one, substitute(one.annotation, bindings)) for one in definition.inputs}
    parameters = ", ".join(f"{name}: {type_name(one.annotation)}" for name, one in inputs.items())
    descriptions = descriptions_of(definition, explicit=explicit)
    return Shape(
        signature=f"{definition.title}({parameters}) -> {type_name(wanted)}",
        inputs=inputs,
        descriptions=described_inputs(definition, descriptions, settings.parameters),
        output=output,
        reader=reader,
        item_reader=item,
        fence=fence_of(wanted),
        explicit=explicit,
    )


def descriptions_of(definition: Definition, *, explicit: bool) -> dict[str, str]:
    """Return what the code says of each input; '' where it says nothing."""
    if not explicit:
        return {one.name: one.description for one in definition.inputs}
    fields: dict[str, FieldInfo] = strip_annotated(definition.inputs[0].annotation).model_fields
    return {
        str(field.validation_alias or field.alias or name): field.description or ""
        for name, field in fields.items()
        if field.repr and not field.exclude
    }


def described_inputs(
    definition: Definition, descriptions: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, str]:
    """Return the descriptions that are shown, some in other words; '' hides what the owner's class says of itself.

    Raises:
        DefinitionError: there is no such parameter.
    """
    for name in texts:
        if name not in descriptions and name != definition.owner:
            near = get_close_matches(name, descriptions, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise DefinitionError(
                f"{definition.where!r}: there is no parameter {name!r} to describe. {hint}It has "
                f"{', '.join(map(repr, descriptions)) or 'none'}."
            )
    said = {name: texts.get(name, text) for name, text in descriptions.items()}
    shown = {name: text for name, text in said.items() if text}
    owner = definition.owner or ""
    return {owner: texts[owner], **shown} if owner in texts else shown


def _input(definition: Definition, one: Parameter, annotation: Any) -> Input:
    validator = validator_of(annotation, f"argument {one.name!r}", definition.where)
    return Input(annotation, validator, one.written, f"{definition.where}(): argument {one.name}")


def example_of(definition: Definition, shape: Shape[T], example: Example, number: int) -> Shown[T]:
    """Return an example as a prompt shows it. Raises DefinitionError where it does not fit the signature."""
    where = f"{definition.where}: example {number}"
    check = validator_of(shape.output.annotation, "its value", where)
    try:
        data = shape.shown(bound(definition, (), example.inputs))
        value = example.value if check is None else check(example.value)
    except (TypeError, InputError) as error:
        raise DefinitionError(f"{where!r} does not fit the signature: {error}") from error
    return Shown(data, value, example.reasoning)
