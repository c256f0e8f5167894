"""What arrived at the stand-in for Weights & Biases, as plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ArrivedArtifact", "ArrivedRun"]


@dataclass
class ArrivedArtifact:
    """An artifact that a run sent."""

    name: str
    """Name of its collection."""
    type: str
    """What kind of artifact it is, in the words of who sent it."""
    aliases: tuple[str, ...] = ()
    """Its other names, such as `latest`."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """What was said about it."""
    manifest: dict[str, Any] = field(default_factory=dict[str, Any])
    """The list of its files, as it was sent; empty until it came."""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """The bytes of its files, by path."""
    committed: bool = False
    """Whether the sender declared it complete."""

    @property
    def complete(self) -> bool:
        """Whether it was committed, and every file of the manifest that is no reference came whole."""
        listed: dict[str, dict[str, Any]] = self.manifest.get("contents", {})
        sizes = {path: entry.get("size") for path, entry in listed.items() if "ref" not in entry}
        return self.committed and sizes == {path: len(content) for path, content in self.files.items()}


@dataclass
class ArrivedRun:
    """A run that was sent."""

    id: str
    """Id of the run."""
    project: str
    """Where it belongs."""
    entity: str
    """Whose it is."""
    name: str = ""
    """Name to show."""
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    """Its configuration; what the sender keeps there for itself stands under `_wandb`."""
    lines: dict[int, str] = field(default_factory=dict[int, str])
    """The lines of its history as they were sent, by number."""
    summary: dict[str, Any] = field(default_factory=dict[str, Any])
    """Its summary."""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Its files, by path; media are among them."""
    artifacts: list[ArrivedArtifact] = field(default_factory=list[ArrivedArtifact])
    """Its artifacts, in the order in which they were announced."""
    alerts: list[str] = field(default_factory=list[str])
    """Titles of its alerts."""
    exit_code: int | None = None
    """How it ended; None while it did not."""

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """The rows of its history, in order."""
        return tuple(json.loads(self.lines[number]) for number in sorted(self.lines))

    @property
    def metrics(self) -> tuple[dict[str, Any], ...]:
        """The definitions of its metrics, with the numbers of the wire as keys: 1 is the name, 5 the step metric."""
        return tuple(self.config.get("_wandb", {}).get("m", ()))

    def artifact(self, type: str) -> ArrivedArtifact:  # noqa: A002 (the word of the interface)
        """Return the only artifact of a type. Raises LookupError where there is none, or several."""
        found = [one for one in self.artifacts if one.type == type]
        if len(found) != 1:
            raise LookupError(f"Run {self.id!r} has {len(found)} artifacts of type {type!r}, not one.")
        return found[0]

    def media(self, key: str) -> bytes:
        """Return the file that a key of the history stands for: a table, a page. Raises LookupError."""
        paths = [row[key]["path"] for row in self.history if key in row]
        if not paths:
            raise LookupError(f"The history of run {self.id!r} has no {key!r}.")
        return self.files[paths[-1]]
