"""The answers of monty to 25 pieces of code: those of CPython, or a refusal that says what is missing; nothing else."""

import pytest

from benchmarks.semantics_snippets import SNIPPETS
from llm_strategy.sandbox import Limits, Session

RIGHT = 10
"""How many monty 1.4.0 answers; fewer is a loss, more is to be written down here."""


@pytest.fixture(scope="module")
def answers():
    found = {}
    with Session("monty", limits=Limits(memory_mib=256)) as session:
        for snippet in SNIPPETS:
            found[snippet.name] = session.run(snippet.code)
    return found


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda one: one.name)
def test_an_answer_is_right_or_the_code_is_refused(snippet, answers):
    result = answers[snippet.name]
    if result.ok:
        assert result.value == snippet.answer
    else:
        assert result.error.kind == "Unsupported"


def test_what_was_right_stays_right(answers):
    assert sum(result.ok for result in answers.values()) == RIGHT


def test_cpython_gives_the_answers_that_are_written_down():
    with Session("unsafe-process") as session:
        for snippet in SNIPPETS:
            assert session.run(snippet.code).value == snippet.answer, snippet.name
