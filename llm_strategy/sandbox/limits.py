"""What code in a sandbox may use up."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from llm_strategy.errors import ConfigurationError

__all__ = ["Limits"]

_MOST = {
    "seconds": 1_000_000,
    "memory_mib": 1 << 24,
    "processes": 1 << 20,
    "disk_mib": 1 << 24,
    "files": 1 << 30,
    "output_kib": 1 << 20,
    "tool_calls": 100_000,
}
"""What no machine has, or no host can keep."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a session; those of time, output and calls are for each action.

    >>> Limits(seconds=5).memory_mib
    1024

    Raises:
        ConfigurationError: one is no whole number above 0 (seconds may have a fraction), or far too large.
    """

    seconds: float = 30.0
    """Wall time of an action; while it waits for a tool, the clock stands still."""
    memory_mib: int = 1024
    """Memory of a process, in MiB (2**20 bytes)."""
    processes: int = 32
    """Processes and threads at once, that of the session included."""
    disk_mib: int = 64
    """All files of the workspace together, in MiB."""
    files: int = 4096
    """Files and folders in the workspace."""
    output_kib: int = 1024
    """What is kept of stdout and stderr together, in KiB (2**10 bytes); the rest is read and dropped."""
    tool_calls: int = 1000
    """Calls of tools in an action."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value: object = getattr(self, one.name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            good = whole or (one.name == "seconds" and isinstance(value, float) and math.isfinite(value))
            most = _MOST[one.name]
            if not good or not 0 < value <= most:  # type: ignore[operator]
                kind = "number" if one.name == "seconds" else "whole number"
                raise ConfigurationError(
                    f"Limits({one.name}={value!r}) is no limit. Use a {kind} above 0, up to {most:,}."
                )
