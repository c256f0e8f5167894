"""A copy of a langchain model that does not retry by itself: the layers of llm-strategy do.

Two layers of three attempts each would send nine requests, of which a budget would see three.

Covered: a model with a field `max_retries` that it reads when it is asked, or when it makes its clients (as cached
properties, as in langchain-anthropic), and clients with a method `with_options` in fields, private attributes and
cached properties, or behind such a part of a client as `client.messages`. The copy of a client shares its HTTP client,
address and headers. Not covered: models without such a field, retries of an HTTP client of your own, and other clients
that were made with a number of retries of their own when the model was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import is_
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseLanguageModel

    Model = TypeVar("Model", bound=BaseLanguageModel[Any])

__all__ = ["quiet"]

_FIELD = "max_retries"
_COUNT_ATTEMPTS = "langchain_google"
"""Beginning of the packages where 1 is one attempt, and 0 is no word: their clients take five then."""


@dataclass(frozen=True, slots=True)
class _Copy:
    model: Any
    marks: tuple[object, ...]
    """What was copied. Held, so that no other object can be taken for it."""


_COPIES: dict[int, _Copy] = {}
"""By the id of the model, for as long as it lives; adapters come and go."""


def quiet(model: Model) -> Model:
    """Return a model that sends one request where this one would send several; the same one where nothing is known.

    The copy is made once, and made again when a field of the model is set.
    """
    if not _has_retries(model):
        return model
    marks = (*_parts(model).values(), *_private(model).values())
    known = _COPIES.get(id(model))
    if known is None or len(known.marks) != len(marks) or not all(map(is_, known.marks, marks)):
        if known is None:
            finalize(model, _COPIES.pop, id(model), None).atexit = False
        known = _COPIES[id(model)] = _Copy(_copied(model), marks)
    made: Model = known.model
    return made


def _has_retries(model: Any) -> bool:
    value: object = getattr(model, _FIELD, False)
    fields: Mapping[str, object] = getattr(_kind(model), "model_fields", {})
    return _FIELD in fields and (value is None or type(value) is int)


def _parts(model: Any) -> dict[str, Any]:
    parts: dict[str, Any] = model.__dict__
    return parts


def _private(model: Any) -> dict[str, Any]:
    return model.__pydantic_private__ or {}


def _cached(model: Any) -> frozenset[str]:
    """Return the names of what a model makes when it is first asked for."""
    return frozenset(
        name for kind in type(model).__mro__ for name, value in vars(kind).items() if isinstance(value, cached_property)
    )


def _copied(model: Any) -> Any:
    attempts = any(kind.__module__.startswith(_COUNT_ATTEMPTS) for kind in type(model).__mro__)
    own = {name: made for name, value in _parts(model).items() if (made := _without_retries(value)) is not None}
    copy = model.model_copy(update={_FIELD: 1 if attempts else 0})
    parts = _parts(copy)
    for name in _cached(model):
        parts.pop(name, None)
    parts.update(own)
    for name, value in _private(model).items():
        made = _without_retries(value)
        if made is not None:
            copy.__pydantic_private__[name] = made
    return copy


def _without_retries(value: Any) -> Any:
    """Return a copy of a client, or of a part of one, that does not retry; None where it is neither."""
    if callable(getattr(_kind(value), "with_options", None)):  # of the class: a mock would have it, too
        return _or_none(lambda: value.with_options(max_retries=0))
    client: Any = getattr(value, "_client", None) if hasattr(value, "__dict__") else None
    if callable(getattr(_kind(client), "with_options", None)):
        return _or_none(lambda: _kind(value)(client.with_options(max_retries=0)))
    return None


def _kind(value: object) -> Any:
    return type(value)


def _or_none(make: Any) -> Any:
    try:
        return make()
    except Exception:  # noqa: BLE001 (a client of another make: it stays as it is)
        return None
