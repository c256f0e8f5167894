"""What a model may have meant by a name that is not there: the next one among the tools and the names of its code."""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from llm_strategy.reasoning.code_act.python_text import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.sandbox import CodeError

__all__ = ["meant"]

_MISSING = re.compile(r"name '(\w{1,100})' is not defined")
_CLOSENESS = 0.75
_MOST_NAMES = 1000


def meant(error: CodeError | None, known: Iterable[str], code: Iterable[str]) -> str:
    """Return the name that was meant, in the error of an action; '' where there is none that is close.

    Some versions of Python say so in their tracebacks; then nothing is added.

    >>> from llm_strategy.sandbox import CodeError
    >>> meant(CodeError("NameError", "name 'mrna' is not defined"), ["price"], ["mRNA = 'UAC'", "print(mrna)"])
    'mRNA'

    Args:
        error: the error.
        known: names of tools and arguments.
        code: what was run so far.
    """
    if error is None or error.kind != "NameError" or "Did you mean" in f"{error.message}{error.traceback}":
        return ""
    found = _MISSING.match(error.message)
    if found is None:
        return ""
    missing = found[1]
    names = dict.fromkeys([*known, *(name for text in code for name in _bound(text))])
    spelled = {_plain(name): name for name in list(names)[:_MOST_NAMES] if name != missing}
    close = get_close_matches(_plain(missing), spelled, n=1, cutoff=_CLOSENESS)
    return spelled[close[0]] if close else ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _bound(code: str) -> Iterable[str]:
    """Yield the names that code makes."""
    tree = parsed(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
