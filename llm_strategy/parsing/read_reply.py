"""Read a reply in one call."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypeVar, overload

from llm_strategy.parsing.reader import ReplyReader

__all__ = ["read_reply"]

T = TypeVar("T")


@overload
def read_reply(text: str, target: type[T], *, partial: bool = False) -> T: ...
@overload
def read_reply(text: str, target: Any, *, partial: bool = False) -> Any: ...
def read_reply(text: str, target: Any, *, partial: bool = False) -> Any:
    """Return the value that a reply holds.

    Args:
        text: what the model said.
        target: any type that pydantic validates, or a JSON schema as a dict (the value is then plain data).
        partial: whether the text is the beginning of a reply; see `ReplyReader.read`.

    Raises:
        ReplyError: no value can be read; the subclass says why, its message is written for the model.
        DefinitionError: the target cannot be validated.

    >>> read_reply("It is {'name': 'Ada', 'age': '36'}.", dict[str, str | int])
    {'name': 'Ada', 'age': '36'}
    >>> read_reply("The answer is 42.", int)
    42
    """
    return _reader_for(target).read(text, partial=partial).value


def _reader_for(target: Any) -> ReplyReader[Any]:
    if isinstance(target, dict):
        return _reader_of_schema(json.dumps(target))
    try:
        return _reader_of_type(target)
    except TypeError:  # not hashable
        return ReplyReader[Any].of(target)


@lru_cache(maxsize=256)
def _reader_of_schema(schema: str) -> ReplyReader[Any]:
    return ReplyReader[Any].of(json.loads(schema))


@lru_cache(maxsize=256)
def _reader_of_type(target: Any) -> ReplyReader[Any]:
    return ReplyReader[Any].of(target)
