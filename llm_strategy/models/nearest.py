"""Saying how a request differs from the nearest one that was recorded."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["difference_to_nearest"]


def difference_to_nearest(asked: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]]) -> str:
    """Return a unified difference between a request and the recorded one that is most like it; '' without any."""
    lines = _readable(asked)
    nearest = max((_readable(one) for one in recorded), key=lambda one: _likeness(one, lines), default=None)
    if nearest is None:
        return ""
    return "\n".join(difflib.unified_diff(nearest, lines, "recorded", "asked", lineterm="", n=2))


def _readable(data: Mapping[str, Any]) -> list[str]:
    """Return a request as lines that a person can compare."""
    lines: list[str] = []
    for turn in data["messages"]:
        lines += [f"[{turn['role']}]", *str(turn.get("content", "")).splitlines()]
        rest = {name: part for name, part in turn.items() if name not in {"role", "content"}}
        lines += [json.dumps(rest, sort_keys=True, ensure_ascii=False)] if rest else []
    lines += ["[output]", *json.dumps(data["output"], indent=1, sort_keys=True, ensure_ascii=False).splitlines()]
    others = {name: part for name, part in data.items() if name not in {"messages", "output"}}
    return [*lines, *(f"[{name}] {json.dumps(part, sort_keys=True)}" for name, part in sorted(others.items()))]


def _likeness(one: list[str], other: list[str]) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
