"""The text of a prelude: inside there is nothing of this package, so what it imports from here stands before it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["prelude_source"]

_BEFORE = ("kernel.py", "canaries_probe.py")
_LEFT_OUT = ("from __future__ import ", "from llm_strategy.sandbox.walls.")


@cache
def prelude_source(file: Path) -> str:
    """Return the text of a prelude that needs nothing but the standard library.

    Args:
        file: where it stands. It may import from `kernel` and `canaries_probe`, each in one line.
    """
    texts = [one.read_text("utf-8") for one in (*(Path(__file__).parent / name for name in _BEFORE), file)]
    lines = [line for text in texts for line in text.splitlines() if not line.startswith(_LEFT_OUT)]
    return "\n".join(["from __future__ import annotations", *lines, ""])
