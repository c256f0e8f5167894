"""Fit a value to an object: fields under other spellings, missing ones, unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.parsing.encoded import decode_container
from llm_strategy.parsing.envelopes import is_failure
from llm_strategy.parsing.fields import match_fields
from llm_strategy.parsing.fit import MISFIT_COST, Fit, Place, misfit
from llm_strategy.parsing.json_schema import SchemaRoot, allowed_types, broken_rule
from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.parsing.problems import describe

if TYPE_CHECKING:
    from llm_strategy.parsing.coerce import Coercion
    from llm_strategy.parsing.json_schema import Schema

__all__ = ["fit_object"]

_SHOWN_FIELDS = 20


def fit_object(coercion: Coercion, value: Any, place: Place) -> Fit:
    """Fit a value to the `object` of a schema; an object written as text or in a list of one will do."""
    if is_object(value):
        return _fit_fields(coercion, value, place)
    if not coercion.lenient or value is None:
        return misfit(value, place, describe("object"))
    encoded = None if coercion.prose else decode_container(value, dict, coercion.budget)
    if encoded is not None:
        return _fit_fields(coercion, encoded, place).dearer("object written as text", 3)
    if is_list(value) and len(value) == 1:
        inner = coercion.fit(value[0], place.schema, place.path, place.depth + 1)
        return inner.dearer("list of one read as its item", 3)
    return _implied_field(coercion, value, place)


def _implied_field(coercion: Coercion, value: Any, place: Place) -> Fit:
    """A bare number, truth value or object for an object of one field is that field; a text may be anything."""
    properties: dict[str, Schema] = place.schema.get("properties", {})
    wrong = misfit(value, place, describe("object"))
    mark = id(value), id(place.schema)
    if len(properties) != 1 or isinstance(value, str | list) or mark in coercion.wrapped:
        return wrong
    name, part = next(iter(properties.items()))
    coercion.wrapped.add(mark)
    fit = coercion.fit(value, part, place.inner(name), place.depth + 1)
    coercion.wrapped.discard(mark)
    if fit.problems or "number read as text" in fit.repairs:
        return wrong
    fit.value = {name: fit.value}
    return fit.dearer("value read as the only field", 4)


def _fit_fields(coercion: Coercion, value: dict[str, Any], place: Place) -> Fit:
    properties: dict[str, Schema] = place.schema.get("properties", {})
    required: set[str] = set(place.schema.get("required", ()))
    coercion.budget.spend(len(value) // 4)
    names, extras = match_fields(value, properties, lenient=coercion.lenient)
    result = Fit({})
    for name, part in properties.items():
        if name in names:
            _fit_field(coercion, result, (name, names[name], value[names[name]]), part, place)
        else:
            _fill_missing(coercion, result, name, part, place)
    for name in sorted(required - properties.keys() - value.keys()):
        if not coercion.partial:
            result.problems.append(Place({}, place.inner(name), 0).said("this field is missing. Add it"))
    if value and properties and not names and coercion.lenient and not coercion.partial:
        opened = _opened(coercion, value, place) or _implied_field(coercion, value, place)
        if not opened.problems:
            return opened
        result.cost += MISFIT_COST
        if required:
            listed = ", ".join(list(properties)[:_SHOWN_FIELDS])
            result.problems[:] = [place.said(f"none of the fields is there. Use these: {listed}")]
    for name in extras:
        _fit_extra(coercion, result, name, value[name], place)
    return result


def _opened(coercion: Coercion, value: dict[str, Any], place: Place) -> Fit | None:
    """Fit what stands under the only key of an object, where that is no field and some fields stand inside."""
    (key, inner), *others = value.items()
    if (
        others
        or not is_object(inner)
        or is_failure(key)
        or place.schema.get("additionalProperties", False) is not False
    ):
        return None
    if not match_fields(inner, place.schema["properties"], lenient=True)[0]:
        return None
    return _fit_fields(coercion, inner, place).dearer("unasked envelope", 3)


def _fit_field(coercion: Coercion, result: Fit, found: tuple[str, str, Any], part: Schema, place: Place) -> None:
    """Fit the value of a field; `found` is the field's name, the key it stood under, and the value."""
    name, key, given = found
    if key != name:
        result.dearer("key by another spelling", 1)
    fit = coercion.fit(given, part, place.inner(name), place.depth + 1)
    if fit.problems and given is None and coercion.lenient and name not in place.schema.get("required", ()):
        result.dearer("null left out", 1)
        return
    result.take(fit)
    result.value[name] = fit.value


def _fill_missing(coercion: Coercion, result: Fit, name: str, part: Schema, place: Place) -> None:
    """Fill in a field that is not there, if it has a default or may be null."""
    resolved = coercion.root.resolve(part)
    options: dict[str, Any] = resolved if is_object(resolved) else {}
    needed = name in place.schema.get("required", ())
    if coercion.partial and (needed or coercion.placeholders):
        result.value[name] = _placeholder(options)
        result.cost += 1
    elif not needed:
        return
    elif coercion.lenient and "default" in options:
        result.value[name] = options["default"]
        result.dearer("missing field given its default", 2)
    elif coercion.lenient and _allows_null(options, coercion.root):
        result.value[name] = None
        result.dearer("missing field read as null", 2)
    else:
        result.cost += MISFIT_COST
        result.problems.append(Place({}, place.inner(name), 0).said("this field is missing. Add it"))


def _fit_extra(coercion: Coercion, result: Fit, name: str, given: Any, place: Place) -> None:
    """Fit a field that the schema does not name."""
    patterns: dict[str, Schema] = place.schema.get("patternProperties", {})
    others: Schema = place.schema.get("additionalProperties", True)
    parts = [part for pattern, part in patterns.items() if broken_rule(name, {"pattern": pattern}) is None]
    if not parts and others is False:
        if coercion.lenient:
            result.dearer("unknown field left out", 5)
        else:
            result.problems.append(Place({}, place.inner(name), 0).said("this field is unknown. Leave it out"))
        return
    key = coercion.fit(name, place.schema.get("propertyNames", True), place.inner(name), place.depth + 1)
    result.problems.extend(key.problems)
    for part in parts or [others]:
        fit = coercion.fit(given, part, place.inner(name), place.depth + 1)
        given = fit.value
        result.take(fit)
    result.value[key.value if isinstance(key.value, str) else name] = given
    if "properties" in place.schema and others is True and not parts and coercion.lenient:
        result.cost += 1  # an alternative that knows the field fits better


def _placeholder(schema: dict[str, Any]) -> Any:
    """What stands for a field to which a growing text has not come: nothing yet in a list or map, else null."""
    kinds = allowed_types(schema)
    if kinds == ["array"]:
        return []
    return {} if kinds == ["object"] and "properties" not in schema else None


def _allows_null(schema: dict[str, Any], root: SchemaRoot) -> bool:
    if "null" in allowed_types(schema) or None in schema.get("enum", ()) or schema.get("const", "") is None:
        return True
    parts = [root.resolve(part) for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
    return any(is_object(part) and _allows_null(part, root) for part in parts)
