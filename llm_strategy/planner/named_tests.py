"""What a test says about itself: its name, its docstring, its decorators, and the comments in it and right above it."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["words_of_tests"]

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def words_of_tests(files: Mapping[str, str], ids: Iterable[str]) -> dict[str, str]:
    r"""Return what each test says about itself, by its id; for one that cannot be read that is its id alone.

    >>> files = {"test_a.py": "def test_x():\n    # for R1\n    assert f() == 1\n"}
    >>> words_of_tests(files, ["test_a.py::test_x[2]"])
    {'test_a.py::test_x[2]': 'test_a.py::test_x[2]\n# for R1'}
    """
    of_files: dict[str, dict[tuple[str, ...], str]] = {}
    found: dict[str, str] = {}
    for name in ids:
        path, *places = name.partition("[")[0].split("::")
        if path not in of_files:
            of_files[path] = _words(files.get(path, ""))
        said = of_files[path].get(tuple(places), "")
        found[name] = f"{name}\n{said}" if said else name
    return found


def _words(text: str) -> dict[tuple[str, ...], str]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of strange escapes and the like in code of a model
            tree = ast.parse(text)
        comments = dict(_comments(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return {}
    return dict(_defined(tree, (), (), comments))


def _defined(
    node: ast.Module | _Definition, place: tuple[str, ...], above: tuple[str, ...], comments: Mapping[int, str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for child in node.body:
        if not isinstance(child, _Definition):
            continue
        here = (*place, child.name)
        about = (*above, *_said_by(child, comments))
        yield here, "\n".join(about)
        if isinstance(child, ast.ClassDef):
            yield from _defined(child, here, about, comments)


def _said_by(node: _Definition, comments: Mapping[int, str]) -> Iterator[str]:
    yield from (ast.unparse(one) for one in node.decorator_list)
    docstring = ast.get_docstring(node)
    if docstring:
        yield docstring
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    while first - 1 in comments:
        first -= 1
    last = (node.end_lineno or node.lineno) if not isinstance(node, ast.ClassDef) else node.body[0].lineno - 1
    yield from (comments[line] for line in range(first, last + 1) if line in comments)


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
