"""What comes out of code in monty: what it prints, kept up to a limit, and the value of its last line."""

from __future__ import annotations

import json
from typing import Any, Literal

__all__ = ["Output", "shown_value"]


class Output:
    """Takes what is printed while it comes; beyond the limit it is counted and dropped.

    >>> output = Output(4)
    >>> output("stdout", "Hello")
    >>> output.stdout, output.dropped
    ('Hell', 1)
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._kept: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self.dropped = 0
        """Bytes beyond the limit."""
        self.closed = False
        """Whether the action is over, and what is still printed is nobody's."""

    def __call__(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        """Take a piece."""
        if self.closed:
            return
        data = text.encode("utf-8", "replace")
        if len(data) <= self._left:
            self._left -= len(data)
            self._kept[stream].append(text)
            return
        kept = data[: self._left].decode("utf-8", "ignore")
        self.dropped += len(data) - len(kept.encode())
        self._left = 0
        self._kept[stream].append(kept)

    @property
    def stdout(self) -> str:
        """What was printed."""
        return "".join(self._kept["stdout"])

    @property
    def stderr(self) -> str:
        """What was written to the stream of errors."""
        return "".join(self._kept["stderr"])


def shown_value(output: object) -> tuple[Any, str]:
    """Return the value of the last line and how Python shows it, out of what `__show__` gave in monty.

    Code can forge both, for they are its own to say; what has another form is no value.

    >>> shown_value(["[1]", "(1,)", 4])
    ([1], '(1,)')
    """
    match output:
        case [str() | None as text, str(shown), int(size)]:
            cut = f"{shown}... ({size} characters)" if size > len(shown) else shown
            value = _value(text)
            return value, "" if value is None and shown == "None" else cut
        case _:
            return None, ""


def _value(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
