"""Every fault of the benchmark, once: the first request of a call meets it, and what becomes of the call."""

import asyncio
import subprocess
import sys
from contextvars import copy_context
from pathlib import Path

import pytest

from benchmarks.fault_calls import aitems, alook, chat_model, items, look
from benchmarks.fault_kinds import FINAL, KINDS, SLOW, STREAMED
from llm_strategy import retrying
from llm_strategy.errors import NotAModelError
from llm_strategy.flow.retries import Backoff

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture(scope="module")
def port():
    command = [sys.executable, "-m", "benchmarks.fault_server", "0", "0.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline().split()[0])
        server.terminate()


@pytest.fixture
def model(port, request):
    """Each test has a key of its own: what a key is told holds for all that use it."""
    return chat_model(port, abs(hash(request.node.name)))


def rules(kind):
    return retrying(3, timeout=0.4 if kind in SLOW else 10, backoff=Backoff(base=0.01))


@pytest.fixture(scope="module")
def runner(port):
    """One event loop for all: langchain gives all models of one address the same client, which can be closed once."""
    with asyncio.Runner() as runner:
        yield runner
        runner.run(chat_model(port).root_async_client.close())


async def listed(values):
    return [item.number async for item in values]


def numbers(way, model, call, runner):
    if way == "sync":
        return [look(model, call).number]
    if way == "async":
        return [runner.run(alook(model, call), context=copy_context()).number]
    if way == "stream":
        return [item.number for item in items(model, call)]
    return runner.run(listed(aitems(model, call)), context=copy_context())


NAMES = {"sync": "a", "async": "b", "stream": "c", "async stream": "d"}
"""How the calls are named, each in its way: a server knows a call that it heard of."""
CASES = [
    pytest.param(way, kind, id=f"{way}: {kind}")
    for number, kind in enumerate(KINDS)
    for way in (("stream", "async stream") if kind in STREAMED or number % 2 else ("sync", "async"))
]


@pytest.mark.parametrize(("way", "kind"), CASES)
def test_a_call_survives_a_fault_that_another_request_does_not_meet(way, kind, model, runner):
    number = KINDS.index(kind)
    wanted = [number, number + 1, number + 2] if "stream" in way else [number]
    with rules(kind):
        if kind in FINAL:
            with pytest.raises(NotAModelError):
                numbers(way, model, f"kind-{NAMES[way]}-{number}", runner)
        else:
            assert numbers(way, model, f"kind-{NAMES[way]}-{number}", runner) == wanted
