import sys

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.planner.repository import symbols, symbols_of


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("a.py", "@d\nasync def f(a,\n        b=1) -> int:\n    return 1\n", ["async def f(a, b=1) -> int"]),
        ("a.py", "class A(B):\n  def g(self): ...\n", ["class A(B)", "def g(self)"]),
        ("a.py", "x = = broken\n\ndef fine(y): pass\n", ["def fine(y)"]),
        ("a.js", "class A { m(x) { return 1 } }\nfunction f() {}\n", ["class A", "m(x)", "function f()"]),
        ("a.ts", "interface A { x: number }\ntype B = string\n", ["interface A", "type B = string"]),
        ("a.tsx", "function App(): JSX.Element { return <p/> }", ["function App(): JSX.Element"]),
        ("a.go", "package a\nfunc (s *T) F(x int) error { return nil }\n", ["func (s *T) F(x int) error"]),
        ("a.rs", "struct S { x: u8 }\nfn f(x: u8) -> u8 { x }\n", ["struct S", "fn f(x: u8) -> u8"]),
        ("A.java", "class A { int f(int x) { return x; } }", ["class A", "int f(int x)"]),
        ("a.c", "int add(int a, int b) { return a + b; }", ["int add(int a, int b)"]),
        ("a.txt", "def f(): ...", []),
        ("Makefile", "all:\n", []),
    ],
)
def test_definitions_are_found_with_their_signatures(path, text, told):
    found = [symbol.signature for symbol in symbols_of(path, text)]

    assert [one for one in found if one in told] == told
    if "broken" not in text:
        assert found == told


def test_depth_and_line_say_where_a_definition_stands():
    (outer, inner) = symbols_of("a.py", "\nclass A:\n    def f(self): ...\n")

    assert (outer.name, outer.line, outer.depth) == ("A", 2, 0)
    assert (inner.name, inner.line, inner.depth) == ("f", 3, 1)


def test_a_long_signature_is_cut():
    (found,) = symbols_of("a.py", f"def f({', '.join(f'parameter_{number}' for number in range(50))}): ...\n")

    assert len(found.signature) == 160
    assert found.signature.endswith("...")


@pytest.mark.parametrize(
    "text", ["(" * 5000, "class A:\n" + "".join(f"{' ' * n}class B{n}:\n" for n in range(1, 400)), "\ud800"]
)
def test_hostile_files_are_read_without_harm(text):
    assert isinstance(symbols_of("a.py", text), tuple)


def test_a_missing_parser_is_told_by_its_extra(monkeypatch):
    symbols._parser.cache_clear()
    monkeypatch.setitem(sys.modules, "tree_sitter_python", None)

    with pytest.raises(MissingExtraError, match=r"llm-strategy\[planner\]"):
        symbols_of("a.py", "x = 'not parsed before'\n")
    symbols._parser.cache_clear()
