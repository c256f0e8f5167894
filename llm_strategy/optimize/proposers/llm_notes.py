"""What a proposer learns besides values: to be kept with the answer, so that a run that goes on knows it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Noting"]


@runtime_checkable
class Noting(Protocol):
    """A proposer that learns something besides. Its notes are JSON data."""

    def take_notes(self) -> list[dict[str, Any]]:
        """Return what was learned since the last time that this was asked."""
        ...

    def restore_notes(self, notes: Sequence[Mapping[str, Any]]) -> None:
        """Learn again what was learned before the run was broken off."""
        ...
