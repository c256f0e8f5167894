"""Points: hyperparameters as one typed value, which a model can be shown and can suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from llm_strategy.hyperparameters.registry import registered
from llm_strategy.optimize.space import search_space

if TYPE_CHECKING:
    from llm_strategy.hyperparameters import Hyperparameters, SearchSpace
    from llm_strategy.optimize.space import Space

__all__ = ["Points", "SpacePoints", "points_of_used"]

H = TypeVar("H")


class Points(Protocol[H]):
    """Turns scopes into typed points, and typed points into scopes."""

    @property
    def kind(self) -> type[H]:
        """The type of a point."""
        ...

    def of(self, scope: Hyperparameters) -> H:
        """Return what calls in a scope have used as a point."""
        ...

    def scope(self, point: H) -> Hyperparameters:
        """Return a scope that puts a point into force. Raises HyperparameterError."""
        ...

    def merged(self, point: H, parent: H) -> H:
        """Return a point in which what was left out is that of another one. Raises HyperparameterError."""
        ...


class SpacePoints:
    """The points of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        """The space."""

    @property
    def kind(self) -> type[SearchSpace]:
        """The type of a point: all leaves of the space, each optional."""
        return self.space.point_type

    def of(self, scope: Hyperparameters) -> SearchSpace:
        """Return what calls in a scope have used as a point."""
        return self.space.point(self.space.values(scope))

    def scope(self, point: SearchSpace) -> Hyperparameters:
        """Return a scope that puts a point into force. Raises HyperparameterError."""
        return self.space.scope(self.space.values_of_point(point, self.space.seed))

    def merged(self, point: SearchSpace, parent: SearchSpace) -> SearchSpace:
        """Return a point in which what was left out is that of another one. Raises HyperparameterError."""
        values = self.space.values_of_point(parent, self.space.seed)
        return self.space.point(self.space.values_of_point(point, values))


def points_of_used(scope: Hyperparameters) -> SpacePoints | None:
    """Return the points of the functions that calls in a scope have used; None where there were none."""
    used = [one for one in map(registered, scope) if one is not None]
    return SpacePoints(search_space(*used)) if used else None
