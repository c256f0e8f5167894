"""Fit plain JSON data to a JSON schema, mending what has one obvious reading.

Models answer `"42"` for a number, `"yes"` for a truth value, one item for a list, `First Name` for `first_name`. Each
such departure costs; of the alternatives of a union, the one that costs least is taken. A value that fits as it is
costs nothing and comes back unchanged. What cannot be mended is a problem, with its path, in words for the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.choices import fit_choice
from llm_strategy.parsing.fit import Fit, Place, misfit
from llm_strategy.parsing.json_schema import Schema, SchemaRoot, allowed_types, broken_rule, json_type
from llm_strategy.parsing.limits import MAX_DEPTH
from llm_strategy.parsing.lists import fit_list
from llm_strategy.parsing.objects import fit_object
from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.plain_values import fit_plain_value
from llm_strategy.parsing.problems import shown

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["Coercion"]


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
    wrapped: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """Values, with their schemas, that are being read as a part of something larger, so that none is wrapped twice."""
    prose: bool = False
    """Whether the value is the text of a whole reply, in which the answer may be one word of a sentence."""

    def fit(self, value: Any, schema: Schema, path: str = "", depth: int = 0) -> Fit:
        """Fit `value` to `schema`; `path` is where it stands, for the problems."""
        self.budget.spend()
        if depth > 2 * MAX_DEPTH:
            raise OversizedReplyError("The reply nests too deep. Reply with a flatter value.")
        resolved = self.root.resolve(schema)
        if isinstance(resolved, bool):
            return Fit(value) if resolved else misfit(value, Place({}, path, depth), "nothing is allowed here")
        place = Place(resolved, path, depth)
        if "const" in resolved or "enum" in resolved:
            return fit_choice(self, value, place)
        union = "anyOf" if "anyOf" in resolved else "oneOf"
        if union in resolved:
            return self._union(value, [self._beside(part, resolved) for part in resolved[union]], place)
        kinds = allowed_types(resolved)
        if len(kinds) > 1:
            parts: list[Schema] = [{**resolved, "type": kind, "nullable": False} for kind in kinds]
            return self._union(value, parts, place)
        return self._checked(self._typed(value, kinds[0], place) if kinds else Fit(value), place)

    def _typed(self, value: Any, kind: str, place: Place) -> Fit:
        if kind == "object":
            return fit_object(self, value, place)
        return fit_list(self, value, place) if kind == "array" else fit_plain_value(self, value, kind, place)

    def _checked(self, fit: Fit, place: Place) -> Fit:
        """The fit, with the rules on size, range and form applied."""
        if fit.problems:
            return fit
        broken = None if self.partial else broken_rule(fit.value, place.schema)
        excluded = place.schema.get("not")
        if broken is None and excluded is not None:
            exactly = replace(self, lenient=False, partial=False)
            if not exactly.fit(fit.value, excluded, place.path, place.depth + 1).problems:
                broken = "this value is excluded"
        if broken is not None:
            fit.problems.append(place.said(f"{broken}, got {shown(fit.value)}"))
        return fit

    def _beside(self, part: Schema, schema: dict[str, Any]) -> Schema:
        """An alternative together with the fields that stand beside the union."""
        shared: dict[str, Any] = {key: schema[key] for key in ("properties", "required", "type") if key in schema}
        resolved = self.root.resolve(part)
        if not shared or isinstance(resolved, bool) or "anyOf" in resolved or "oneOf" in resolved:
            return part
        return {
            **shared,
            **resolved,
            "properties": {**shared.get("properties", {}), **resolved.get("properties", {})},
            "required": [*shared.get("required", []), *resolved.get("required", [])],
        }

    def _union(self, value: Any, parts: list[Schema], place: Place) -> Fit:
        """The alternative that fits with the least mending; of equals, the first.

        Alternatives of another kind than the value are tried only when none of its own kind fits: this is what is
        meant, and it keeps schemas that contain themselves from being tried in every order.
        """
        choices = self._choices(parts)
        if choices is not None:
            return fit_choice(self, value, replace(place, schema=choices))
        alike: list[Fit] = []
        unlike: list[Fit] = []
        kind = json_type(value)
        for same in (True, False):
            for part in parts:
                if (kind in self._kinds(part)) is same:
                    fit = self.fit(value, part, place.path, place.depth + 1)
                    if fit.cost == 0 and not fit.problems:
                        return fit
                    (alike if same else unlike).append(fit)
            fitting = [fit for fit in (*alike, *unlike) if not fit.problems]
            if fitting:
                return min(fitting, key=lambda fit: fit.cost)
        fits = [*alike, *unlike]
        tagged = self._wrong_tag(value, parts, place) if len(alike) > 1 else None
        if tagged is not None:
            return tagged
        if alike or len(fits) == 1:
            return min(alike or fits, key=lambda fit: (len(fit.problems), fit.cost))
        wanted = dict.fromkeys(problem.partition(", got ")[0] for fit in fits for problem in fit.problems[:1])
        said = " or ".join(problem.rpartition("`: ")[2] for problem in wanted) or "nothing is allowed here"
        return misfit(value, place, said)

    def _kinds(self, part: Schema) -> list[str]:
        resolved = self.root.resolve(part)
        return allowed_types(resolved) if is_object(resolved) else []

    def _choices(self, parts: list[Schema]) -> dict[str, Any] | None:
        """The union of choices as one choice, so that a text which mentions two of them is seen to be unclear."""
        choices: list[Any] = []
        names: dict[str, Any] = {}
        for part in parts:
            resolved = self.root.resolve(part)
            if not is_object(resolved) or not ("const" in resolved or "enum" in resolved):
                return None
            choices += [resolved["const"]] if "const" in resolved else resolved["enum"]
            names.update(resolved.get("x-aliases", {}))
        return {"enum": choices, "x-aliases": names} if parts else None

    def _wrong_tag(self, value: Any, parts: list[Schema], place: Place) -> Fit | None:
        """One problem instead of many, for an object whose tag names none of the alternatives."""
        allowed: dict[str, list[Any]] = {}
        for part in parts:
            resolved = self.root.resolve(part)
            properties: dict[str, Schema] = resolved.get("properties", {}) if is_object(resolved) else {}
            for name, schema in properties.items():
                tag = self.root.resolve(schema)
                if is_object(tag) and "const" in tag:
                    allowed.setdefault(name, []).append(tag["const"])
        for name, tags in allowed.items():
            if len(tags) == len(parts) and is_object(value):
                fit = self.fit(value.get(name), {"enum": tags}, place.inner(name), place.depth + 1)
                if fit.problems:
                    fit.value = value
                    return fit
        return None
