"""Edits in words, for people who confirm them and for models that have to make them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.editing import Delete, Patch, Replace, Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.planner.editing import Edit

__all__ = ["told_edits"]


def told_edits(edits: Iterable[Edit]) -> str:
    r"""Return edits in the form in which replies are written, so that nothing of them is lost.

    >>> from llm_strategy.planner.editing import Delete, Write
    >>> print(told_edits([Write("a.py", "x = 1\n"), Delete("b.py")]))
    a.py
    ```
    x = 1
    ```
    <BLANKLINE>
    DELETE: b.py
    """
    return "\n\n".join(_told(one) for one in edits)


def _told(edit: Edit) -> str:
    match edit:
        case Write(path, text):
            return f"{path}\n{fenced(text)}"
        case Patch(path, diff):
            return f"{path}\n{fenced(diff, 'diff')}"
        case Replace(path, search, replacement):
            parts = ("<<<<<<< SEARCH", search, "=======", replacement, ">>>>>>> REPLACE")
            return "\n".join([path, *(one.removesuffix("\n") for one in parts)])
        case Delete(path):
            return f"DELETE: {path}"


def fenced(text: str, language: str = "") -> str:
    """Return a text in a fence that is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"
