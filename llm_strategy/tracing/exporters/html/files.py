"""Accesses to files as they stand in a page: which step touched which file, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.tracing.exporters.html.spans import Forest
    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["files_of"]

_OPERATIONS = ("read", "write", "create", "delete", "other")


def files_of(trace: RecordedTrace, forest: Forest, texts: Texts) -> dict[str, Any] | None:
    """Return steps, paths and `[step, path, counts]`; None where no file was touched.

    Counts are those of reading, writing, creating, deleting, and of what is none of these. Steps stand in order of
    time, paths in the order in which they were first touched.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.exporters.html.spans import Forest
    >>> from llm_strategy.tracing.exporters.html.texts import Texts
    >>> files_of(sample_trace(2), Forest.of(sample_trace(2)), Texts())["cells"]
    [[0, 0, [1, 0, 0, 0, 0]], [1, 1, [0, 1, 0, 0, 0]]]
    """
    steps: dict[int, int] = {}
    paths: dict[str, int] = {}
    cells: dict[tuple[int, int], list[int]] = {}
    for access in trace.file_accesses():
        steps[access.step] = forest.places[access.span]
        place = (access.step, paths.setdefault(access.path, len(paths)))
        counts = cells.setdefault(place, [0] * len(_OPERATIONS))
        counts[_OPERATIONS.index(access.operation if access.operation in _OPERATIONS else "other")] += 1
    if not cells:
        return None
    return {
        "steps": list(steps.values()),
        "paths": [texts.number(path) for path in paths],
        "cells": [[*place, counts] for place, counts in sorted(cells.items())],
    }
