"""Read a typed value out of what a model said.

The likeliest comes first: a reply that is the value in well-formed JSON goes straight through the compiled validator.
Everything else is left to `Search`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic_core import PydanticSerializationError, to_json

from llm_strategy.errors import MalformedReplyError, OversizedReplyError, ReplyError
from llm_strategy.parsing.limits import MAX_CHARACTERS
from llm_strategy.parsing.reading import Reading
from llm_strategy.parsing.search import Search
from llm_strategy.parsing.strictness import read_exactly
from llm_strategy.parsing.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Reading", "ReplyReader"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReplyReader(Generic[T]):
    """Reader of replies for one type, compiled once.

    >>> ReplyReader.of(list[int]).read("Sure! ```json [1, 2,] ```")
    Reading(value=[1, 2], repairs=('text around the value', 'surplus comma'))
    """

    target: Target[T] = field(repr=False)
    """The type, compiled."""
    strict: bool = False
    """Whether only well-formed JSON that fits as it is counts."""

    @classmethod
    def of(cls, target: Any, *, key: str | None = None, strict: bool = False) -> ReplyReader[T]:
        """Compile a reader.

        Args:
            target: an `OutputSchema`, any type that pydantic validates, or a JSON schema as a dict (the value is then
                plain data).
            key: the key of the object in which the value was asked for; the value is accepted without it as well. An
                `OutputSchema` has its own.
            strict: switch every repair off.

        Raises:
            DefinitionError: the type cannot be validated, or the schema refers to nothing.
        """
        return cls(Target[T](target, key), strict)

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Read the value of a reply.

        Args:
            text: what the model said.
            partial: whether the text is the beginning of a reply. The value is then read as far as it goes: an
                unfinished text is kept, an unfinished number or word is not, missing fields are null, missing lists
                empty. It has the type as soon as that is possible, and is plain data before.

        Raises:
            ReplyError: no value can be read; the subclass says why, its message is written for the model.
        """
        if len(text) > MAX_CHARACTERS:
            words = f"The reply is longer than {MAX_CHARACTERS} characters. Reply shorter."
            raise OversizedReplyError(words, reply=text)
        if not partial:
            done, value = self.target.at_once(text)
            if done:
                return Reading(cast("T", value))
        try:
            if self.strict:
                return read_exactly(self.target, text)
            return Search(self.target, text, partial=partial).run()
        except ReplyError as error:
            error.reply = text
            raise

    def read_data(self, data: Any, *, partial: bool = False) -> Reading[T]:
        """Read a value that came as JSON data already, such as the decoded arguments of a tool call.

        Raises:
            ReplyError: as `read`.
        """
        if isinstance(data, str):
            return self.read(data, partial=partial)
        try:
            text = to_json(data, inf_nan_mode="strings").decode()
        except (ValueError, PydanticSerializationError, RecursionError) as error:
            raise MalformedReplyError(f"The arguments are no JSON data: {error}") from error
        return self.read(text, partial=partial)

    def read_arguments(self, arguments: str | Mapping[str, Any] | None, *, partial: bool = False) -> Reading[T]:
        """Read the arguments of a tool call; none at all, an empty text or `null` stand for an empty object.

        Raises:
            ReplyError: as `read`.
        """
        if arguments is None or (isinstance(arguments, str) and arguments.strip() in ("", "null")):
            return self.read("{}", partial=partial)
        return self.read_data(arguments, partial=partial)
