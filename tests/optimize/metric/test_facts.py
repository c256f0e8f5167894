"""What metrics say of themselves."""

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.metric import MetricFacts, facts_of, metric


def test_a_decorated_metric_is_the_same_function():
    def exact(case, value):
        return case == value

    assert metric(exact) is exact
    assert metric(deterministic=True, failure=-1)(exact) is exact
    assert facts_of(exact) == MetricFacts(deterministic=True, failure=-1)


def test_of_a_plain_function_nothing_is_known():
    assert facts_of(lambda case, value: 1) == MetricFacts()


def test_attributes_of_an_object_count():
    class Close:
        low, deterministic = -100.0, True

        def __call__(self, case, value):
            return -abs(case - value)

    assert facts_of(Close()) == MetricFacts(deterministic=True, low=-100.0)


@pytest.mark.parametrize(
    ("facts", "failing"),
    [(MetricFacts(), 0.0), (MetricFacts(low=-5), -5.0), (MetricFacts(failure=-7, low=-5), -7.0)],
)
def test_a_failure_is_worth_what_was_said_or_the_least(facts, failing):
    assert facts.failing == failing


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"failure": "bad"}, "failure='bad'"),
        ({"low": float("-inf")}, "low=-inf"),
        ({"perfect": True}, "perfect=True"),
        ({"deterministic": 1}, "deterministic=1"),
        ({"low": 1.0, "perfect": 1.0}, "low is to be lower"),
        ({"best": 1.0}, "there is no such fact. There are deterministic, failure, low, perfect"),
    ],
)
def test_impossible_facts_are_refused_where_they_are_written(facts, told):
    with pytest.raises(ConfigurationError, match=told):
        metric(**facts)


def test_what_takes_no_attribute_cannot_be_told_about():
    with pytest.raises(ConfigurationError, match="write a function that calls it"):
        metric(len)
