import pytest

from llm_strategy.errors import ConfigurationError, MissingExtraError, SandboxUnavailableError
from llm_strategy.planner.evaluators import EVALUATORS, Evaluators, Problem, types


def test_each_evaluator_that_is_asked_for_looks(fails):
    files = {
        "a.json": "{",
        "b.py": "print(nothing)\nx: int = 'one'\n",
        "c.md": "words\n",
        "test_d.py": fails,
    }

    verdict = Evaluators(EVALUATORS, sandbox="unsafe-process")(files)

    assert {(one.path, one.rule) for one in verdict.problems} == {
        ("a.json", "syntax"),
        ("b.py", "F821"),
        ("b.py", "name-defined"),
        ("b.py", "assignment"),
        ("c.md", "heading"),
    }
    assert verdict.ran_tests
    assert (verdict.passed, verdict.failed) == (1, 1)
    assert "test_d.py::test_bad: test_d.py:6: in test_bad" in verdict.told()


@pytest.mark.parametrize("name", ["syntax", "lint", "types", "links", "tests"])
def test_an_evaluator_that_is_not_asked_for_does_not_look(name, fails):
    files = {"a.json": "{", "b.py": "print(nothing)\nx: int = 'one'\n", "c.md": "words\n", "test_d.py": fails}

    verdict = Evaluators([name], sandbox="unsafe-process")(files)

    assert verdict.ran_tests == (name == "tests")
    assert bool(verdict.problems) != (name == "tests")


def test_a_fault_that_two_of_them_find_is_told_once(fails):
    evaluators = Evaluators(["syntax", "tests"], sandbox="unsafe-process")

    verdict = evaluators({"app.py": "def f(:\n", "test_a.py": "import app\n", "test_b.py": fails})

    assert [str(one) for one in verdict.problems] == ["app.py:1: invalid syntax (syntax)"]
    assert verdict.failed == 1


def test_types_are_looked_at_by_either_name():
    assert Evaluators(["syntax"], types="mypy").names == Evaluators(["types", "syntax"]).names == ("syntax", "types")


def test_looks_of_your_own_are_taken():
    def long_lines(files):
        return [Problem(path, 1, "is too long") for path, text in files.items() if len(text) > 5]

    verdict = Evaluators([], extra=[long_lines])({"a.txt": "123456", "b.txt": "1"})

    assert [str(one) for one in verdict.problems] == ["a.txt:1: is too long"]
    assert not verdict.ran_tests


def test_a_name_that_is_none_is_refused_with_the_one_that_is_meant():
    with pytest.raises(ConfigurationError, match=r"No evaluator is called 'test'. Did you mean 'tests'"):
        Evaluators(["syntax", "test"])
    with pytest.raises(ConfigurationError, match="types are looked at by 'mypy'"):
        Evaluators(types="pyright")
    with pytest.raises(ConfigurationError, match="No sandbox is called 'docker'"):
        Evaluators(sandbox="docker")


def test_without_tests_no_sandbox_is_needed(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "monty")

    evaluators = Evaluators(["syntax", "lint", "links"])
    evaluators.check()

    assert evaluators({}).ok


def test_the_check_tries_each_of_them(monkeypatch, scripted):
    with pytest.raises(SandboxUnavailableError, match="--no-run-tests"):
        Evaluators(sandbox="monty").check()
    monkeypatch.setattr(types, "find_spec", lambda _name: None)
    sandbox = scripted([])
    with pytest.raises(MissingExtraError, match="planner"):
        Evaluators(sandbox=sandbox, types="mypy").check()
    assert sandbox.setups == []


def test_the_check_does_not_ask_looks_of_your_own():
    Evaluators(["types"], extra=[None]).check()


def test_a_file_that_cannot_be_read_is_told_once():
    verdict = Evaluators(["syntax", "lint"])({"a.py": "x = (\n", "b.py": "print(nothing)\n"})

    assert [(one.path, one.rule) for one in verdict.problems] == [("a.py", "syntax"), ("b.py", "F821")]
