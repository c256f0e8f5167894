"""Say what is wrong with a reply when nothing may be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from llm_strategy.errors import EmptyReplyError, InvalidValueError, MalformedReplyError
from llm_strategy.parsing.coerce import Coercion
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.problems import summary, truncated
from llm_strategy.parsing.reading import Reading
from llm_strategy.parsing.strict_json import parse_strictly

if TYPE_CHECKING:
    from llm_strategy.parsing.target import Target

__all__ = ["read_exactly"]

T = TypeVar("T")


def read_exactly(target: Target[T], text: str) -> Reading[T]:
    """Read a reply that must be right as it is.

    Raises:
        ReplyError: it is not; the message names the place.
    """
    if not text.strip():
        raise EmptyReplyError("Your reply was empty. Reply with the value asked for.")
    if target.text_role == "only":
        return Reading(target.validated(text, text))
    try:
        data = parse_strictly(text)
    except (ValueError, TypeError) as error:
        if "EOF while parsing" in str(error):
            raise truncated() from error
        raise MalformedReplyError(f"The reply is not JSON: {error}. Reply with the JSON value only.") from error
    if target.key is not None and is_object(data) and target.key in data:
        data = data[target.key]
    fit = Coercion(target.root, Budget(len(text)), lenient=False).fit(data, target.schema, target.key or "")
    if fit.problems:
        raise InvalidValueError(summary(fit.problems), problems=fit.problems)
    return Reading(target.validated(fit.value, text))
