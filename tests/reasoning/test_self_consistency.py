"""Self-consistency: the value that comes most often wins."""

import asyncio
import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from llm_strategy import ChainOfThought, Code, Direct, SelfConsistency, llm_function
from llm_strategy.chat import Answer
from llm_strategy.errors import AttemptsExhaustedError, DefinitionError, TransportError
from llm_strategy.flow import Result
from llm_strategy.function.preview import NOBODY
from llm_strategy.function.questions import Call
from llm_strategy.reasoning import Reasoning
from llm_strategy.testing import ScriptedModel


class Person(BaseModel):
    name: str
    age: int


@dataclass
class Point:
    x: float


def voting(kind, samples, **options):
    @llm_function(reasoning=SelfConsistency(samples=samples, inner=Direct(), **options), attempts=1)
    def guess(model, text: str) -> kind:
        """Guess."""

    return guess


def vote(kind, *replies):
    return voting(kind, len(replies))(ScriptedModel(replies), "x")


MAJORITIES = [
    pytest.param(int, ["1", "2", "2"], 2, id="int"),
    pytest.param(float, ["1.5", "2", "2.0"], 2.0, id="float"),
    pytest.param(float, ["0.0", "1.0", "-0.0"], 0.0, id="zeros"),
    pytest.param(int | float, ["1", "1.0", "1"], 1, id="int-and-float-apart"),
    pytest.param(bool | int, ["true", "1", "1"], 1, id="bool-and-int-apart"),
    pytest.param(str, ["a", "b", "b"], "b", id="text"),
    pytest.param(date, ['"2026-01-01"', '"2026-02-01"', '"2026-02-01"'], date(2026, 2, 1), id="date"),
    pytest.param(
        datetime,
        ['"2026-01-01T00:00:00Z"', '"2027-01-01T00:00:00Z"', '"2027-01-01T01:00:00+01:00"'],
        datetime.fromisoformat("2027-01-01T00:00:00+00:00"),
        id="same-instant",
    ),
    pytest.param(Decimal, ['"3"', '"1.0"', '"1.00"'], Decimal(1), id="decimal"),
    pytest.param(set[str], ['["c"]', '["a", "b"]', '["b", "a"]'], {"a", "b"}, id="set"),
    pytest.param(list[set[int]], ["[[3]]", "[[1, 2], [17]]", "[[2, 1], [17]]"], [{1, 2}, {17}], id="sets-inside"),
    pytest.param(dict[str, int], ['{"c": 1}', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}'], {"a": 1, "b": 2}, id="dict"),
    pytest.param(
        Person,
        ['{"name": "A", "age": 1}', '{"name": "B", "age": 2}', '{"age": 2, "name": "B"}'],
        Person(name="B", age=2),
        id="model",
    ),
    pytest.param(Point, ['{"x": 1}', '{"x": 2}', '{"x": 2.0}'], Point(2.0), id="dataclass"),
    pytest.param(None | int, ["3", "null", "null"], None, id="none"),
    pytest.param(Any, ['{"a": [1]}', '{"a": [2]}', '{"a": [2]}'], {"a": [2]}, id="any"),
    pytest.param(Code, ["```\na\n```", "```\nb\n```", "So:\n```\nb\n```"], Code("b"), id="code"),
]


@pytest.mark.parametrize(("kind", "replies", "expected"), MAJORITIES)
def test_the_majority_wins_whatever_the_type(kind, replies, expected):
    for turn in range(len(replies)):
        value = vote(kind, *replies[turn:], *replies[:turn])
        assert value == expected
        assert type(value) is type(expected)


def elected(*outcomes):
    """Hand the outcomes of the samples to the vote, in this order."""
    question, _ = voting(Any, len(outcomes))._implementation.questions.of(None, Call(("x",)), NOBODY)
    flow = SelfConsistency(samples=len(outcomes), inner=Direct()).solve(question)
    next(flow)
    results = tuple(
        Result(error=outcome) if isinstance(outcome, Exception) else Result(value=Answer(outcome, ()))
        for outcome in outcomes
    )
    with pytest.raises(StopIteration) as done:
        flow.send(results)
    return done.value.value.value


@pytest.mark.parametrize(
    ("values", "winner"),
    [
        pytest.param([7, 8, 8, 7], 7, id="tie"),
        pytest.param([3, 2, 1], 3, id="all-differ"),
        pytest.param([9, 8, 7, 7, 8], 8, id="tie-behind"),
        pytest.param([1, 1.0, True, True], True, id="types-apart"),
        pytest.param([range(3), range(4), range(4)], range(4), id="ranges"),
    ],
)
def test_of_equals_the_first_wins(values, winner):
    value = elected(*values)
    assert value == winner
    assert type(value) is type(winner)


def test_not_a_number_is_one_vote():
    assert math.isnan(elected(1.0, math.nan, float("nan")))


def test_arrays_are_compared_as_a_whole():
    one, other = np.array([1, 2]), np.array([1, 3])
    assert elected(one, other, np.array([1, 3])) is other


def test_samples_are_drawn_from_seeds_of_their_own():
    model = ScriptedModel(["1", "2", "3"])
    voting(int, 3).using(seed=10)(model, "x")
    assert sorted(arguments["seed"] for arguments in model.arguments) == [10, 11, 12]


def test_the_first_failure_is_raised_where_all_failed():
    with pytest.raises(TransportError, match="one"):
        elected(TransportError("one"), TransportError("two"))


def test_samples_that_fail_have_no_vote():
    assert vote(int, "no", "2", "no", "no", "2", "3") == 2
    assert vote(int, TransportError("gone"), "2") == 2


def test_where_all_fail_the_first_failure_is_raised():
    with pytest.raises(AttemptsExhaustedError, match="guess got no usable reply in 1 attempt"):
        vote(int, "no", "no")


def test_a_fault_in_the_program_is_not_outvoted():
    class Faulty:
        def solve(self, question):
            raise ZeroDivisionError("oops")
            yield

    with pytest.raises(ZeroDivisionError, match="oops"):
        voting(int, 2).using(reasoning=SelfConsistency(samples=2, inner=Faulty()))(ScriptedModel(), "x")


@pytest.mark.parametrize(
    ("options", "expected"), [({}, 0.7), ({"temperature": None}, None), ({"temperature": 0.2}, 0.2)]
)
def test_samples_are_drawn_with_a_temperature(options, expected):
    model = ScriptedModel(["1", "1"])
    voting(int, 2, **options)(model, "x")
    assert [arguments.get("temperature") for arguments in model.arguments] == [expected] * 2


def test_samples_think_by_default():
    @llm_function(reasoning=SelfConsistency(samples=2))
    def guess(model, text: str) -> int:
        """Guess."""

    model = ScriptedModel(['{"reasoning": "a", "return_value": 3}', '{"reasoning": "b", "return_value": 3}'])
    assert guess(model, "x") == 3
    assert SelfConsistency().inner == ChainOfThought()


def test_votes_are_held_in_async_code():
    @llm_function(reasoning=SelfConsistency(samples=3, inner=Direct()))
    async def guess(model, text: str) -> int:
        """Guess."""

    assert asyncio.run(guess(ScriptedModel(["1", "2", "2"]), "x")) == 2


def test_nothing_to_draw_is_refused():
    with pytest.raises(DefinitionError, match=r"SelfConsistency\(samples=0\) draws no answer. Use 1 or more"):
        SelfConsistency(samples=0)


def test_methods_are_values_and_exchangeable():
    def name_of(method: Reasoning) -> str:
        return type(method).__name__

    assert [name_of(method) for method in (Direct(), ChainOfThought(), SelfConsistency())] == [
        "Direct",
        "ChainOfThought",
        "SelfConsistency",
    ]
    assert SelfConsistency(samples=3) == SelfConsistency(samples=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": "3"}, "samples='3'"),
        ({"samples": 0}, "samples=0"),
        ({"inner": "cot"}, "inner='cot'"),
        ({"inner": Direct}, "Use an instance such as"),
        ({"temperature": "hot"}, "temperature='hot'"),
        ({"temperature": -1}, "temperature=-1"),
    ],
)
def test_wrong_values_are_refused_when_they_are_given(options, words):
    with pytest.raises(DefinitionError, match=words):
        SelfConsistency(**options)
