"""Which tests a file has for those who read it: what pytest finds is compared with that."""

from __future__ import annotations

import ast
import posixpath
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["expected_tests", "is_test_file"]

_NOT_ENTERED: Final = frozenset({"build", "dist", "node_modules", "venv", "CVS", "_darcs", "__pycache__"})


def is_test_file(path: str) -> bool:
    """Return whether pytest takes a file for one with tests.

    >>> [is_test_file(path) for path in ("tests/test_a.py", "a_test.py", "tests/helpers.py", "venv/test_a.py")]
    [True, True, False, False]
    """
    *folders, name = path.split("/")
    if any(one in _NOT_ENTERED or one.startswith(".") or one.endswith(".egg") for one in folders):
        return False
    stem, ending = posixpath.splitext(name)
    return ending == ".py" and (stem.startswith("test_") or stem.endswith("_test"))


def expected_tests(files: Mapping[str, str], paths: Iterable[str]) -> Iterator[str]:
    r"""Iterate over the ids of tests that are plain to see: functions at the top of a file, and methods of classes.

    What is made otherwise, or is said to be no test (`__test__`), is not looked at.

    >>> files = {"test_a.py": "def test_x(): ...\nclass TestB:\n    def test_y(self): ...\n"}
    >>> list(expected_tests(files, ["test_a.py"]))
    ['test_a.py::test_x', 'test_a.py::TestB::test_y']
    """
    for path in paths:
        text = files[path]
        if "__test__" not in text:
            yield from (f"{path}::{name}" for name in _names_in(text))


def _names_in(text: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, on escapes and comparisons
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    gone = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Delete)
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_test(node) and node.name not in gone:
                yield node.name
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test") and node.name not in gone:
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (f"{node.name}::{one.name}" for one in methods if _is_test(one))


def _is_test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return node.name.startswith("test") and not any("fixture" in ast.dump(one) for one in node.decorator_list)
