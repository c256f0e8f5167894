"""Scores, in and out of a trace."""

import math
from fractions import Fraction

import pytest

from llm_strategy.errors import InputError
from llm_strategy.tracing import record_score, semconv, span, trace


def test_a_score_stands_on_the_open_span():
    with trace() as t:
        record_score(1, "whole")
        with span("work"):
            record_score(0.5)

    assert [event.attributes for event in t.spans[0].events] == [
        {semconv.EVALUATION_NAME: "whole", semconv.EVALUATION_SCORE: 1.0}
    ]
    assert t.spans[1].events[0].number(semconv.EVALUATION_SCORE) == 0.5
    assert t.recorded().scores == {"whole": 1.0, "score": 0.5}


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, "0.5", None, Fraction(1, 2), [1], 10**400, pytest.param(-(10**5000), id="huge")]
)
def test_what_is_no_finite_number_is_no_score(value):
    with trace() as t, pytest.raises(InputError, match=r"The score 'score' is .*Give a finite number"):
        record_score(value)
    assert t.recorded().scores == {}


def test_without_a_trace_nothing_happens():
    record_score(0.5)
