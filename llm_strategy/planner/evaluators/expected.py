"""Which tests a file has for those who read it: what pytest finds is compared with that."""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["expected_tests", "is_test_file", "unnamed_problems"]

_NOT_ENTERED: Final = frozenset({"build", "dist", "node_modules", "venv", "CVS", "_darcs", "__pycache__"})
_UNNAMED: Final = re.compile(r"[\[\]]|::")
_KEEPING: Final = re.compile(r"(?:^|\.)(?:mark\.\w+|patch(?:\.\w+)*|skip\w*)$")


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


def unnamed_problems(files: Iterable[str]) -> Iterator[Problem]:
    r"""Tell files of tests that pytest cannot be given, by their names.

    >>> [str(one) for one in unnamed_problems(["test_a.py", "test_[b].py"])]
    ['test_[b].py: Its tests cannot be run: give it a name without [ ] :: and letters that are not shown. (tests)']
    """
    for path in sorted(filter(is_test_file, files)):
        if _UNNAMED.search(path) or not path.isprintable():
            yield Problem(
                path,
                0,
                "Its tests cannot be run: give it a name without [ ] :: and letters that are not shown.",
                "tests",
            )


def expected_tests(files: Mapping[str, str], paths: Iterable[str], *, believing: bool = True) -> Iterator[str]:
    r"""Iterate over the ids of tests that are plain to see: functions at the top of a file, and methods of classes.

    What is made otherwise, what is said to be no test (`__test__`, of a class or function), and what has a decorator
    that may make something else of it, is not looked at. With `believing` false, `__test__` makes no difference.

    >>> files = {"test_a.py": "def test_x(): ...\nclass TestB:\n    def test_y(self): ...\n"}
    >>> list(expected_tests(files, ["test_a.py"]))
    ['test_a.py::test_x', 'test_a.py::TestB::test_y']
    """
    for path in paths:
        tree = _read(files[path])
        gone = (_deleted(tree) | _said_to_be_none(tree)) if believing else _deleted(tree)
        yield from (f"{path}::{name}" for name in _names_in(tree.body) if name.partition("::")[0] not in gone)


def _read(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, on escapes and comparisons
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _names_in(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_test(node):
                yield node.name
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test") and _keeps(node.decorator_list):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (f"{node.name}::{one.name}" for one in methods if _is_test(one))


def _deleted(tree: ast.Module) -> set[str]:
    """Return the names that are taken away again."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Delete))
    return {name.id for node in nodes for name in node.targets if isinstance(name, ast.Name)}


def _said_to_be_none(tree: ast.Module) -> set[str]:
    """Return the classes and functions whose `__test__` is set. That of a whole file is none of these."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    inside = {node.name for node in classes for one in node.body for name in _targets(one) if name == "__test__"}
    names = (name.rpartition(".") for node in tree.body for name in _targets(node))
    return inside | {owner for owner, _, name in names if owner and name == "__test__"}


def _targets(node: ast.stmt) -> list[str]:
    """Return what a statement sets, as texts."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(one) for one in node.targets]
    return [ast.unparse(node.target)] if isinstance(node, ast.AnnAssign) else []


def _is_test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return node.name.startswith("test") and _keeps(node.decorator_list)


def _keeps(decorators: Iterable[ast.expr]) -> bool:
    """Return whether a test with such decorators is one still, as far as can be seen: it is marked, or patched."""
    names = (ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in decorators)
    return all(_KEEPING.search(name) for name in names)
