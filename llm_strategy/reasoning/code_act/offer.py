"""What a model may do in a run: the tools, and `finish` with a value of the declared type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from llm_strategy.errors import InvalidValueError
from llm_strategy.parsing.problems import problems_of, summary
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.schema import compact_schema
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from llm_strategy.reasoning.code_act.wording import Wording
    from llm_strategy.schema import OutputSchema
    from llm_strategy.tools import Tool

__all__ = ["Offer"]

T = TypeVar("T")


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
        forms = [given["value"], given] if is_object(given) and "value" in given else [given]
        problems: list[str] = []
        for form in forms:
            try:
                return self.output.read(form)
            except ValidationError as error:
                problems = problems or problems_of(error)
        raise InvalidValueError(summary(problems), reply=arguments, problems=problems)

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
        arguments = json.dumps({"value": given})
        if not self.fits(arguments) or (isinstance(given, str) and self.takes_any_text):
            return ""
        return arguments
