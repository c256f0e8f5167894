"""What a program asked when its journal was written, and what it asks now, for a person who changed it."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["changed", "messages_of", "one_line"]

_MOST_LINES = 12


def changed(where: str, then: tuple[str, Mapping[str, Any]], now: tuple[str, Mapping[str, Any]]) -> str:
    """Return the message of the error for a changed program.

    Args:
        where: the step, with the journal.
        then: kind of the request and what it was about.
        now: the same, as it is asked now.
    """
    before, after = _lines(*then), _lines(*now)
    marked = difflib.unified_diff(before, after, lineterm="", n=0)
    shown = [line for line in marked if not line.startswith(("---", "+++", "@@"))]
    if not shown:
        shown = ["  (The difference lies behind the part of the texts that the journal keeps for people.)"]
    if len(shown) > _MOST_LINES:
        shown = [*shown[:_MOST_LINES], f"  ... and {len(shown) - _MOST_LINES} more lines"]
    return (
        f"The program has changed: {where} asks something else than it did when the journal was written. Run it as it "
        "was, or delete the journal, or name another file, to begin anew and pay for everything again. "
        "- was asked then, + is asked now:\n" + "\n".join(printable_line(line, 160) for line in shown)
    )


def one_line(kind: str, about: Mapping[str, Any]) -> str:
    """Return a request in a few words: who is asked, and the last thing that is said."""
    name = about.get("name") or kind
    said = [str(message.get("text", "")) for message in messages_of(about)]
    return printable_line(f"{name}: {said[-1] if said else about.get('request', '')}", 100)


def _lines(kind: str, about: Mapping[str, Any]) -> list[str]:
    lines = [f"[{kind}]"]
    lines += [f"[{name}] {about[name]}" for name in ("model", "request", "method", "output") if about.get(name)]
    lines += [f"[{name}] {json.dumps(about[name])}" for name in ("sampling", "sample") if about.get(name)]
    for message in messages_of(about):
        lines += [f"[{message.get('role')}] {line}" for line in str(message.get("text", "")).splitlines() or [""]]
    return lines


def messages_of(about: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return the messages of a request, as far as they are kept."""
    found: object = about.get("messages")
    return [message for message in found if is_object(message)] if is_list(found) else []
