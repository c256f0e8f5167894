"""Fit a value to a text, number, truth value or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llm_strategy.parsing.fit import Fit, Place, misfit
from llm_strategy.parsing.json_schema import json_type
from llm_strategy.parsing.problems import describe
from llm_strategy.parsing.scalars import NULL_WORDS, as_word, read_boolean, read_decimal, read_moment, read_number

if TYPE_CHECKING:
    from llm_strategy.parsing.coerce import Coercion

__all__ = ["fit_plain_value"]

_FORMED: Final = {"decimal": "must be a number", "date": "must be a date", "date-time": "must be a date and time"}


def fit_plain_value(coercion: Coercion, value: Any, kind: str, place: Place) -> Fit:
    """Fit a value to the JSON type `kind`, which is neither `array` nor `object`."""
    given = json_type(value)
    form = place.schema.get("format")
    if kind == "string" and form in _FORMED and given in ("string", "integer", "number"):
        return _formed(coercion, value, form, place)
    if given == kind or (kind == "number" and given == "integer"):
        return Fit(value)
    if kind == "integer" and given == "number" and float(value).is_integer():
        return Fit(int(value))
    if coercion.lenient:
        if given == "array" and len(value) == 1 and kind != "null":
            inner = coercion.fit(value[0], place.schema, place.path, place.depth + 1)
            return inner.dearer("list of one read as its item", 3)
        mended = _mended(coercion, value, given, kind, place)
        if mended is not None:
            return mended
    return misfit(value, place, describe(kind))


def _mended(coercion: Coercion, value: Any, given: str, kind: str, place: Place) -> Fit | None:
    """The value of the kind that a value of another kind stands for, or None."""
    match kind, given:
        case "string", "integer" | "number" | "boolean":
            return Fit(as_word(value)).dearer("number read as text", 2)
        case "integer" | "number", "string":
            return _number(coercion, value, kind, place)
        case "boolean", "string":
            stated = read_boolean(value)
            return None if stated is None else Fit(stated).dearer("word read as a truth value", 2)
        case "boolean", "integer" if value in (0, 1):
            return Fit(bool(value)).dearer("number read as a truth value", 2)
        case "null", "string" if value.strip().lower() in NULL_WORDS:
            return Fit(None).dearer("word read as null", 2)
        case _:
            return None


def _number(coercion: Coercion, value: str, kind: str, place: Place) -> Fit | None:
    limit = place.schema.get("maximum", place.schema.get("exclusiveMaximum"))
    share = kind == "number" and isinstance(limit, int | float) and limit <= 1
    number = read_number(value, sentence=coercion.prose, share=share)
    if number is None or (kind == "integer" and not float(number).is_integer()):
        return None
    return Fit(int(number) if kind == "integer" else number).dearer("text read as a number", 2)


def _formed(coercion: Coercion, value: Any, form: str, place: Place) -> Fit:
    """A decimal number or a date, as text that pydantic will read."""
    if not isinstance(value, str):
        return Fit(value)
    stated: str | None = value
    if coercion.lenient and form == "decimal":
        stated = read_decimal(value)
    elif coercion.prose:
        stated = read_moment(value) or value
    if stated is None:
        return misfit(value, place, _FORMED[form])
    return Fit(value) if stated == value else Fit(stated).dearer("text around the value", 2)
