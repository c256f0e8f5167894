"""Looking at Python code that a model wrote, without running any of it.

Covered: code that is built to be slow or deep (it is looked at up to a length, and what the parser gives up on counts
as no code). Not covered: whether it is right, or harmless. That is what the sandbox is for.
"""

from __future__ import annotations

import ast

__all__ = ["call_in", "is_action", "parsed", "parses"]

_LONGEST = 20_000
"""Characters that are looked at: the parser takes long for more, and no action needs it."""

_DEEDS = (
    ast.Call,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.With,
    ast.Try,
    ast.Delete,
)
"""What prose never holds: a word by itself is an expression in Python, too."""


def parsed(code: str) -> ast.Module | None:
    """Return code as a tree; None where it is no Python, or more than anybody wants to look at."""
    if len(code) > _LONGEST:
        return None
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parses(code: str) -> bool:
    """Return whether a text is Python code.

    >>> parses("x = 1"), parses("x = = 1")
    (True, False)
    """
    return parsed(code) is not None


def is_action(text: str) -> bool:
    """Return whether a text is Python code that does something: no prose is.

    >>> is_action("print(1)"), is_action("Done"), is_action("Now we print it.")
    (True, False, False)
    """
    tree = parsed(text)
    return tree is not None and any(isinstance(node, _DEEDS) for node in ast.walk(tree))


def call_in(text: str, name: str) -> str:
    r"""Return the last call of a function that begins a line of a text, as far as it goes; '' where there is none.

    >>> call_in("That is all:\nfinish(\n  [1, 2]\n)\nI hope it helps.", "finish")
    'finish(\n  [1, 2]\n)'
    """
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(f"{name}(")]
    for start in reversed(starts[-5:]):
        for end in range(start + 1, min(len(lines), start + 200) + 1):
            code = "\n".join([lines[start].lstrip(), *lines[start + 1 : end]])
            if parses(code):
                return code
    return ""
