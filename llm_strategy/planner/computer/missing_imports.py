"""Where names come from that a file uses and does not have: other files, the standard library, or pytest.

A small model that is told of an undefined name defines it a second time, and loses what stood there. Told where it
comes from, it imports it.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.repository import symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llm_strategy.planner.evaluators import Problem

__all__ = ["missing_imports"]

_UNDEFINED: Final = "F821"
_NAME: Final = re.compile(r"`(\w+)`")
_MOST: Final = 5
_FIXTURES: Final = frozenset({"capfd", "caplog", "capsys", "monkeypatch", "recwarn", "request", "tmp_path"})


def missing_imports(problems: Iterable[Problem], files: Mapping[str, str]) -> list[str]:
    r"""Return hints for undefined names, a line each.

    >>> from llm_strategy.planner.evaluators import Problem
    >>> found = [Problem("store.py", 3, "Undefined name `Item`", "F821")]
    >>> missing_imports(found, {"app/items.py": "class Item: ...\n", "store.py": ""})
    ['store.py lacks the line: from app.items import Item']
    """
    return list(dict.fromkeys(_hints(problems, files)))[:_MOST]


def _hints(problems: Iterable[Problem], files: Mapping[str, str]) -> Iterator[str]:
    homes: dict[str, list[str]] | None = None
    for problem in problems:
        name = _NAME.search(problem.message)
        if problem.rule != _UNDEFINED or name is None:
            continue
        homes = _homes(files) if homes is None else homes
        there = [path for path in homes.get(name[1], ()) if path != problem.path]
        if len(there) == 1:
            yield f"{problem.path} lacks the line: from {_module(there[0])} import {name[1]}"
        elif not there and name[1] in sys.stdlib_module_names:
            yield f"{problem.path} lacks the line: import {name[1]}"
        elif not there and name[1] in _FIXTURES:
            yield f"{problem.path}: make {name[1]} a parameter of each test that uses it; pytest fills it."


def _homes(files: Mapping[str, str]) -> dict[str, list[str]]:
    """The files that define each name at their outermost level."""
    homes: dict[str, list[str]] = {}
    for path, text in files.items():
        if path.endswith(".py"):
            for name in {one.name for one in symbols_of(path, text) if one.depth == 0}:
                homes.setdefault(name, []).append(path)
    return homes


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")
