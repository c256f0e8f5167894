"""The space of a search: which values may change, and what is typed about them."""

from __future__ import annotations

import copy
import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from llm_strategy.errors import HyperparameterError
from llm_strategy.function.configuration import FunctionHyperparameters
from llm_strategy.hyperparameters import Hyperparameters, SearchSpace
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.space.activity import choice_in, is_active
from llm_strategy.optimize.space.choosing import chosen, unknown_leaf
from llm_strategy.optimize.space.fitting import alike, fitted, label_of
from llm_strategy.optimize.space.points import data_of_point, made_point, point_model
from llm_strategy.optimize.space.routes import ABSENT
from llm_strategy.optimize.space.scopes import Scopes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.hyperparameters import Tracked
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.space.finding import Found
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["Space"]

_KEPT = 128
_TEXT = 60


class Space:
    """What a search may change; made by `search_space`. It does not change itself.

    Values are JSON data by the path of a leaf.
    """

    def __init__(
        self,
        functions: Sequence[Tracked],
        found: Sequence[Found],
        start: Hyperparameters,
        options: Mapping[str, Any],
    ) -> None:
        self.functions: tuple[Tracked, ...] = tuple(functions)
        """The functions whose hyperparameters they are."""
        self.leaves: tuple[Leaf, ...] = tuple(sorted((one.leaf for one in found), key=lambda leaf: leaf.path))
        """What may change, sorted by path."""
        self.seed: Values = {leaf.path: leaf.default for leaf in self.leaves}
        """The values of all leaves where the search begins."""
        self._options = {**options, "scope": start}
        self._annotations = {one.leaf.path: one.annotation for one in found}
        self._by_path = {leaf.path: leaf for leaf in self.leaves}
        self._scopes = Scopes(self.functions, start)
        self._made: dict[str, Hyperparameters] = {}

    def leaf(self, path: str) -> Leaf:
        """Return a leaf by its path; the function may be named in short.

        Raises:
            HyperparameterError: there is none, or more than one.
        """
        if path in self._by_path:
            return self._by_path[path]
        meant = sorted(chosen("leaf", [path], self._by_path))
        if len(meant) > 1:
            raise unknown_leaf(f"{path!r} means {len(meant)} leaves", path, meant)
        return self._by_path[meant[0]]

    @cached_property
    def digest(self) -> str:
        """A hash of the leaves, their types, bounds and first values: another one where a run cannot be resumed."""
        told = [
            [leaf.path, leaf.kind, leaf.default, leaf.low, leaf.high, leaf.log, leaf.choices] for leaf in self.leaves
        ]
        types = {leaf.path: repr(self._annotations[leaf.path]) for leaf in self.leaves if leaf.kind == "data"}
        return hashlib.sha256(to_json([told, types], inf_nan_mode="strings")).hexdigest()[:16]

    def checked(self, values: Values) -> Values:
        """Return values in the one form in which they are kept.

        What has no effect, as a field of a method of reasoning that is not the chosen one, has the seed's value.

        Raises:
            HyperparameterError: a leaf is missing or unknown, or a value does not fit; the error names the leaf.
        """
        for path in values:
            if path not in self._by_path:
                raise unknown_leaf(f"{path!r} is no leaf of this space", path, self._by_path)
        missing = [path for path in self._by_path if path not in values]
        if missing:
            raise HyperparameterError(f"{missing[0]!r} has no value, and {len(missing)} are missing. Give all of them.")
        fitting = {leaf.path: fitted(leaf, values[leaf.path]) for leaf in self.leaves}
        held = {
            leaf.path: fitting[leaf.path] if is_active(leaf, self._by_path, fitting) else leaf.default
            for leaf in self.leaves
        }
        scope = self._scope(held)
        for leaf in self.leaves:
            if leaf.kind in {"data", "examples"} and not alike(held[leaf.path], leaf.default):
                read = self._scopes.read(leaf, scope)
                held[leaf.path] = held[leaf.path] if read is ABSENT else read
        self._keep(key_of(held), scope)
        return held

    def scope(self, values: Values) -> Hyperparameters:
        """Return a scope that puts values into force; everything else is as it was where the search began.

        Raises:
            HyperparameterError: a leaf is missing or unknown, or a value does not fit; the error names the leaf.
        """
        key = key_of(values)
        made = self._made.get(key)
        if made is None:
            made = self._scope(self.checked(values))
            self._keep(key, made)
        return copy.copy(made)

    def _keep(self, key: str, scope: Hyperparameters) -> None:
        self._made[key] = scope
        for oldest in list(self._made)[:-_KEPT]:
            self._made.pop(oldest, None)

    def _scope(self, values: Values) -> Hyperparameters:
        made = self._made.get(key_of(values))
        if made is not None:
            return made
        try:
            return self._scopes.made(self.leaves, values)
        except HyperparameterError as error:
            raise self._blamed(values, error) from error

    def _blamed(self, values: Values, error: HyperparameterError) -> HyperparameterError:
        """Return the error with the leaf named whose value does not fit."""
        for leaf in self.leaves:
            if not alike(values[leaf.path], leaf.default):
                try:
                    self._scopes.made(self.leaves, {**self.seed, leaf.path: values[leaf.path]})
                except HyperparameterError as own:
                    return HyperparameterError(f"{leaf.path!r} cannot be {shown(values[leaf.path], 120)}: {own}")
        return error

    def values(self, source: Hyperparameters | SearchSpace) -> Values:
        """Return the values of a scope, or of a point; what is not set there is the seed's.

        Raises:
            HyperparameterError: a value does not fit.
        """
        if isinstance(source, SearchSpace):
            return self.values_of_point(source, self.seed)
        read = {leaf.path: self._scopes.read(leaf, source) for leaf in self.leaves}
        found = {path: value for path, value in read.items() if value is not ABSENT}
        for leaf in self.leaves:
            if leaf.choices and leaf.path in found:
                found[leaf.path] = choice_in(leaf, self.leaves, found[leaf.path])
        return self.checked({**self.seed, **found})

    @cached_property
    def point_type(self) -> type[SearchSpace]:
        """A pydantic model of the leaves, all optional: what an LLM function returns as a suggestion.

        It has an attribute for each function, with one for each hyperparameter. `Hyperparameters(point)` makes a scope,
        in which what was left out is the seed's.
        """
        return point_model(self.leaves, self._annotations, self._scope_of_point)

    def _scope_of_point(self, point: SearchSpace) -> Hyperparameters:
        return self.scope(self.values_of_point(point, self.seed))

    def point(self, values: Values) -> SearchSpace:
        """Return values as a point. Raises HyperparameterError."""
        return made_point(self.point_type, self.leaves, self.checked(values))

    def values_of_point(self, point: SearchSpace, parent: Values) -> Values:
        """Return the values that a point means; what is left out, or null, stays as it is in the parent.

        Raises:
            HyperparameterError: it is a point of another space, or a value does not fit.
        """
        if not isinstance(point, self.point_type):
            raise HyperparameterError(f"{shown(point)} is no point of this space. Use space.point_type(...).")
        return self.checked({**parent, **data_of_point(point, self.leaves)})

    def shown(self, values: Values) -> dict[str, Any]:
        """Return values as JSON data for people and models, in the form of a point."""
        data: dict[str, Any] = self.point(values).model_dump(mode="json", exclude_unset=True)
        return data

    def difference(self, before: Values, after: Values) -> list[str]:
        """Return what differs between values, a short line each.

        >>> from llm_strategy.hyperparameters import track_hyperparameters
        >>> from llm_strategy.optimize.space import search_space
        >>> @track_hyperparameters
        ... def step(*, _size: float = 0.5) -> float:
        ...     return _size
        >>> space = search_space(step)
        >>> space.difference(space.seed, {path: 0.1 for path in space.seed})
        ['step:size: 0.5 -> 0.1']
        """
        return [
            f"{leaf.name}: {_short(leaf, before[leaf.path])} -> {_short(leaf, after[leaf.path])}"
            for leaf in self.leaves
            if not alike(before[leaf.path], after[leaf.path])
        ]

    def inputs(self, function: str) -> tuple[str, ...]:
        """Return the names of the inputs of an LLM function; nothing for other functions."""
        kind = next(one.config_model_type for one in self.functions if one.config_name == function)
        described = kind.model_fields.get("parameters")
        is_llm = described is not None and issubclass(kind, FunctionHyperparameters)
        return tuple(described.default) if described is not None and is_llm else ()

    def __reduce__(self) -> Any:
        return _again, (self.functions, self._options)  # what types are made of cannot be sent

    def __repr__(self) -> str:
        return f"<space of {len(self.leaves)} leaves, {self.digest}>"


def _again(functions: Sequence[Tracked], options: Mapping[str, Any]) -> Space:
    from llm_strategy.optimize.space.search_space import search_space

    return search_space(*functions, **options)


def _short(leaf: Leaf, value: Any) -> str:
    if leaf.choices:
        value = label_of(leaf, value)
    elif leaf.kind == "examples":
        return f"{len(value)} examples"
    return shown(value, _TEXT)
