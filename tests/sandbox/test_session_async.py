"""Sessions in an event loop."""

import asyncio

import pytest

from llm_strategy.errors import SandboxLostError
from llm_strategy.flow import Parallel, run
from llm_strategy.sandbox import Limits, Session
from llm_strategy.tools import tool


def test_actions_are_awaited_and_tools_may_be_async():
    @tool
    async def wait(a: int) -> int:
        """Waits."""
        await asyncio.sleep(0)
        return a + 1

    async def main():
        async with Session("unsafe-process", tools=[wait]) as session:
            return [(await session.arun("x = wait(1)\nx")).value, (await session.arun("x + 1")).value], session

    values, session = asyncio.run(main())
    assert values == [2, 3]
    assert not session.alive


def test_the_loop_goes_on_while_code_runs():
    async def main():
        async with Session("unsafe-process") as one, Session("unsafe-process") as two:
            await asyncio.gather(one.arun("1"), two.arun("1"))
            ticks = 0
            task = asyncio.ensure_future(one.arun("import time\ntime.sleep(0.3)\n5"))
            while not task.done():
                ticks += 1
                await asyncio.sleep(0.01)
            return ticks, task.result().value

    ticks, value = asyncio.run(main())
    assert (ticks > 3, value) == (True, 5)


def test_cancelling_ends_the_code_and_keeps_the_names():
    async def main():
        begun = asyncio.Event()

        @tool
        async def begin() -> None:
            """Says that the code is running."""
            begun.set()

        async with Session("unsafe-process", tools=[begin], limits=Limits(seconds=60)) as session:
            await session.arun("kept = 1")
            task = asyncio.ensure_future(session.arun("half = 1\nbegin()\nimport time\ntime.sleep(60)"))
            await begun.wait()
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            result = await session.arun("kept, half")
            return result.value, [one.result.error and one.result.error.kind for one in session.history]

    assert asyncio.run(main()) == ([1, 1], [None, "Interrupted", None])


def test_cancelling_while_a_tool_works_ends_the_code():
    async def main():
        begun = asyncio.Event()

        @tool
        async def forever() -> str:
            """Waits."""
            begun.set()
            await asyncio.sleep(1000)
            return ""

        async with Session("unsafe-process", tools=[forever]) as session:
            task = asyncio.ensure_future(session.arun("before = 1\nforever()\nafter = 1"))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await session.arun("before, 'after' in globals()")).value

    assert asyncio.run(main()) == [1, False]


def test_an_error_of_the_session_is_raised_where_it_is_awaited():
    async def main():
        session = Session("unsafe-process")
        session.close()
        with pytest.raises(SandboxLostError):
            await session.arun("1")

    asyncio.run(main())


def test_flows_that_are_told_to_end_end_their_code():
    def broken():
        raise ValueError("enough")
        yield

    def later():
        from llm_strategy.flow import Sleep

        yield Sleep(0.3)
        yield from broken()

    def both(session):
        return (yield Parallel((session.act("import time\ntime.sleep(60)"), later())))

    with Session("unsafe-process", limits=Limits(seconds=60)) as session:
        session.run("kept = 1")
        with pytest.raises(ValueError, match="enough"):
            run(both(session))
        assert session.run("kept").value == 1


def test_a_flow_that_is_dropped_lets_the_session_go_on():
    with Session("unsafe-process") as session:
        flow = session.act("x = 1\nx")
        request = next(flow)
        request.perform()
        flow.close()
        assert session.run("x").value == 1
        assert session.history[0].result.error.message == "Whoever waited for the action is gone."
