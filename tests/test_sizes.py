"""The rules of the house about sizes and names."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "llm_strategy").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "base", "core", "common", "misc"}

LONGEST_FILE, LONGEST_TEST, LONGEST_FUNCTION = 400, 500, 50


def name_of(path):
    return str(path.relative_to(ROOT))


def length(node):
    """Lines of a function without its decorators and its docstring."""
    lines = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def functions(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_source_file_is_short_and_so_are_its_functions(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
    assert [node.name for node in functions(path) if length(node) > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_a_test_file_is_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_TEST


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_a_name_says_what_is_inside(path):
    assert not FORBIDDEN & set(path.relative_to(ROOT).with_suffix("").parts)


def test_there_is_something_to_measure():
    assert len(SOURCES) > 50
    assert any(functions(path) for path in SOURCES)


def test_a_docstring_does_not_count():
    node = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n').body[0]
    assert length(node) == 2
