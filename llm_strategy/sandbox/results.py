"""What running a piece of code gave, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["CodeError", "CodeResult", "FileChange", "Usage"]


@dataclass(frozen=True, slots=True)
class CodeError:
    """Why an action ended before its end."""

    kind: str
    """Name of the exception, such as `ZeroDivisionError`; `TimeLimit`, `MemoryLimit`, `DiskLimit`, `Interrupted`,
    `ToolLimit`, `Lost` and `Unsupported` are the sandbox's own."""
    message: str
    """What it says."""
    traceback: str = ""
    """The traceback as the author of the code should see it: of its own lines only."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of the workspace that an action touched."""

    path: str
    """Where it is, below the workspace, with `/`."""
    operation: Literal["create", "write", "delete"]
    """What was done to it."""
    size: int = 0
    """Its bytes afterwards."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an action used up."""

    seconds: float = 0.0
    """Wall time, without that of tools."""
    cpu_seconds: float = 0.0
    """Time of processors; 0 where the body cannot tell."""
    memory_mib: float = 0.0
    """Most memory of the session's process so far, in MiB; 0 where the body cannot tell."""
    tool_calls: int = 0
    """Calls of tools."""


@dataclass(frozen=True, slots=True)
class CodeResult:
    """How an action ended, and what came of it."""

    stdout: str = ""
    """What it printed, as far as it was kept."""
    stderr: str = ""
    """What it wrote there, warnings for example."""
    value: Any = None
    """The value of the last line, where that is an expression and JSON data."""
    shown: str = ""
    """The same as Python shows it (`repr`), cut to a length; '' where there is none, or it is None."""
    error: CodeError | None = None
    """Why it ended early."""
    files: tuple[FileChange, ...] = ()
    """Files of the workspace that it made, changed or deleted."""
    usage: Usage = field(default_factory=Usage)
    """What it used up."""
    dropped: int = 0
    """Bytes of output beyond the limit, which were not kept."""
    state_lost: bool = False
    """Whether the names and files of earlier actions are gone, or are others now: run again, their code gave something
    else."""
    restored: int = 0
    """Earlier actions that were run again before this one, because the sandbox had been lost."""
    finished: bool = False
    """Whether the action ended because `finish` was called, with a value that was accepted."""

    @property
    def ok(self) -> bool:
        """Whether it came to its end."""
        return self.error is None
