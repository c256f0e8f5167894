"""Which traces a command is about, and where what it makes is written."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from rich.console import Console

from llm_strategy.errors import ConfigurationError, TraceFileError
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.resolve_trace import resolve_trace
from llm_strategy.tracing.settings import trace_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "console_for_output",
    "directory_of_traces",
    "has_traces",
    "nothing_there",
    "read_trace",
    "read_traces",
    "trace_path",
    "write_whole",
]

_DEFAULT = Path("traces")
_WIDE = 1000


def directory_of_traces(given: Path | None) -> Path:
    """Return the directory of traces: the one that was given, else that of the settings, else `traces`."""
    return given or trace_directory() or _DEFAULT


def trace_path(name: str, directory: Path | None) -> Path:
    """Return the file of a trace. Raises TraceFileError."""
    where = directory_of_traces(directory)
    try:
        return resolve_trace(where, name)
    except TraceFileError:
        if has_traces(where):
            raise
        raise nothing_there(where, name) from None


def read_trace(name: str, directory: Path | None) -> RecordedTrace:
    """Read a trace. Raises TraceFileError."""
    return RecordedTrace.read(trace_path(name, directory))


def read_traces(names: Sequence[str] | None, directory: Path | None) -> list[RecordedTrace]:
    """Read traces, each once; without a name, the latest one. Raises TraceFileError."""
    paths = dict.fromkeys(trace_path(name, directory).resolve() for name in names or ["latest"])
    return [RecordedTrace.read(path) for path in paths]


def has_traces(directory: Path) -> bool:
    """Whether there is a trace file in a directory."""
    return any(directory.expanduser().glob("*.jsonl"))


def nothing_there(directory: Path, name: str = "latest") -> TraceFileError:
    """Return an error that says how to make a trace."""
    named = "" if name == "latest" else f", and {name!r} is no file"
    where = repr(str(directory))
    return TraceFileError(
        f"There is no trace in {where}{named}. Make one by `with trace('name', directory={where})` in code, or run a "
        f"program with LLM_STRATEGY_TRACE={directory}. Look elsewhere with --dir."
    )


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole, or as it was before; `-` is standard output.

    Raises:
        ConfigurationError: it cannot be written.
    """
    if str(path) == "-":
        sys.stdout.write(text)
        return
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")  # a pipe, say
            return
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {error.strerror}. Name another file.") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def console_for_output() -> Console:
    """Return the console of standard output; a pipe has no width, and takes any sign."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_WIDE)
