"""What the pytest plugin does around a test: guard the network, record the trace, show it where the test fails."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["running", "sections"]

_TRACE = pytest.StashKey[Any]()
_PATH = pytest.StashKey[Path]()
_SHOWN_LINES = 30
_WIDTH = 110


@contextmanager
def running(item: pytest.Item, *, guarded: bool, traces: Path | None) -> Generator[None]:
    """Run a test: without the network where it is `guarded`, with a trace where there is a folder for it."""
    with ExitStack() as around:
        if guarded:
            around.enter_context(import_module("llm_strategy.gate").guarded(_guard))
        if traces is not None:
            around.enter_context(_traced(item, traces))
        yield


def _guard(model: Any) -> None:
    import_module("llm_strategy.testing.network").block_network(model)


@contextmanager
def _traced(item: pytest.Item, folder: Path) -> Generator[None]:
    """Record what a test asks. The file has the name of the test, and is there from the first call that ends on."""
    tracing: Any = import_module("llm_strategy.tracing")
    naming: Any = import_module("llm_strategy.testing.cassette_file")
    test = item.nodeid.partition("::")[2] or item.name
    item.stash[_PATH] = (
        folder / item.path.stem / f"{naming.file_name(test.replace('::', '.')).removesuffix('.json')}.jsonl"
    )
    with tracing.trace(item.nodeid, directory=None) as recorded:
        item.stash[_TRACE] = recorded
        try:
            yield
        finally:
            _keep(item)


def _keep(item: pytest.Item) -> RecordedTrace | None:
    """Write the trace so far, where a model was asked; return it."""
    recorded: RecordedTrace = item.stash[_TRACE].recorded()
    if not any(span.kind in {"function", "chat", "tool"} for span in recorded.spans):
        return None
    line_of: Any = import_module("llm_strategy.tracing.records").line_of
    path = item.stash[_PATH]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(b"".join(line_of(span) for span in recorded.spans))
    part.replace(path)
    return recorded


def sections(item: pytest.Item) -> list[tuple[str, str]]:
    """Return what a report of a failure tells of the calls of the test; nothing where none were made or recorded."""
    if item.stash.get(_TRACE, None) is None:
        return []
    recorded = _keep(item)
    return [] if recorded is None else [("LLM calls", _told(recorded, item.stash[_PATH]))]


def _told(recorded: RecordedTrace, path: Path) -> str:
    terminal: Any = import_module("llm_strategy.tracing.exporters.terminal")
    rows: Any = import_module("llm_strategy.tracing.exporters.terminal_rows")
    console: Any = import_module("rich.console").Console(file=StringIO(), width=_WIDTH, no_color=True)
    lines = [line.plain.rstrip() for line in terminal.trace_lines(recorded, rows.TreeView(now=time.time_ns()), console)]
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"... and {len(lines) - _SHOWN_LINES} lines more"]
    sums = [line.plain.rstrip() for line in terminal.totals_lines(recorded, running=True)]
    return "\n".join([*lines, *sums, f"the whole trace: {path}", f"show it: llm-strategy trace show {path}"])
