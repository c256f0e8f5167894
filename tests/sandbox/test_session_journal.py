"""Sessions in durable runs: what was journalled is not done again, and the sandbox catches up before the first new deed."""

import asyncio

import pytest

from llm_strategy.errors import InputError, ProgramChangedError, StoredDataError
from llm_strategy.flow.journal import durable
from llm_strategy.sandbox import CodeError, CodeResult, Ended, HostCall, Limits, Raised, Returned, Session
from llm_strategy.sandbox.history import Answered
from llm_strategy.sandbox.requests import CodeRequest, OutcomeRequest
from llm_strategy.sandbox.stage import Advance
from llm_strategy.tools import tool


class Stopped(Exception):
    """The program is broken off here."""


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "run.sqlite"


@pytest.fixture
def program(journal, tmp_path):
    """A program of three actions that can be broken off, and that says which tools it called."""
    called = []
    ran = tmp_path / "ran"

    def run(stop_after, sessions=None, third="a + b"):
        @tool
        def price(thing: str) -> int:
            """A price."""
            called.append(thing)
            if stop_after == thing:
                raise KeyboardInterrupt
            return len(called)

        with durable(journal), Session("unsafe-process", tools=[price], limits=Limits(seconds=5)) as session:
            if sessions is not None:
                sessions.append(session)
            note = f"print(end='', file=open({str(ran)!r}, 'a'))\nopen({str(ran)!r}, 'a').write('{{}}')\n"
            first = session.run(note.format(1) + "a = price('tea')\na")
            if stop_after == 1:
                raise Stopped
            second = session.run(note.format(2) + "b = price('milk') + price('salt')\nb")
            if stop_after == 2:
                raise Stopped
            return first, second, session.run(third), session.alive

    return run, called, ran


def test_a_run_that_was_broken_off_goes_on_where_it_was(program):
    run, called, ran = program
    with pytest.raises(Stopped):
        run(1)
    assert (called, ran.read_text()) == (["tea"], "1")
    first, second, third, _ = run(None)
    assert called == ["tea", "milk", "salt"]
    assert (first.value, first.restored) == (1, 0)
    assert (second.value, second.restored) == (5, 1)  # the first action was run again, its tool was not
    assert third.value == 6
    assert ran.read_text() == "112"


def test_a_run_that_was_broken_off_in_a_tool_goes_on_in_the_middle_of_the_action(program):
    run, called, ran = program
    with pytest.raises(KeyboardInterrupt):
        run("salt")
    assert called == ["tea", "milk", "salt"]
    second = run(None)[1]
    assert called == ["tea", "milk", "salt", "salt"]
    assert (second.value, second.restored) == (2 + 4, 1)
    assert ran.read_text() == "1212"


def test_a_whole_run_is_told_again_without_a_sandbox(program):
    run, called, ran = program
    before = run(None)
    assert before[3] is True
    sessions = []
    after = run(None, sessions)
    assert after[:3] == before[:3]
    assert after[3] is False
    assert len(sessions[0].history) == 3
    assert (called, ran.read_text()) == (["tea", "milk", "salt"], "12")


def test_chance_begins_as_it_did_in_the_run_that_was_broken_off(journal):
    def run(stop):
        with durable(journal), Session("unsafe-process") as session:
            first = session.run("import random\nx = random.random()\nx").value
            if stop:
                raise Stopped
            return first, session.run("x")

    with pytest.raises(Stopped):
        run(stop=True)
    first, second = run(stop=False)
    assert (second.value, second.restored, second.state_lost) == (first, 1, False)


def test_a_file_that_does_not_fit_is_told_with_the_first_action_of_a_resumed_run(journal):
    def run(stop):
        with durable(journal), Session("unsafe-process") as session:
            session.run("open('d', 'w').close()")
            if stop:
                raise Stopped
            session.write_file("d/x", b"1")
            with pytest.raises(InputError, match="'d/x' in the workspace"):
                session.run("1")
            return session.run("2")

    with pytest.raises(Stopped):
        run(stop=True)
    assert run(stop=False).value == 2


def test_a_program_that_runs_other_code_is_told_so(program):
    run, _, _ = program
    run(None)
    with pytest.raises(ProgramChangedError):
        run(None, third="a - b")


def test_an_async_run_goes_on_as_well(journal):
    called = []

    @tool
    async def price(thing: str) -> int:
        """A price."""
        called.append(thing)
        return len(called)

    async def run(stop):
        with durable(journal):
            async with Session("unsafe-process", tools=[price]) as session:
                await session.arun("a = price('tea')")
                if stop:
                    raise Stopped
                return (await session.arun("a + price('milk')")).value

    with pytest.raises(Stopped):
        asyncio.run(run(stop=True))
    assert asyncio.run(run(stop=False)) == 3
    assert called == ["tea", "milk"]


ADVANCES = [
    Advance(HostCall("a", "{}"), 2),
    Advance(CodeResult(value={"a": [1, None]}, error=CodeError("X", "y", "z"), state_lost=True), 0, forgotten=True),
]


@pytest.mark.parametrize("advance", ADVANCES)
def test_what_is_journalled_comes_out_as_it_went_in(advance):
    for request in (CodeRequest(None, "x"), OutcomeRequest(None, "x", ())):
        assert request.answer_from(request.answer_data(advance)) == advance


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"call": {}},
        {"result": {}, "restored": "x", "forgotten": False},
        {"result": {"stdout": 1}, "restored": 0, "forgotten": False},
    ],
)
def test_what_is_damaged_is_refused(data):
    with pytest.raises(StoredDataError, match="no outcome of code"):
        CodeRequest(None, "x").answer_from(data)


def test_what_a_tool_was_told_decides_about_the_answer():
    told = [
        OutcomeRequest(None, "x", (Answered(HostCall("t", "{}"), outcome),)).journal_data()
        for outcome in (Returned(1), Raised("no"), Ended())
    ]
    assert told == [
        {"tool": "t", "answer": {"returned": 1}},
        {"tool": "t", "answer": {"raised": "no"}},
        {"tool": "t", "answer": "ended"},
    ]
    assert CodeRequest(None, "x").journal_data() == {"code": "x"}
