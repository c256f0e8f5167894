"""Knowing whether the event loop of a flow is still there."""

import asyncio
import sys

from llm_strategy.flow.homes import Home


async def here():
    home = Home.here()
    return home, home.elsewhere, home.rests


def test_a_flow_of_a_thread_is_always_there():
    home = Home.here()
    assert (home.closed, home.rests, home.elsewhere) == (False, False, False)


def test_a_program_without_event_loops_loads_none(monkeypatch):
    monkeypatch.delitem(sys.modules, "asyncio")
    assert Home.here().loop is None
    assert "asyncio" not in sys.modules


def test_a_loop_runs_rests_and_is_closed():
    loop = asyncio.new_event_loop()
    home, elsewhere, rests = loop.run_until_complete(here())
    assert (elsewhere, rests) == (False, False)
    assert (home.closed, home.rests, home.elsewhere) == (False, True, True)
    loop.close()
    assert home.closed


def test_a_loop_that_nobody_has_any_more_is_closed():
    loop = asyncio.new_event_loop()
    home, *_ = loop.run_until_complete(here())
    loop.close()
    del loop
    import gc

    gc.collect()
    assert home.closed
    assert home.rests


def test_two_flows_of_one_loop_are_at_home_in_one_place():
    async def both():
        return Home.here(), {Home.here(): "flows"}

    home, known = asyncio.run(both())
    assert known[home] == "flows"
    assert home != Home()
