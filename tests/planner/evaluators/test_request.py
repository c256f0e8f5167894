import asyncio
import threading

import pytest

from llm_strategy.errors import StoredDataError
from llm_strategy.flow import arun, run
from llm_strategy.flow.journal import durable
from llm_strategy.planner.editing import Write
from llm_strategy.planner.evaluators import Evaluate, Evaluators, Verdict
from llm_strategy.planner.file_store import FileStore
from llm_strategy.tracing import semconv, trace


@pytest.fixture
def store(tmp_path, fails):
    with FileStore(tmp_path / "workspace") as store:
        store.apply([Write("a.py", "print(nothing)\n"), Write("test_a.py", fails)])
        yield store


def evaluated(store, *names, **settings):
    def flow():
        return (yield Evaluate(Evaluators(names or ("syntax", "lint"), sandbox="unsafe-process", **settings), store))

    return flow()


def test_a_flow_gets_the_verdict_in_either_driver(store):
    verdict = run(evaluated(store, "lint", "tests"))

    assert [str(one) for one in verdict.problems] == ["a.py:1: Undefined name `nothing` (F821)"]
    assert (verdict.passed, verdict.failed) == (1, 1)
    assert asyncio.run(arun(evaluated(store))) == Verdict(verdict.problems)


def test_files_that_are_no_text_are_looked_at_and_very_large_ones_are_not(store):
    data = bytes(range(256))
    store.folder.write("a.bin", data)
    store.folder.write("large.txt", b"x" * 5_000_001)
    seen = {}

    run(evaluated(store, "syntax", extra=[lambda files: seen.update(files) or ()]))

    assert sorted(seen) == ["a.bin", "a.py", "test_a.py"]
    assert seen["a.bin"].encode(errors="surrogateescape") == data


def test_a_file_that_is_gone_meanwhile_is_left_out(store, monkeypatch):
    monkeypatch.setattr(FileStore, "paths", lambda _self: ("a.py", "gone.py"))

    assert len(run(evaluated(store)).problems) == 1


def test_its_span_has_the_figures(store):
    with trace("generate") as recorded:
        run(evaluated(store, "lint", "tests"))

    (span,) = [one for one in recorded.spans if one.name == "evaluate"]
    assert span.attributes[semconv.PLANNER_ERRORS] == 1
    assert span.attributes[semconv.PLANNER_TESTS_PASSED] == 1
    assert span.attributes[semconv.PLANNER_TESTS_FAILED] == 1
    assert span.attributes[semconv.PLANNER_TESTS_RAN] is True


def test_a_journal_keeps_the_verdict_and_the_span_is_written_again(store, tmp_path):
    with durable(tmp_path / "journal.db"):
        first = run(evaluated(store, "lint", "tests"))
    store.apply([Write("a.py", "x = 1\n")])

    with trace("generate") as recorded, durable(tmp_path / "journal.db"):
        second = run(evaluated(store, "lint", "tests"))

    assert first == second
    assert first.failed == 1
    (span,) = [one for one in recorded.spans if one.name == "evaluate"]
    assert span.attributes[semconv.PLANNER_TESTS_FAILED] == 1


def test_stored_data_that_is_no_verdict_is_refused(store):
    request = Evaluate(Evaluators(["syntax"]), store)

    assert request.answer_from(request.answer_data(request.perform())) == request.perform()
    for data in (None, {"problems": 5}, {"tests": [{"id": "x", "outcome": "fine"}]}):
        with pytest.raises(StoredDataError, match="no verdict of evaluators"):
            request.answer_from(data)


def test_a_task_that_is_cancelled_ends_the_tests(store):
    store.apply([Write("test_b.py", "def test_b():\n    while True:\n        pass\n")])
    began = threading.Event()

    def look(_files):
        began.set()
        return ()

    async def main():
        task = asyncio.ensure_future(arun(evaluated(store, "tests", seconds_a_test=600, extra=[look])))
        await asyncio.to_thread(began.wait)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_what_goes_wrong_in_a_thread_is_raised_where_it_is_awaited(store):
    def broken(_files):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(arun(evaluated(store, "syntax", extra=[broken])))
