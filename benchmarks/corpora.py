"""Load the corpora of recorded replies that the benchmarks are measured on."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["corpus", "corpus_path", "shared_folder"]


def shared_folder() -> Path:
    """Return the folder of shared data: `LLM_STRATEGY_SHARED`, or `../shared`."""
    return Path(os.environ.get("LLM_STRATEGY_SHARED", "../shared"))


def corpus_path(name: str) -> Path:
    """Return where the corpus `name` lies, whether or not it is there."""
    return shared_folder() / "corpora" / name


def corpus(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL corpus, compressed or not.

    Raises:
        FileNotFoundError: the corpus is not there.
    """
    path = corpus_path(name)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
