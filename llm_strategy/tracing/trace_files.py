"""Names of trace files."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["new_trace_file"]


def new_trace_file(directory: Path, name: str) -> Path:
    """Return the path of a new trace: sorted by time, readable, and its own for each session of each process."""
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    words = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:60] or "trace"
    return directory.expanduser() / f"{began}-{words}-{token_hex(4)}.jsonl"
