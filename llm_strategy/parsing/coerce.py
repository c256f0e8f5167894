"""Fit plain JSON data to a JSON schema, mending what has one obvious reading.

Models answer `"42"` for a number, `"yes"` for a truth value, one item for a list, `First Name` for `first_name`. Each
such departure costs; of the alternatives of a union, the one that costs least is taken. A value that fits as it is costs nothing
and comes back unchanged. What cannot be mended is a problem, with its path, in words for the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from llm_strategy.errors import OversizedReplyError, ReplyError
from llm_strategy.parsing.fields import match_fields
from llm_strategy.parsing.json_schema import Schema, SchemaRoot, broken_rule, json_type
from llm_strategy.parsing.limits import MAX_DEPTH
from llm_strategy.parsing.problems import describe, shown
from llm_strategy.parsing.scalars import (
    NULL_WORDS,
    read_boolean,
    read_choice,
    read_decimal,
    read_moment,
    read_number,
    same_scalar,
)
from llm_strategy.parsing.strict_json import parse_strictly
from llm_strategy.parsing.tolerant import parse_tolerantly

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["Coercion", "Fit"]

_BASE: Final = ("string", "integer", "number", "boolean", "null", "array", "object")


@dataclass(slots=True)
class Fit:
    """How well a value fits a schema."""

    value: Any
    """The value, mended where needed."""
    cost: int = 0
    """What was mended, weighed; 0 if the value fitted as it was."""
    problems: list[str] = field(default_factory=list[str])
    """What does not fit, one line each, as shown to the model; empty if the value fits."""
    repairs: dict[str, None] = field(default_factory=dict[str, None])
    """What was mended, each kind once."""


@dataclass(frozen=True, slots=True)
class Coercion:
    """One pass over a value with the schema it has to fit."""

    root: SchemaRoot
    budget: Budget
    lenient: bool = True
    """Whether departures are mended; if not, each is a problem."""
    partial: bool = False
    """Whether fields may be missing because the text has not come to them yet."""
    placeholders: bool = True
    """Whether optional fields that are missing are filled in as well, if `partial`."""
    prose: bool = False
    """Whether the value is the text of a whole reply, in which the answer may be one word of a sentence."""

    def fit(self, value: Any, schema: Schema, path: str = "", depth: int = 0) -> Fit:
        """Fit `value` to `schema`; `path` is where it stands, for the problems."""
        self.budget.spend()
        if depth > 2 * MAX_DEPTH:
            raise OversizedReplyError("The reply nests too deep. Reply with a flatter value.")
        schema = self.root.resolve(schema)
        if isinstance(schema, bool):
            return Fit(value) if schema else self._misfit(value, path, "nothing is allowed here")
        if "const" in schema:
            return self._choice(value, [schema["const"]], schema, path)
        if "enum" in schema:
            return self._choice(value, schema["enum"], schema, path)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(
                    value, [self._beside(part, schema, keyword) for part in schema[keyword]], path, depth
                )
        kinds = _types(schema)
        if len(kinds) > 1:
            return self._union(value, [{**schema, "type": kind, "nullable": False} for kind in kinds], path, depth)
        if not kinds:
            return self._checked(Fit(value), schema, path)
        return self._checked(self._typed(value, kinds[0], schema, path, depth), schema, path)

    def _beside(self, part: Schema, schema: dict[str, Any], keyword: str) -> Schema:
        """An alternative together with the fields that stand beside the union."""
        shared = {key: schema[key] for key in ("properties", "required", "type") if key in schema}
        resolved = self.root.resolve(part)
        if not shared or isinstance(resolved, bool) or keyword in resolved or "$ref" in resolved:
            return part
        return {
            **shared,
            **resolved,
            "properties": {**shared.get("properties", {}), **resolved.get("properties", {})},
            "required": [*shared.get("required", []), *resolved.get("required", [])],
        }

    def _typed(self, value: Any, kind: str, schema: dict[str, Any], path: str, depth: int) -> Fit:  # noqa: PLR0913
        match kind:
            case "object":
                return self._object(value, schema, path, depth)
            case "array":
                return self._array(value, schema, path, depth)
            case _:
                return self._scalar(value, kind, schema, path, depth)

    def _checked(self, fit: Fit, schema: dict[str, Any], path: str) -> Fit:
        broken = None if fit.problems or self.partial else broken_rule(fit.value, schema)
        if broken:
            fit.problems.append(f"{_at(path)}{broken}, got {shown(fit.value)}")
        if "not" in schema and not fit.problems and not _strict(self).fit(fit.value, schema["not"], path).problems:
            fit.problems.append(f"{_at(path)}this value is excluded, got {shown(fit.value)}")
        return fit

    def _misfit(self, value: Any, path: str, wanted: str) -> Fit:
        return Fit(value, 100, [f"{_at(path)}{wanted}, got {shown(value)}"])

    def _mended(self, value: Any, given: Any, path: str, repair: str, wanted: str, cost: int = 2) -> Fit:  # noqa: PLR0913
        """The mended value, if mending is allowed."""
        if not self.lenient:
            return self._misfit(given, path, wanted)
        return Fit(value, cost, [], {repair: None})

    # Unions and choices

    def _union(self, value: Any, parts: list[Schema], path: str, depth: int) -> Fit:
        """The alternative that fits with the least mending; of equals, the first."""
        best: Fit | None = None
        fits: list[tuple[int, Fit]] = []
        for part in parts:
            fit = self.fit(value, part, path, depth + 1)
            if fit.cost == 0 and not fit.problems:
                return fit
            fits.append((self._distance(value, part) if fit.problems else 0, fit))
        for _, fit in sorted(fits, key=lambda pair: (bool(pair[1].problems), pair[0], pair[1].cost)):
            best = fit
            break
        return best or self._misfit(value, path, "nothing is allowed here")

    def _distance(self, value: Any, part: Schema) -> int:
        """Whether an alternative is not even of the kind of the value: its problems would mislead."""
        resolved = self.root.resolve(part)
        kinds = _types(resolved) if isinstance(resolved, dict) else []
        return 0 if json_type(value) in kinds else 1

    def _choice(self, value: Any, choices: list[Any], schema: dict[str, Any], path: str) -> Fit:
        for choice in choices:
            if same_scalar(choice, value):
                return Fit(choice if isinstance(choice, float) is isinstance(value, float) else value)
        wanted = f"must be {'one of ' if len(choices) > 1 else ''}{', '.join(shown(choice) for choice in choices[:30])}"
        if not self.lenient:
            return self._misfit(value, path, wanted)
        if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
            inner = self._choice(cast("list[Any]", value)[0], choices, schema, path)
            return _dearer(inner, "list of one read as its item", 3)
        if value is None or isinstance(value, dict):
            return self._misfit(value, path, wanted)
        named = {_as_word(choice): choice for choice in choices}
        found = read_choice(_as_word(value), named, _other_names(schema))
        if found is None and not self.prose:
            found = _by_number(value, choices)
        if found is None or (isinstance(value, bool) and not isinstance(named[found], bool)):
            return self._misfit(value, path, wanted)
        return Fit(named[found], 2, [], {"choice by another spelling": None})

    # Scalars

    def _scalar(self, value: Any, kind: str, schema: dict[str, Any], path: str, depth: int) -> Fit:  # noqa: PLR0913
        given = json_type(value)
        form = schema.get("format")
        if kind == "string" and form in ("decimal", "date", "date-time") and given in ("string", "integer", "number"):
            return self._formed(value, form, path)
        if given == kind or (kind == "number" and given == "integer"):
            return Fit(value)
        if kind == "integer" and given == "number" and float(value).is_integer():
            return Fit(int(value))
        wanted = describe(kind)
        if given == "array" and len(value) == 1 and self.lenient and kind != "null":
            return _dearer(self.fit(value[0], schema, path, depth + 1), "list of one read as its item", 3)
        match kind:
            case "string" if given in ("integer", "number", "boolean"):
                return self._mended(_as_word(value), value, path, "number read as text", wanted)
            case "integer" | "number" if given == "string":
                return self._number(value, kind, schema, path)
            case "boolean" if given == "string":
                stated = read_boolean(value)
                if stated is not None:
                    return self._mended(stated, value, path, "word read as a truth value", wanted)
            case "boolean" if value in (0, 1) and given == "integer":
                return self._mended(bool(value), value, path, "number read as a truth value", wanted)
            case "null" if given == "string" and value.strip().lower() in NULL_WORDS and not self.prose:
                return self._mended(None, value, path, "word read as null", wanted)
            case _:
                pass
        return self._misfit(value, path, wanted)

    def _formed(self, value: Any, form: str, path: str) -> Fit:
        """A decimal number or a date, as text that pydantic will read."""
        if not isinstance(value, str):
            return Fit(value)
        stated = read_decimal(value) if form == "decimal" else read_moment(value) if self.prose else value
        if stated is None:
            return self._misfit(value, path, "must be a number" if form == "decimal" else "must be a date")
        return Fit(value) if stated == value else self._mended(stated, value, path, "text around the value", form)

    def _number(self, value: str, kind: str, schema: dict[str, Any], path: str) -> Fit:
        limit = schema.get("maximum", schema.get("exclusiveMaximum"))
        share = kind == "number" and isinstance(limit, int | float) and limit <= 1
        number = read_number(value, sentence=self.prose, share=share)
        if number is None or (kind == "integer" and isinstance(number, float) and not number.is_integer()):
            return self._misfit(value, path, describe(kind))
        number = int(number) if kind == "integer" else number
        return self._mended(number, value, path, "text read as a number", describe(kind))

    # Lists

    def _array(self, value: Any, schema: dict[str, Any], path: str, depth: int) -> Fit:
        if isinstance(value, list):
            return self._items(cast("list[Any]", value), schema, path, depth)
        if not self.lenient or value is None:
            return self._misfit(value, path, describe("array"))
        if isinstance(value, str):
            encoded = self._decoded(value, "[")
            if encoded is not None:
                fit = self._items(encoded, schema, path, depth)
                if not fit.problems:
                    return _dearer(fit, "list written as text", 3)
        inner = self._only_value(value, list)
        if inner is not None:
            fit = self._items(inner, schema, path, depth)
            if not fit.problems:
                return _dearer(fit, "wrapped list", 3)
        fit = self._items([value], schema, path, depth)
        if fit.problems:
            return self._misfit(value, path, describe("array"))
        return _dearer(fit, "single value read as a list", 3)

    def _items(self, items: list[Any], schema: dict[str, Any], path: str, depth: int) -> Fit:
        result = Fit([])
        first: list[Schema] = schema.get("prefixItems", [])
        rest: Schema = schema.get("items", True)
        if isinstance(rest, list):  # the spelling of older drafts
            first, rest = cast("list[Schema]", rest), schema.get("additionalItems", True)
        for index, item in enumerate(items):
            part = first[index] if index < len(first) else rest
            fit = self.fit(item, part, f"{path}.{index}" if path else str(index), depth + 1)
            _take(result, fit)
            result.value.append(fit.value)
        if len(items) < len(first) and not self.partial and "minItems" not in schema:
            result.problems.append(f"{_at(path)}{len(first)} items are needed, found {len(items)}")
        return result

    # Objects

    def _object(self, value: Any, schema: dict[str, Any], path: str, depth: int) -> Fit:
        if isinstance(value, dict):
            return self._fields(cast("dict[str, Any]", value), schema, path, depth)
        if not self.lenient or value is None:
            return self._misfit(value, path, describe("object"))
        if isinstance(value, str):
            encoded = self._decoded(value, "{")
            if encoded is not None:
                return _dearer(self._fields(encoded, schema, path, depth), "object written as text", 3)
        if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
            return _dearer(
                self.fit(cast("list[Any]", value)[0], schema, path, depth + 1), "list of one read as its item", 3
            )
        return self._implied_field(value, schema, path, depth)

    def _implied_field(self, value: Any, schema: dict[str, Any], path: str, depth: int) -> Fit:
        """A bare number, truth value or object for an object of one field is that field; a text may be anything."""
        properties: dict[str, Schema] = schema.get("properties", {})
        misfit = self._misfit(value, path, describe("object"))
        if len(properties) != 1 or isinstance(value, str | list):
            return misfit
        name, part = next(iter(properties.items()))
        fit = self.fit(value, part, f"{path}.{name}" if path else name, depth + 1)
        if fit.problems or "number read as text" in fit.repairs:
            return misfit
        fit.value = {name: fit.value}
        return _dearer(fit, "value read as the only field", 4)

    def _fields(self, value: dict[str, Any], schema: dict[str, Any], path: str, depth: int) -> Fit:
        properties: dict[str, Schema] = schema.get("properties", {})
        required: set[str] = set(schema.get("required", ()))
        names, extras = match_fields(value, properties, lenient=self.lenient)
        result = Fit({})
        for name, part in properties.items():
            here = f"{path}.{name}" if path else name
            if name in names:
                given = value[names[name]]
                if names[name] != name:
                    _take(result, Fit(None, 1, [], {"key by another spelling": None}))
                fit = self.fit(given, part, here, depth + 1)
                if fit.problems and given is None and self.lenient and name not in required:
                    _take(result, Fit(None, 1, [], {"null left out": None}))
                    continue
                _take(result, fit)
                result.value[name] = fit.value
            else:
                self._missing(result, name, part, here, name in required)
        for name in required - properties.keys():
            if name not in value and not self.partial:
                result.problems.append(f"{_at(f'{path}.{name}' if path else name)}this field is missing. Add it")
        if value and not names and required and self.lenient:
            result.problems.append(
                f"{_at(path)}none of the fields is there. Use these: {', '.join(list(properties)[:20])}"
            )
        self._extras(result, {name: value[name] for name in extras}, schema, path, depth)
        if len(properties) == 1 and result.problems and self.lenient and not names:
            implied = self._implied_field(value, schema, path, depth)
            return result if implied.problems else implied
        return result

    def _missing(self, result: Fit, name: str, part: Schema, path: str, needed: bool) -> None:  # noqa: FBT001, PLR0913
        """Fill in a field that is not there, if it has a default or may be null."""
        resolved = self.root.resolve(part)
        options = resolved if isinstance(resolved, dict) else {}
        if self.partial and (needed or self.placeholders):
            result.value[name] = _placeholder(options)
            result.cost += 1
        elif not needed:
            return
        elif self.lenient and "default" in options:
            result.value[name] = options["default"]
            _take(result, Fit(None, 2, [], {"missing field given its default": None}))
        elif self.lenient and _allows_null(options, self.root):
            result.value[name] = None
            _take(result, Fit(None, 2, [], {"missing field read as null": None}))
        else:
            result.cost += 100
            result.problems.append(f"{_at(path)}this field is missing. Add it")

    def _extras(self, result: Fit, extras: dict[str, Any], schema: dict[str, Any], path: str, depth: int) -> None:  # noqa: PLR0913
        """Handle the fields the schema does not name."""
        patterns: dict[str, Schema] = schema.get("patternProperties", {})
        others: Schema = schema.get("additionalProperties", True)
        for name, given in extras.items():
            here = f"{path}.{name}" if path else name
            parts = [part for pattern, part in patterns.items() if broken_rule(name, {"pattern": pattern}) is None]
            if not parts and others is False:
                if self.lenient:
                    _take(result, Fit(None, 5, [], {"unknown field left out": None}))
                else:
                    result.problems.append(f"{_at(here)}this field is unknown. Leave it out")
                continue
            wrong_name = self.fit(name, schema.get("propertyNames", True), here, depth + 1)
            result.problems.extend(wrong_name.problems)
            for part in parts or [others]:
                fit = self.fit(given, part, here, depth + 1)
                given = fit.value  # noqa: PLW2901
                _take(result, fit)
            result.value[wrong_name.value if isinstance(wrong_name.value, str) else name] = given
            if "properties" in schema and others is True and not parts:
                result.cost += 1  # an alternative that knows the field fits better

    # Wrapping

    def _decoded(self, text: str, opener: str) -> Any:
        """The container that a text encodes, or None."""
        stripped = text.strip()
        if not stripped.startswith(opener) or not stripped.endswith({"{": "}", "[": "]"}[opener]):
            return None
        self.budget.spend(1, characters=len(stripped))
        try:
            return parse_strictly(stripped)
        except ValueError:
            pass
        try:
            parsed = parse_tolerantly(stripped, 0, self.budget)
        except OversizedReplyError:
            raise
        except ReplyError:
            return None
        expected = dict if opener == "{" else list
        return (
            parsed.value
            if isinstance(parsed.value, expected) and not parsed.cut and parsed.end == len(stripped)
            else None
        )

    def _only_value(self, value: Any, kind: type[list[Any]]) -> Any:
        """The list in an object that holds nothing else."""
        if isinstance(value, dict) and len(cast("dict[str, Any]", value)) == 1:
            inner = next(iter(cast("dict[str, Any]", value).values()))
            return inner if isinstance(inner, kind) else None
        return None


def _strict(coercion: Coercion) -> Coercion:
    return Coercion(coercion.root, coercion.budget, lenient=False)


def _at(path: str) -> str:
    return f"`{path}`: " if path else ""


def _types(schema: dict[str, Any]) -> list[str]:
    """The JSON types that a schema allows; none if it says nothing about types."""
    kind = schema.get("type")
    if kind is None:
        inferred = {"object": ("properties", "required", "patternProperties"), "array": ("items", "prefixItems")}
        return [name for name, keywords in inferred.items() if any(keyword in schema for keyword in keywords)][:1]
    kinds: list[str] = [kind] if isinstance(kind, str) else list(kind)
    if schema.get("nullable") and "null" not in kinds:
        kinds.append("null")
    return [name for name in kinds if name in _BASE]


def _allows_null(schema: dict[str, Any], root: SchemaRoot) -> bool:
    if "null" in _types(schema) or None in schema.get("enum", ()) or schema.get("const", "") is None:
        return True
    parts = [root.resolve(part) for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
    return any(isinstance(part, dict) and _allows_null(part, root) for part in parts)


def _placeholder(schema: dict[str, Any]) -> Any:
    """What stands for a field to which a growing text has not come: nothing yet in a list or map, else null."""
    kinds = _types(schema)
    if kinds == ["array"]:
        return []
    return {} if kinds == ["object"] and "properties" not in schema else None


def _take(result: Fit, fit: Fit) -> None:
    """Add what a part cost to the whole."""
    result.cost += fit.cost
    result.problems.extend(fit.problems)
    result.repairs.update(fit.repairs)


def _dearer(fit: Fit, repair: str, cost: int) -> Fit:
    fit.cost += cost
    fit.repairs[repair] = None
    return fit


def _as_word(value: Any) -> str:
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _by_number(value: Any, choices: list[Any]) -> str | None:
    """A choice among numbers that is written in another way: `"2.0"` for 2."""
    number = read_number(_as_word(value))
    meant = [choice for choice in choices if number is not None and same_scalar(choice, number)]
    return _as_word(meant[0]) if len(meant) == 1 else None


def _other_names(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Aliases and descriptions of the choices: `x-aliases` and `x-descriptions` of an enum schema."""
    names: dict[str, list[str]] = {}
    for keyword in ("x-aliases", "x-descriptions"):
        for choice, words in schema.get(keyword, {}).items():
            names.setdefault(choice, []).extend([words] if isinstance(words, str) else words)
    return names
