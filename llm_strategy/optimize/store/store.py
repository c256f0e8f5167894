"""Where a search is written down, so that one that was broken off goes on without paying for anything twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Rollout

__all__ = ["Identity", "OptimizationStore"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run is: it goes on only where all of this is as it was."""

    configuration: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Settings of the search, as JSON data by name."""
    data: Mapping[str, str] = field(default_factory=dict[str, str])
    """Digests of the cases, by split."""
    space: str = ""
    """Digest of what is searched."""
    code: Mapping[str, str] = field(default_factory=dict[str, str])
    """Digests of sources: of the task, the metric, the judge (see `code_digest`)."""


class OptimizationStore:
    """One SQLite file; None for one in memory. One process has it at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        """The file."""

    def begin(self, identity: Identity) -> bool:
        """Begin a run, or go on with it; return whether it was begun before. Raises StoredDataError."""
        raise NotImplementedError(identity)

    def log(self) -> bytes:
        """Return all that was answered, as canonical JSON lines: the same bytes for the same search."""
        raise NotImplementedError

    def detail(self, key: str) -> Any:
        """Return the record of a recent rollout, as JSON data; None where it is not kept."""
        raise NotImplementedError(key)

    def rollouts(self) -> Iterator[Rollout]:
        """Give all rollouts, in the order in which they were wanted."""
        raise NotImplementedError

    def candidates(self) -> Iterator[Candidate]:
        """Give all candidates, in the order in which they were made."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file, and let others have it."""
