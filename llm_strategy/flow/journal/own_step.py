"""A step of a user's own in a durable run, as a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.codec import json_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["OwnStep"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnStep(Generic[T]):
    """Call a function; answered with its value, which has to be of the type, also after the way through JSON."""

    name: str
    """What it is known by."""
    function: Callable[[], T] | Callable[[], Awaitable[T]]
    """What is called."""
    type: type[T]
    """The type of the value."""

    def perform(self) -> T:
        """Call the function."""
        return cast("T", self.function())

    async def aperform(self) -> T:
        """Await the function."""
        return await cast("Awaitable[T]", self.function())

    def journal_data(self) -> Any:
        """Return the name."""
        return self.name

    def answer_data(self, answer: Any) -> Any:
        """Return the value as JSON data. Raises StoredDataError."""
        adapter: TypeAdapter[Any] = TypeAdapter(self.type)
        try:
            data = adapter.dump_python(adapter.validate_python(answer), mode="json")
            json_of(data)
        except (PydanticSerializationError, ValidationError, ValueError, TypeError) as error:
            raise StoredDataError(
                f"Step {self.name!r} gave {_shown(answer)}, which cannot be written down as {self.type}: {error}"
            ) from error
        self.answer_from(data)
        return data

    def answer_from(self, data: Any) -> T:
        """Return the value behind JSON data. Raises StoredDataError."""
        adapter: TypeAdapter[Any] = TypeAdapter(self.type)
        try:
            return cast("T", adapter.validate_json(json_of(data)))
        except (ValidationError, ValueError) as error:
            raise StoredDataError(
                f"Step {self.name!r}: {_shown(data)} is stored as its value, which is no {self.type}. Give the step "
                "another name, or delete the journal to begin anew."
            ) from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
