"""What monty is fed: the last line handed to what shows it, and code refused that would give other answers than Python."""

import ast
from pathlib import Path

import pytest

from llm_strategy.sandbox.monty.source import prepare

EXPRESSIONS = (
    *("x", "x + 1  # one", "f(a=1)", "not x", "lambda a=1: a", "lambda: lambda b: b", "d[1:2]", "{1: 2}", "*a, b"),
    *("(a,\n b)", "'''a\nb'''", "a\\\n+ b", "f'{x:>{y}}'", "print(1); y", "y;", "match", "match(x)", "case", "type(x)"),
    *("if 1:\n    x\ny", "await f()", "x = 1\r\ny\r\n", "a == b", "[i for i in x]", "x if y else z", "...", "None"),
)
STATEMENTS = (
    *("x = 1", "x: int", "x: int = 3", "x += 1", "d = lambda: 3", "x[lambda: 1] = 3", "if x: y", "if x: a; b"),
    *("for i in x: pass\nelse: q", "class A: x", "with a: b", "try: a\nexcept: b", "@d\ndef f(): pass", "def f(): x"),
    *("async def f(): pass", "match x:\n    case 1: y", "import a", "pass", "del x", "assert x", "raise x", "", "\n\n"),
    *("# x", "if 1:\n    x\n\n\n", "type X = int", "global x", "x = y; z = 1", "return x"),
)


@pytest.mark.parametrize("code", EXPRESSIONS)
def test_a_last_line_that_is_an_expression_is_shown(code):
    source = prepare(code).source
    assert source.count("__show__((") == 1
    assert "None" not in source.replace(code, "") or "None" in code
    assert len(source) == len(code) + len("__show__(())")


@pytest.mark.parametrize("code", STATEMENTS)
def test_a_last_line_that_is_none_is_left_alone(code):
    assert prepare(code).source == f"{code}\nNone"


@pytest.mark.parametrize("code", ["x = (", "'''", "x = 1\n  y", "a b", "\x00", "(]", "f'{", "\\"])
def test_code_that_is_no_python_is_left_to_monty(code):
    assert code in prepare(code).source.replace("__show__((", "").replace("))", "")


def test_it_agrees_with_the_parser_on_the_code_of_this_library():
    folder = Path(__file__).parents[3] / "llm_strategy" / "flow"
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = source.split("\n")
        for node in ast.parse(source).body:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            code = "\n".join(lines[first - 1 : node.end_lineno])
            fed = prepare(code).source
            assert ("__show__((" in fed) == isinstance(ast.parse(code).body[-1], ast.Expr), code
            ast.parse(fed)


@pytest.mark.parametrize(
    "code",
    [
        *("sum(x for x in y)", "''.join(str(i) for i in x)", "any(f(x) for x in y)", "print(*(a for a in b))"),
        *("for a in (b for b in c): pass", "dict((a, b) for a, b in c)", "[f(x) for x in y]", "{a: b for a in c}"),
        *("class A:\n    def __eq__(self, other): pass", "def __len__(): pass", "[look(1) for x in y]", "look(1)"),
        *("any([look(x) for x in y])", "all(x > 1 for x in look(1))"[:0] + "max(look(x) for x in y)"),
    ],
)
def test_what_monty_runs_as_python_does_is_not_refused(code):
    assert not prepare(code, ["look"]).refused


def test_code_that_would_take_the_host_long_to_read_is_refused():
    assert prepare("x = 1\n" * 10_000).refused == ""
    assert prepare("x = 1\n" * 20_000).refused.startswith("room for code of 120000 characters")


@pytest.mark.parametrize(
    ("code", "lacking"),
    [
        ("next(x for x in y)", "generator expressions that are not consumed at once"),
        ("g = (x for x in y)", "generator expressions that are not consumed at once"),
        ("f([(a for b in c)])", "generator expressions that are not consumed at once"),
        ("any(look(x) for x in y)", "any() that stops early: look would be called for every item"),
        ("all(1 < f(look(x)) for x in y)", "all() that stops early: look would be called for every item"),
        ("class A:\n    def __len__(self): pass", "__len__ in a class: it would never be used"),
        ("class A:\n    x = 1\n    async def __aenter__(self): pass", "__aenter__ in a class"),
        ("class A:\n    __slots__ = ('x',)", "__slots__ in a class"),
        ("class A:\n    x = 1\n    __slots__ = ('x',)", "__slots__ in a class"),
    ],
)
def test_what_monty_would_run_in_another_way_is_refused(code, lacking):
    assert prepare(code, ["look"]).refused.startswith(lacking)
