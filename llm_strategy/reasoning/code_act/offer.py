"""What a model may do in a run: the tools, and `finish` with a value of the declared type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from llm_strategy.errors import InputError, InvalidValueError
from llm_strategy.parsing.problems import problems_of, shown, summary
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.schema import compact_schema
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from llm_strategy.reasoning.code_act.wording import Wording
    from llm_strategy.schema import OutputSchema
    from llm_strategy.tools import Tool

__all__ = ["VALUE", "Offer"]

T = TypeVar("T")

VALUE = "value"
"""The parameter of `finish`."""


@dataclass(frozen=True, slots=True)
class Offer(Generic[T]):
    """The tools, the type of the value, and the words for both."""

    tools: tuple[Tool[..., Any], ...]
    """What may be called."""
    output: OutputSchema[T]
    """The declared type."""
    wording: Wording
    """How it is said."""

    @property
    def names(self) -> frozenset[str]:
        """What can be called, `finish` included."""
        return frozenset({FINISH, *(tool.name for tool in self.tools)})

    @property
    def type(self) -> str:
        """The declared type, as a model reads it."""
        name = self.output.name if self.output.key is None else ""
        return compact_schema(self.output.json_schema, name=name)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the value's fields; none where it has no fixed ones."""
        if self.output.key is not None:
            return ()
        return tuple(self.output.json_schema.get("properties", {}))

    @property
    def takes_any_text(self) -> bool:
        """Whether any reply could be taken for the value."""
        try:
            self.output.adapter.validate_json('"a text that nobody has asked for"')
        except ValidationError:
            return False
        return True

    def data_of(self, value: T) -> Any:
        """Return a value as `finish` takes it."""
        data = self.output.dump(value)
        return data if self.output.key is None else data[self.output.key]

    def finished(self, arguments: str) -> T:
        """Return the value that `finish` was called with.

        Args:
            arguments: the arguments as JSON text: `value`, or the fields of the value.

        Raises:
            InvalidValueError: it does not fit the declared type; the message says where.
        """
        try:
            given: Any = json.loads(arguments.strip() or "{}")
        except (ValueError, RecursionError) as error:
            raise InvalidValueError(f"The arguments of finish are no JSON: {error}.", reply=arguments) from error
        problems: list[str] = []
        for form in self._forms(given):
            try:
                value = self.output.read(form)
            except ValidationError as error:
                problems = problems or problems_of(error)
            else:
                unknown = self._unknown(form, value)
                if not unknown:
                    return value
                problems = problems or [unknown]
        raise InvalidValueError(summary(problems), reply=arguments, problems=problems)

    def _forms(self, given: Any) -> list[Any]:
        """Return what may be the value in the arguments of `finish`, the likeliest first.

        `{"value": ...}` and nothing else is what every form of actions writes around a value: such an envelope is the
        value itself only for a type that has a field of that name, else a dictionary would take anything.
        """
        if not is_object(given) or (given and VALUE not in given):
            return [given]
        if not given:  # nobody writes None out
            return [None] if self.output.json_schema.get("type") == "null" else [given]
        has_field, alone = VALUE in self.fields, len(given) == 1
        if alone and not has_field:
            return [given[VALUE]]
        return [given, given[VALUE]] if has_field and not alone else [given[VALUE], given]

    def _unknown(self, form: Any, value: T) -> str:
        """Return what is wrong where no field that was given is one of the type's, and each got its default."""
        if not is_object(form) or not form or self.output.key is not None or set(self.fields) & set(form):
            return ""
        try:
            if self.output.dump(self.output.read({})) != self.output.dump(value):
                return ""  # other names are understood, or kept
        except (ValidationError, InputError):
            return ""
        return f"there is no field {', '.join(map(shown, list(form)[:5]))}; the fields are {', '.join(self.fields)}"

    def fits(self, arguments: str) -> bool:
        """Return whether `finish` would take these arguments."""
        try:
            self.finished(arguments)
        except InvalidValueError:
            return False
        return True

    def bare(self, text: str) -> str:
        """Return the arguments of `finish` for a reply that is the value and nothing else; '' where it is not.

        Only JSON counts, and only where not any text would be a value: else every reply without an action would be one.
        """
        try:
            given: Any = json.loads(text)
        except (ValueError, RecursionError):
            return ""
        arguments = json.dumps({VALUE: given})
        if not self.fits(arguments) or (isinstance(given, str) and self.takes_any_text):
            return ""
        return arguments
