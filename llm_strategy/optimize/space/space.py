"""The space of a search: which values may change, and what is typed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.hyperparameters import Hyperparameters, SearchSpace, Tracked
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["Space"]


class Space:
    """What a search may change; made by `search_space`. It does not change itself."""

    functions: tuple[Tracked, ...]
    """The functions whose hyperparameters they are."""
    leaves: tuple[Leaf, ...]
    """What may change, sorted by path."""
    seed: Values
    """The values of all leaves where the search begins."""
    digest: str
    """A hash of the leaves, their types and bounds."""
    point_type: type[SearchSpace]
    """A pydantic model of the leaves, all optional: what an LLM function returns as a suggestion."""

    def leaf(self, path: str) -> Leaf:
        """Return a leaf by its path, or as much of it as tells it apart. Raises HyperparameterError."""
        raise NotImplementedError

    def checked(self, values: Values) -> Values:
        """Return values in their one JSON form. Raises HyperparameterError."""
        raise NotImplementedError

    def scope(self, values: Values) -> Hyperparameters:
        """Return a scope that puts values into force. Raises HyperparameterError."""
        raise NotImplementedError

    def values(self, source: Any) -> Values:
        """Return the values of a scope, or of a point; what is not set there is the seed's."""
        raise NotImplementedError

    def point(self, values: Values) -> SearchSpace:
        """Return values as a point. Raises HyperparameterError."""
        raise NotImplementedError

    def values_of_point(self, point: SearchSpace, parent: Values) -> Values:
        """Return the values that a point means; what is not set there is the parent's. Raises HyperparameterError."""
        raise NotImplementedError

    def shown(self, values: Values) -> dict[str, Any]:
        """Return values as JSON data for people and models, in the form of a point."""
        raise NotImplementedError
