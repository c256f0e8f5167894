"""Rows that somebody else has written: a typed error, and nothing is asked, run or made of them."""

import sqlite3
from contextlib import closing

import pytest

from llm_strategy import durable
from llm_strategy.errors import JournalError, LLMStrategyError, StoredDataError, TransportError
from llm_strategy.flow import run

ANSWERS = [
    "",
    "null",
    "[]",
    "{}",
    "not JSON",
    '{"message": {"role": "assistant"}, "cached": "yes"}',
    '{"message": {"role": "assistant", "tool_calls": [{"name": "f"}]}}',
    '{"message": {"role": "assistant", "__class__": "os.system"}}',
    '{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "true"}}',
    '{"py/reduce": [{"py/function": "os.system"}, ["true"]]}',
    '{"message": {"role": "assistant"}, "usage": {"input_tokens": 1e400}}',
    "[" * 50_000,
]


@pytest.fixture
def written(journal, model, ask):
    with durable(journal):
        run(ask(model(), "a"))
    return journal


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_that_is_none_is_told(written, model, ask, forge, answer):
    forge(written, answer)
    asked = model()
    with pytest.raises(StoredDataError, match=r"request 1|Journal"), durable(written):
        run(ask(asked, "a"))
    assert asked.asked == []


@pytest.mark.parametrize(
    "columns",
    [{"answer": b"\xff\xfe"}, {"answer": 17}, {"digest": None}, {"digest": "x"}, {"about": "[]"}, {"about": b"\0"}],
    ids=str,
)
def test_a_column_of_another_type_is_told(written, model, ask, forge, columns):
    with closing(sqlite3.connect(written)) as connection, connection:
        for name, value in columns.items():
            connection.execute(f"UPDATE steps SET {name} = ?", (value,))
    asked = model()
    with pytest.raises((StoredDataError, JournalError)), durable(written):
        run(ask(asked, "a"))
    assert asked.asked == []


@pytest.mark.parametrize(
    "error",
    [
        "null",
        "{}",
        '{"type": 1, "message": "a"}',
        '{"type": "a", "message": []}',
        '{"type": "a", "message": "b", "status": "x"}',
    ],
)
def test_a_failure_that_is_none_is_told(journal, model, ask, error):
    def program(asked):
        try:
            yield from ask(asked, "a")
        except TransportError:
            yield from ask(asked, "b")

    with durable(journal):
        run(program(model(fails={"a": TransportError("busy")})))
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE failures SET error = ?", (error,))
    asked = model()
    with pytest.raises(StoredDataError, match="is no error"), durable(journal):
        run(program(asked))
    assert asked.asked == []


def test_a_failure_of_a_class_that_is_not_listed_is_a_plain_error(journal, model, ask):
    def program(asked):
        try:
            yield from ask(asked, "a")
        except LLMStrategyError as error:
            yield from ask(asked, "b")
            return type(error).__name__, str(error)

    with durable(journal):
        run(program(model(fails={"a": TransportError("busy")})))
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("""UPDATE failures SET error = '{"type": "SystemExit", "message": "away"}'""")
    with durable(journal):
        assert run(program(model())) == ("LLMStrategyError", "away")


def test_a_value_of_a_request_is_never_a_statement(journal, model, ask):
    hostile = "'); DROP TABLE steps; --"
    for _ in range(2):
        with durable(journal) as resumed:
            run(ask(model(), hostile))
    assert resumed.replayed == 1
