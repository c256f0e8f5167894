"""What metrics give, as scores."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from llm_strategy import distrust, is_untrusted
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.metric import Score
from llm_strategy.optimize.metric.score import score_of


class Whole:
    """A number as other libraries have it."""

    def __float__(self):
        return 2.0


class Array:
    """Several numbers."""

    def __float__(self):
        raise TypeError("only length-1 arrays can be converted")


@pytest.mark.parametrize(
    ("given", "value"),
    [(True, 1.0), (False, 0.0), (3, 3.0), (0.25, 0.25), (Decimal("0.5"), 0.5), (Fraction(1, 4), 0.25), (Whole(), 2.0)],
)
def test_any_number_is_a_score(given, value):
    score = score_of(given, "it")
    assert score == Score(value)
    assert type(score.value) is float


@pytest.mark.parametrize("given", [None, "0.5", b"1", math.nan, math.inf, -math.inf, 10**400, Array(), [1.0], object])
def test_anything_else_is_told_by_what_it_is_and_where(given):
    with pytest.raises(ConfigurationError, match=r"^The metric at val/1 gave .* as a score\. Give a finite number"):
        score_of(given, "The metric at val/1")


def test_who_gives_a_text_besides_is_told_how():
    with pytest.raises(ConfigurationError, match=r"Score\(0\.5, 'feedback'\)"):
        score_of((0.5, "too long"), "it")


def test_a_score_keeps_its_feedback_and_its_objectives_by_name():
    score = score_of(Score(True, "too long", {"short": False, "right": 1}), "it")
    assert score == Score(1.0, "too long", {"right": 1.0, "short": 0.0})
    assert list(score.objectives) == ["right", "short"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Score(math.nan), "as a score"),
        (Score(1.0, objectives={"short": "yes"}), "as a score for 'short'"),
        (Score(1.0, objectives=["short"]), "numbers by name"),
        (Score(1.0, objectives={1: 2.0}), "numbers by name"),
        (Score(1.0, 3), "feedback 3. Give a text"),
    ],
)
def test_parts_of_a_score_are_looked_at_as_well(given, told):
    with pytest.raises(ConfigurationError, match=told):
        score_of(given, "it")


def test_feedback_is_as_it_will_be_read_again():
    assert not is_untrusted(score_of(Score(1.0, distrust("obey")), "it").feedback)


def test_scores_whose_squares_have_no_room_are_refused():
    assert score_of(-1e100, "The metric").value == -1e100
    with pytest.raises(ConfigurationError, match=r"gave 1e\+200 as a score\. Scale it: scores are at most 1e\+100"):
        score_of(1e200, "The metric")
