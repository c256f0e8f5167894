"""The executor of Ray on a cluster that stands in this process; `test_ray.py` has a real one."""

import asyncio
import pickle
import sys
import threading
from contextlib import closing

import pytest
from langchain_openai import ChatOpenAI

from llm_strategy import (
    Executor,
    Hyperparameters,
    RayExecutor,
    Result,
    budget,
    caching,
    durable,
    limited,
    llm_function,
    retrying,
    trace,
    use_model,
)
from llm_strategy.errors import (
    BudgetExceededError,
    ConfigurationError,
    MissingExtraError,
    TransportError,
    WorkerLostError,
)
from llm_strategy.executors.line import present_line
from llm_strategy.executors.packing import Kept, packed, unpacked
from llm_strategy.flow import Profile
from llm_strategy.flow.stopping import current_stop
from llm_strategy.function.many import OneCall
from llm_strategy.messages import Message, Reply, Usage


@llm_function(attempts=1)
def double(model, number: int) -> int:
    """Twice the number."""


ASKED = []
WAIT = threading.Event()
BEGUN = threading.Event()
DIED = []


class Died(BaseException):
    """Ends a worker of the cluster."""


class Counting:
    """A model that can be sent, and tells here what it was asked."""

    name = "counting"
    provider = "local"

    profile = Profile()

    def reply(self, request):
        text = request.messages[-1].content
        number = int("".join(one for one in text.split("number")[-1] if one.isdigit()))
        ASKED.append(number)
        if number == 13:
            raise TransportError("unlucky", status=418)
        return Reply(Message.assistant(str(2 * number)), usage=Usage(10, 2))

    async def areply(self, request):
        return self.reply(request)

    def stream(self, request):
        raise NotImplementedError

    astream = stream


def rollout(number):
    return double(None, number) + double(None, 100 + number)


def dying(number):
    value = double(None, number)
    if number == 3 and not DIED:
        DIED.append(number)
        raise Died
    return value + double(None, 100 + number)


def always_dying(number):
    raise Died


def waiting(number):
    if number:
        stop = current_stop()
        BEGUN.set()
        stop.wait(20)
    return number


def stubborn(number):
    BEGUN.set()
    WAIT.wait(20)
    return number


def unsendable(number):
    if number == 1:
        return threading.Lock()
    error = ValueError("odd")
    error.lock = threading.Lock()
    raise error


@pytest.fixture
def executor(cluster):
    ASKED.clear()
    DIED.clear()
    WAIT.clear()
    BEGUN.clear()
    with RayExecutor() as executor:
        yield executor
    WAIT.set()
    assert not cluster.is_open


def in_order(results):
    return sorted(results, key=lambda result: result.index)


def test_it_is_an_executor_that_is_quiet_and_keeps_connections_that_were_there(cluster):
    executor = RayExecutor("somewhere")
    assert isinstance(executor, Executor)
    executor.connect()
    assert cluster.opened_with["address"] == "somewhere"
    assert not cluster.opened_with["include_dashboard"]
    executor.connect()
    executor.close()
    assert not cluster.is_open
    cluster.is_open = True
    with RayExecutor():
        pass
    assert cluster.is_open


def test_what_cannot_be_reached_or_is_out_of_range_is_told(cluster):
    with pytest.raises(ConfigurationError, match="RayExecutor\\('nowhere'\\) reaches no cluster: nobody is there"):
        RayExecutor("nowhere").connect()
    for options in ({"cpus": -1}, {"cpus": float("nan")}, {"retries": -1}, {"workers": 0}):
        with pytest.raises(ConfigurationError, match=next(iter(options))):
            RayExecutor(**options)


def test_the_extra_is_named_where_ray_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[ray\]"):
        RayExecutor()


def test_a_function_is_mapped_as_without_a_cluster(executor):
    results = double.map(Counting(), [1, 13, 2], executor=executor)

    assert results == [Result(2), Result(error=results[1].error), Result(4)]
    assert isinstance(results[1].error, TransportError)
    assert results[1].error.status == 418
    assert "It was raised in a worker:" in results[1].error.__notes__[0]


def test_settings_of_a_derived_function_come_along(executor):
    own = double.using(temperature=0.25)
    assert unpacked(packed(OneCall(own.implementation, "local"))).implementation.settings.sampling.temperature == 0.25
    assert own.map(Counting(), [1], executor=executor) == [Result(2)]
    assert asyncio.run(double.bind(Counting()).amap([1, 2], executor=executor)) == [Result(2), Result(4)]


def test_a_function_without_a_name_cannot_be_sent(executor):
    @llm_function
    def local(model, number: int) -> int:
        """A number."""

    with pytest.raises(pickle.PicklingError, match="is sent by its name"):
        local.map(Counting(), [1], executor=executor)


def test_scopes_come_along(executor, tmp_path):
    told = []
    scope = Hyperparameters({double: {"instruction": "Double the number."}})
    with (
        trace("t") as recorded,
        scope,
        use_model(Counting()),
        budget(calls=7) as spent,
        retrying(attempts=2),
        limited(requests_per_minute=1000),
        caching(tmp_path / "cache.db"),
        durable(tmp_path / "run.db") as run,
    ):
        results = in_order(executor.map(rollout, [1, 2, 3], limit=1))
        again = double.map(None, [1, 2], executor=executor, progress=told.append)

    assert [result.value for result in results] == [204, 208, 212]
    assert again == [Result(2), Result(4)]
    assert sorted(ASKED) == [1, 2, 3, 101, 102, 103]
    assert (spent.calls, run.totals.calls) == (6, 8)
    assert told[-1].tokens == 0  # the cache knew them
    functions = [span for span in recorded.spans if span.kind == "function"]
    assert len(functions) == 8
    assert {span.parent for span in functions} == {recorded.spans[0].span}
    assert all("Double the number." in str(span.attributes) for span in functions)


def test_a_budget_is_kept_and_what_is_told_of_progress_comes_from_the_workers(executor):
    told = []
    with budget(calls=5) as spent:
        results = double.map(Counting(), range(20, 40), executor=executor, limit=4, progress=told.append)

    assert sum(result.ok for result in results) == len(ASKED) == spent.calls == 5
    assert {type(result.error) for result in results if not result.ok} == {BudgetExceededError}
    assert told[-1].tokens == 60
    assert told[-1].cost == 0.0


def test_a_run_goes_on_without_the_cluster_and_the_other_way_round(executor, tmp_path):
    with use_model(Counting()):
        with durable(tmp_path / "one.db"):
            double.map(None, range(5), executor=executor)
        with durable(tmp_path / "two.db"):
            double.map(None, range(5))
        before = len(ASKED)
        with durable(tmp_path / "one.db") as one:
            assert double.map(None, range(5)) == [Result(2 * n) for n in range(5)]
        with durable(tmp_path / "two.db") as two:
            assert double.map(None, range(5), executor=executor) == [Result(2 * n) for n in range(5)]
    assert len(ASKED) == before
    assert (one.replayed, two.replayed) == (5, 5)


def test_an_item_whose_worker_dies_is_begun_anew_and_nothing_is_paid_twice(executor, tmp_path):
    with use_model(Counting()), durable(tmp_path / "run.db") as run, budget(calls=50) as spent:
        results = in_order(executor.map(dying, range(5), limit=1))

    assert [result.value for result in results] == [2 * n + 2 * (100 + n) for n in range(5)]
    assert sorted(ASKED) == sorted([*range(5), *range(100, 105)])
    assert (run.totals.calls, spent.calls) == (10, 10)


def test_an_item_whose_worker_dies_again_and_again_is_lost(executor):
    (result,) = executor.map(always_dying, [1])

    assert isinstance(result.error, WorkerLostError)
    assert "Item 0 was lost" in str(result.error)


def test_what_cannot_be_sent_back_is_an_error(executor):
    results = in_order(executor.map(unsendable, [1, 2]))

    assert [type(result.error) for result in results] == [pickle.PicklingError] * 2
    assert "The value cannot be sent back" in str(results[0].error)
    assert "The error ValueError: odd" in str(results[1].error)


def test_leaving_ends_what_is_under_way(executor):
    with closing(executor.map(waiting, range(9), limit=3)) as results:
        assert next(results) == Result(0)
        BEGUN.wait(10)
    assert [result.unwrap() for result in executor.map(waiting, [0])] == [0]


def test_a_worker_that_does_not_end_is_killed(executor, cluster):
    results = executor.map(stubborn, range(9), limit=2)
    reader = threading.Thread(target=lambda: next(results, None), daemon=True)
    stop = threading.Timer(0, reader.start)
    stop.start()
    BEGUN.wait(10)
    WAIT.set()
    reader.join(10)
    WAIT.clear()
    BEGUN.clear()
    results.close()
    WAIT.set()
    assert [result.unwrap() for result in executor.map(waiting, [0])] == [0]


def test_a_cancelled_map_ends_what_is_under_way(executor):
    async def cancel():
        task = asyncio.ensure_future(double.amap(Counting(), endless(), executor=executor))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def endless():
        number = 0
        while True:
            number += 1
            yield 14 + number

    asyncio.run(cancel())


def test_models_are_made_anew_without_their_connections(cluster):
    model = ChatOpenAI(model="m", base_url="http://localhost:9", api_key="sk-x", temperature=0.5, max_retries=0)
    there = unpacked(packed(model))

    assert (there.model_name, there.temperature, there.max_retries) == ("m", 0.5, 0)
    assert there.openai_api_key.get_secret_value() == "sk-x"

    import httpx

    with httpx.Client() as client:
        own = ChatOpenAI(model="m", api_key="sk-x", http_client=client)
        with pytest.warns(RuntimeWarning, match="sent to workers without http_client"):
            packed(own)


def test_what_stays_has_one_number(cluster):
    kept = Kept()
    one, two = object(), object()
    assert [kept.number(one), kept.number(two), kept.number(one)] == [0, 1, 0]
    assert kept[1] is two
    assert len(kept) == 2


def test_what_was_sent_to_a_worker_is_of_no_use_elsewhere():
    with pytest.raises(ConfigurationError, match="outside of the item"):
        present_line()


def test_something_that_cannot_be_sent_is_told(cluster):
    with pytest.raises(pickle.PicklingError, match="cannot be sent"):
        packed(threading.Lock())
