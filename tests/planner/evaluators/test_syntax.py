import pytest

from llm_strategy.planner.evaluators import syntax_problems


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", "x = 1\nif x\n", 2),
        ("a.py", "x\0", 0),
        ("a.json", '{"a": 1,\n}', 2),
        ("a.toml", "x = ", 0),
        ("a.yaml", "a: [1\nb: 2\n", 2),
        ("a.yml", "a: b: c\n", 1),
        ("deep.json", "[" * 100_000, 0),
        ("deep.py", "(" * 10_000, 1),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(path, text, line):
    (problem,) = syntax_problems({path: text})

    assert (problem.path, problem.rule) == (path, "syntax")
    assert line in {0, problem.line}
    assert problem.message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", ""),
        ("a.py", "'\\d'; x is 1\n"),
        ("a.json", "[]"),
        ("a.toml", "x = 1"),
        ("a.yaml", "a: &b [*b]\n"),
        ("a.txt", "def f(:"),
        ("Makefile", "{"),
    ],
)
def test_a_file_that_can_be_read_or_is_of_no_known_kind_is_fine(path, text):
    assert syntax_problems({path: text}) == ()
