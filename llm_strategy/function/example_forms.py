"""Examples of a function as data: inputs typed by its parameters, values by its return type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError, WithJsonSchema
from pydantic.errors import PydanticUserError
from pydantic_core import core_schema

from llm_strategy.errors import DefinitionError, HyperparameterError, InputError
from llm_strategy.function.arguments import bound, validator_of
from llm_strategy.function.named_texts import mapping_or_none
from llm_strategy.function.settings import Example
from llm_strategy.schema import OutputSchema, free_type_variables, output_schema, to_jsonable
from llm_strategy.schema.readable_types import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import GetCoreSchemaHandler

    from llm_strategy.function.definition import Definition

__all__ = ["ExamplesForm"]

_PARTS = ("inputs", "value", "reasoning")


@dataclass(frozen=True, slots=True)
class ExamplesForm:
    """Marks an annotation for pydantic: examples of one function, which travel as a list of objects.

    What depends on the types of a call, as in a generic function, is plain data.
    """

    definition: Definition = field(compare=False)
    """The function."""
    function: Callable[..., Any] = field(init=False)
    """The stub itself: two definitions of one stub read the same."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "function", self.definition.function)

    def read(self, data: Any, info: core_schema.ValidationInfo) -> tuple[Example, ...]:
        """Return examples. Raises HyperparameterError where one does not fit the signature."""
        if not isinstance(data, list | tuple):
            raise HyperparameterError(f"{data!r} is no list of examples. Write [Example({{...}}, value)].")
        numbered = enumerate(cast("list[Any]", data), 1)
        return tuple(self._example(one, number, from_json=info.mode == "json") for number, one in numbered)

    def of(self, examples: Iterable[Example]) -> tuple[Example, ...]:
        """Return examples with inputs and values as they are when they are read. Raises HyperparameterError."""
        return tuple(self._example(one, number, from_json=False) for number, one in enumerate(examples, 1))

    def written(self, examples: Iterable[Example]) -> list[dict[str, Any]]:
        """Return examples as JSON data."""
        return [
            {
                "inputs": {name: _dumped(self._input_type(name), value) for name, value in one.inputs.items()},
                "value": _dumped(self._value_type(), one.value),
                "reasoning": one.reasoning,
            }
            for one in examples
        ]

    def _example(self, data: Any, number: int, *, from_json: bool) -> Example:
        where = f"{self.definition.where}: example {number}"
        inputs, value, reasoning = _parts_of(data, where)
        try:
            if from_json and not isinstance(data, Example):
                value = _loaded(self._value_type(), value)
                inputs = {name: _loaded(self._input_type(name), one) for name, one in inputs.items()}
            bound(self.definition, (), inputs)
            inputs = {name: self._checked(self._input_type(name), name, one, where) for name, one in inputs.items()}
            return Example(inputs, self._checked(self._value_type(), "its value", value, where), reasoning)
        except (TypeError, InputError, ValidationError) as error:
            raise HyperparameterError(f"{where!r} does not fit the signature: {_said(error)}") from error

    def _checked(self, annotation: Any, name: str, value: Any, where: str) -> Any:
        if annotation is Any:
            return to_jsonable(value)
        check = validator_of(annotation, name, where)
        checked = value if check is None else check(value)
        return value if isinstance(checked, Iterator) else checked  # pydantic reads an Iterable once, and later

    def _value_type(self) -> Any:
        return _unless_open(self.definition.asked_type)

    def _input_type(self, name: str) -> Any:
        known = {one.name: one.annotation for one in self.definition.inputs}
        return _unless_open(known[name]) if name in known else Any

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        inputs = {
            one.name: core_schema.typed_dict_field(
                _described(self._input_type(one.name), handler), required=one.is_required
            )
            for one in self.definition.inputs
        }
        parts = {
            "inputs": core_schema.typed_dict_field(
                core_schema.typed_dict_schema(inputs, extra_behavior="forbid"), required=True
            ),
            "value": core_schema.typed_dict_field(_described(self._value_type(), handler), required=True),
            "reasoning": core_schema.typed_dict_field(
                core_schema.with_default_schema(core_schema.str_schema(), default=""), required=False
            ),
        }
        one = core_schema.typed_dict_schema(parts, extra_behavior="forbid")
        return core_schema.with_info_plain_validator_function(
            self.read,
            json_schema_input_schema=core_schema.list_schema(one),
            serialization=core_schema.plain_serializer_function_ser_schema(self.written, when_used="json"),
        )


def _parts_of(data: Any, where: str) -> tuple[dict[str, Any], Any, str]:
    if isinstance(data, Example):
        return dict(data.inputs), data.value, data.reasoning
    one = mapping_or_none(data) or {}
    inputs, reasoning = mapping_or_none(one.get("inputs")), one.get("reasoning", "")
    if not set(one) <= set(_PARTS) or inputs is None or "value" not in one or not isinstance(reasoning, str):
        raise HyperparameterError(
            f"{where!r} is {data!r}, and no example of a call. Write Example({{'name of a parameter': ...}}, value), "
            "or an object with 'inputs', 'value' and maybe 'reasoning'."
        )
    return dict(inputs), one["value"], reasoning


def _said(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place or 'its value'}: {first['msg']}, got {first['input']!r}"


def _unless_open(annotation: Any) -> Any:
    return Any if free_type_variables(annotation) else annotation


def _schema_of(annotation: Any) -> OutputSchema[Any] | None:
    """Return how values of a type travel as JSON; None where they do not, and are shown as they are."""
    try:
        return output_schema(annotation)
    except DefinitionError:
        return None


def _dumped(annotation: Any, value: Any) -> Any:
    schema = None if annotation is Any else _schema_of(annotation)
    if schema is None:
        return to_jsonable(value)
    data = schema.dump(value)
    return data if schema.key is None else data[schema.key]


def _loaded(annotation: Any, data: Any) -> Any:
    schema = None if annotation is Any else _schema_of(annotation)
    if schema is None:
        return data
    return schema.read(data if schema.key is None else {schema.key: data})


def _described(annotation: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """Describe a type to pydantic, which need not know it: nothing is read with this."""
    schema = None if annotation is Any else _schema_of(annotation)
    if schema is None:
        return core_schema.any_schema()
    try:
        kind = readable(annotation)
        TypeAdapter[Any](kind).json_schema()
        return handler.generate_schema(kind)
    except PydanticUserError:
        told = {} if "$defs" in schema.json_schema else schema.json_schema  # references lead nowhere in there
        return handler.generate_schema(Annotated[Any, WithJsonSchema(told)])
