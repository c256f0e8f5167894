"""The parent of every span, whatever runs the code that opens it."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.language_models import FakeListChatModel

from llm_strategy import SelfConsistency, llm_function
from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import ContextThreadPoolExecutor, carried
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import record_score, span, trace
from llm_strategy.tracing.recording import current_span, opened, untraced

CALL = ("function", "prompt", "attempt", "chat")


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
async def acapital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
def cities(model, country: str) -> Iterator[str]:
    """Cities of the country."""


@llm_function
def acities(model, country: str) -> AsyncIterator[str]:
    """Cities of the country."""


def model():
    return ScriptedModel(lambda _: '{"reasoning": "Hm.", "return_value": "Paris"}')


def listing():
    return ScriptedModel(lambda _: '{"return_value": ["Paris", "Lyon", "Lille"]}', chunk_characters=4)


def work(name="work"):
    with span(name):
        return name


def shape(node):
    """The tree as nested tuples of names, calls of functions by their kinds."""
    return (node.span.name, *(shape(child) for child in node.children))


def children(t, name):
    return [child.span.name for _, node in t.tree().walk() if node.span.name == name for child in node.children]


def parents(t, name):
    names = {one.span: one.name for one in t.spans}
    return {names[one.parent] for one in t.spans if one.name == name}


A_CALL = ("prompt", ("attempt 1", ("chat ScriptedModel",)))


def test_a_call_is_session_function_prompt_attempt_chat():
    with trace("session") as t:
        capital(model(), "France")

    assert shape(t.tree()) == ("session", ("capital", A_CALL))
    assert [one.kind for one in t.spans] == ["session", *CALL]


def test_outside_of_a_trace_nothing_is_opened():
    with span("nobody sees it") as nothing:
        assert nothing is None
        assert current_span() is None
    assert opened("step", "one") is opened("step", "two")  # nothing is made for it
    record_score(1.0)


def test_gathered_tasks_are_children_of_the_span_they_were_started_in():
    async def go():
        with span("all"):
            await asyncio.gather(*(acapital(model(), str(number)) for number in range(8)))

    with trace() as t:
        asyncio.run(go())

    assert children(t, "all") == ["acapital"] * 8
    assert parents(t, "prompt") == {"acapital"}


def test_a_thread_of_asyncio_belongs_to_the_task_that_started_it():
    async def go():
        with span("all"):
            await asyncio.gather(*(asyncio.to_thread(capital, model(), str(number)) for number in range(4)))

    with trace() as t:
        asyncio.run(go())

    assert children(t, "all") == ["capital"] * 4


@pytest.mark.parametrize("way", ["map", "amap"])
def test_many_calls_at_once_belong_to_the_span_around(way):
    with trace() as t, span("all"):
        if way == "map":
            capital.map(model(), ["a", "b", "c"])
        else:
            asyncio.run(capital.amap(model(), ["a", "b", "c"]))

    assert children(t, "all") == ["capital"] * 3
    assert all(shape(node) == ("capital", A_CALL) for _, node in t.tree().walk() if node.span.name == "capital")


def test_the_samples_of_self_consistency_belong_to_the_call():
    with trace() as t:
        capital.using(reasoning=SelfConsistency(3))(model(), "France")

    assert children(t, "capital") == ["prompt"] * 3


def test_a_thread_of_the_users_own_needs_carried():
    with trace() as t, span("all"), ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["lost"] * 2))
        list(pool.map(carried(work), ["kept"] * 2))

    assert children(t, "all") == ["kept"] * 2
    assert "lost" not in {one.name for one in t.spans}


def test_the_executor_with_context_carries_each_job_from_where_it_was_submitted():
    with trace() as t, ContextThreadPoolExecutor(2) as pool:
        with span("first"):
            pool.submit(work, "a").result()
        with span("second"):
            pool.submit(work, "b").result()

    assert children(t, "first") == ["a"]
    assert children(t, "second") == ["b"]


def test_an_iterator_held_open_does_not_adopt_what_its_caller_does():
    with trace("session") as t:
        items = cities(listing(), "France")
        next(items)
        work("mine")
        capital(model(), "Italy")
        list(items)

    assert children(t, "session") == ["cities", "mine", "capital"]


def test_a_growing_value_held_open_does_not_adopt_what_its_caller_does():
    with trace("session") as t:
        parts = capital.stream(ScriptedModel(lambda _: '{"return_value": "Paris"}'), "France")
        next(parts)
        work("mine")
        parts.close()

    assert children(t, "session") == ["capital", "mine"]


def test_async_iterators_held_open_do_not_adopt_what_their_caller_does():
    async def go():
        items, parts = acities(listing(), "France"), capital.astream(model(), "France")
        await anext(items)
        await anext(parts)
        with span("mine"):
            await acapital(model(), "Italy")
        await items.aclose()
        await parts.aclose()

    with trace("session") as t:
        asyncio.run(go())

    assert children(t, "session") == ["acities", "capital", "mine"]
    assert children(t, "mine") == ["acapital"]


def test_an_iterator_stays_where_it_was_made():
    with trace("session") as t:
        with span("making"):
            items = cities(listing(), "France")
        with span("pulling"):
            list(items)

    assert children(t, "making") == ["cities"]
    assert children(t, "pulling") == []


def test_an_iterator_pulled_by_another_thread_stays_where_it_was_made():
    with trace("session") as t:
        items = cities(listing(), "France")
        thread = threading.Thread(target=list, args=(items,))
        thread.start()
        thread.join()

    assert children(t, "session") == ["cities"]


def test_two_traces_in_two_threads_never_mix():
    both_open = threading.Barrier(2)

    def one(name):
        with trace(name) as t:
            both_open.wait(5)
            for _ in range(20):
                capital(model(), name)
            both_open.wait(5)
        return t

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, ["first", "second"])

    assert not {one.span for one in first.spans} & {one.span for one in second.spans}
    assert len(first.spans) == len(second.spans) == 1 + 20 * 4
    assert first.recorded().id != second.recorded().id


def test_nested_traces_are_one_tree_for_the_outer_and_a_part_for_the_inner():
    with trace("outer") as outer:
        capital(model(), "France")
        with trace("inner") as inner:
            capital(model(), "Italy")
        capital(model(), "Spain")

    assert shape(inner.tree()) == ("inner", ("capital", A_CALL))
    assert children(outer, "outer") == ["capital", "inner", "capital"]
    assert (inner.totals.calls, outer.totals.calls) == (1, 3)
    assert {one.trace for one in outer.spans} == {outer.recorded().id}


def test_nothing_is_recorded_inside_of_untraced():
    with trace() as t:
        with untraced():
            capital(model(), "France")
        assert current_span() is not None

    assert [one.kind for one in t.spans] == ["session"]


def test_a_span_that_an_error_leaves_is_closed_in_this_context():
    with trace() as t:
        with pytest.raises(ValueError, match="no"), span("fails"):
            raise ValueError("no")
        work("after")

    assert parents(t, "after") == {"trace"}


def test_a_generator_that_another_context_closes_changes_nothing_there():
    def held():
        with span("held"):
            yield

    with trace("session") as t:
        generator = held()
        next(generator)
        threading.Thread(target=generator.close).start()
        del generator

    assert [one.name for one in t.spans] == ["session", "held"]


def test_a_first_untraced_call_loads_nothing_that_traces_need():
    code = """
import sys
from llm_strategy import llm_function
from llm_strategy.messages import Message, Reply
from llm_strategy.flow import Profile

class Model:
    name, profile = "m", Profile()
    def reply(self, request):
        return Reply(Message.assistant('{"return_value": "Paris"}'), "stop")
    areply = stream = astream = reply

@llm_function
def capital(model, country: str) -> str:
    '''The capital.'''

assert capital(Model(), "France") == "Paris"
heavy = ("opentelemetry", "langchain_core", "wandb", "jinja2", "rich", "llm_strategy.tracing.session")
print([name for name in heavy if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_langchain_model_of_another_thread_pool_is_not_lost():
    with trace() as t, span("all"):
        FakeListChatModel(responses=["a", "b"]).batch(["x", "y"])

    assert children(t, "all") == ["chat FakeListChatModel"] * 2


def test_a_trace_that_ended_in_another_task_is_no_parent(tmp_path):
    asyncio.run(ends_in_another_task(tmp_path))


async def ends_in_another_task(tmp_path):
    async def session():
        with trace("first", directory=tmp_path) as first:
            yield first

    here = session()
    first = await anext(here)
    with span("inside"):
        pass
    await asyncio.create_task(here.aclose())
    ended = len(first.spans)
    with span("after"):
        pass
    with trace("second") as second, span("in the second"):
        pass

    assert len(first.spans) == ended == 2
    assert [one.name for one in second.spans] == ["second", "in the second"]
    assert second.spans[0].parent is None


def test_traces_that_end_in_the_wrong_order_leave_the_next_one_that_runs_as_the_parent():
    outer, inner = trace("outer"), trace("inner")
    with trace("around") as around:
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        inner.__exit__(None, None, None)
        with span("late"):
            pass
    late = next(one for one in around.spans if one.name == "late")
    assert late.parent == around.spans[0].span
    assert current_span() is None


@pytest.mark.parametrize("mistake", [(5,), (None,), ("x", 5)])
def test_a_span_says_what_it_needs(mistake):
    with pytest.raises(ConfigurationError, match="Give "):
        span(*mistake)
