"""Code that a file has lost: a model that writes a file anew leaves out what it is not thinking of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["lost_code"]

_MAIN = "the block under `if __name__ == '__main__':`"


def lost_code(before: Mapping[str, str], after: Mapping[str, str], paths: Sequence[str]) -> list[str]:
    r"""Say which functions, classes and starts of a program are gone from Python files that are still there.

    >>> lost_code({"a.py": "def f(): ...\ndef g(): ..."}, {"a.py": "def f(): ..."}, ["a.py"])
    ['a.py has lost `g`.']

    Args:
        before: texts by path, as they were.
        after: texts by path, as they are.
        paths: the files that were written.
    """
    found: list[str] = []
    for path in paths:
        if path.endswith(".py") and path in before and path in after:
            kept = set(_parts(after[path]))
            lost = [one for one in dict.fromkeys(_parts(before[path])) if one not in kept]
            if lost and kept:
                found.append(f"{path} has lost {', '.join(lost)}.")
    return found


def _parts(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # other evaluators say so; ValueError: null bytes
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"`{node.name}`"
        elif isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            yield _MAIN
