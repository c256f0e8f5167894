"""Items of data: what a task is called with, and what names an item wherever and whenever it is read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeGuard

from pydantic_core import to_json

from llm_strategy.errors import InputError
from llm_strategy.optimize.case import Case
from llm_strategy.schema import to_jsonable
from llm_strategy.schema.json_data import is_list, is_object

__all__ = ["Item", "item_of"]

_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a data set."""

    id: str
    """Names it: its own id, or a hash of what it holds."""
    group: str
    """The group that it belongs to; '' for none."""
    case: Any
    """What was given: a `Case`, or anything else."""
    parameters: Any
    """What the task is called with."""
    asked: str
    """A hash of the parameters: two items that ask the same have the same one."""
    content: str
    """A hash of all that it holds."""


def item_of(case: Any, number: int) -> Item:
    """Return an item of what was given.

    Args:
        case: a `Case`, or what the task is called with.
        number: counts the items from 1, for errors.

    Raises:
        InputError: it has neither an id nor a JSON form, or an id that is none.
    """
    known = case if _is_case(case) else None
    parameters = case if known is None else known.parameters
    name: Any = "" if known is None else known.id
    group: Any = "" if known is None else known.group
    for label, text in (("id", name), ("group", group)):
        if not isinstance(text, str) or "/" in text or not text.isprintable():
            raise InputError(f"Item {number} has the {label} {text!r}. Use a text of printable characters without '/'.")
    asked = _digest(parameters, number, name)
    content = asked if known is None else _digest([parameters, known.expected], number, name)
    return Item(name or content[:_ID_LENGTH], group, case, parameters, asked, content)


def _digest(value: Any, number: int, name: str) -> str:
    """Return a hash of a value, the same in every process; of what has no JSON form, that of the name given to it."""
    try:
        text = _text_of(_sorted(_data_of(value)))
    except (InputError, ValueError) as error:
        if name:
            return hashlib.sha256(f"named {name}".encode()).hexdigest()
        raise InputError(
            f"Item {number} cannot be told from others, as it has no JSON form: {error} Or name it: "
            "Case(parameters, expected, id='...')."
        ) from error
    return hashlib.sha256(text).hexdigest()


def _text_of(data: Any) -> bytes:
    try:
        return to_json(data, inf_nan_mode="strings")
    except ValueError:  # a lone surrogate has no bytes, and is written in ASCII
        return json.dumps(data).encode()


def _data_of(value: Any) -> Any:
    try:
        return to_jsonable(value, complete=True)  # with what no model is shown: it tells two items apart
    except InputError:
        return to_jsonable(value)


def _is_case(value: object) -> TypeGuard[Case[Any, Any]]:
    return isinstance(value, Case)


def _sorted(value: Any) -> Any:
    if is_object(value):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if is_list(value):
        return [_sorted(part) for part in value]
    media = getattr(value, "media", None)  # an image and the like stands as a mark among the data
    return value if media is None else {"media": media.digest}
