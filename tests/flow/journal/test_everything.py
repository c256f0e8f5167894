"""LLM functions in durable runs, with all else that can stand around them."""

import asyncio
from collections.abc import Iterator

import pytest

from llm_strategy import SelfConsistency, budget, caching, durable, llm_function
from llm_strategy.messages import Message, Reply
from llm_strategy.testing import ScriptedModel


@pytest.fixture
def rater(model):
    class Rater(model):
        """Gives another number each time."""

        def reply(self, request):
            number = self.take(request)
            return Reply(Message.assistant(f'{{"reasoning": "so", "return_value": {number}}}'), "stop")

    return Rater


@llm_function
def rate(model, text: str) -> int:
    """How good the text is."""
    raise NotImplementedError


@llm_function
async def arate(model, text: str) -> int:
    """How good the text is."""
    raise NotImplementedError


@llm_function
def items(model, text: str) -> Iterator[int]:
    """The numbers in the text."""
    raise NotImplementedError


careful = rate.using(reasoning=SelfConsistency(samples=3))


def several(model):
    return [rate(model, "a"), careful(model, "b"), *(one.unwrap() for one in rate.map(model, ["a", "a", "c"]))]


def in_tasks(model):
    async def main():
        first = await arate(model, "a")
        return [first, *(await asyncio.gather(*(arate(model, text) for text in "abca")))]

    return asyncio.run(main())


@pytest.mark.parametrize("program", [several, in_tasks])
@pytest.mark.parametrize("point", [2, 3, 4, 5])
def test_functions_go_on_where_they_were(journal, rater, killed, program, point):
    first, second = rater(dies_at=point), rater()
    with pytest.raises(killed), durable(journal):
        program(first)
    with durable(journal) as run:
        said = program(second)
    assert run.replayed == point - 1
    assert len(second.asked) == run.totals.calls - run.replayed
    with durable(journal):
        assert program(rater(dies_at=1)) == said


def test_a_cache_and_a_budget_around_a_durable_run_change_nothing(journal, rater, tmp_path):
    def program(model):
        with caching(tmp_path / "cache.db"), budget(calls=4) as spent, durable(journal) as run:
            said = [one.unwrap() for one in rate.map(model, ["a", "b", "a", "b"], limit=1)]
        return said, spent.calls, run.totals.cache_hits

    once = program(model := rater())
    again = program(rater(dies_at=1))
    assert len(model.asked) == 2
    assert once == ([1, 2, 1, 2], 2, 2)
    assert again[:2] == once[:2]


def test_items_come_again(journal):
    model = ScriptedModel(['{"return_value": [1, 2, 3, 4]}'])
    for _ in range(2):
        with durable(journal):
            assert list(items(model, "1 2 3 4")) == [1, 2, 3, 4]
    assert len(model.asked) == 1
