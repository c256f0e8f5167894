"""How much scores differ by themselves."""

import pytest

from llm_strategy import caching, llm_function
from llm_strategy.optimize.metric import noise_of, noise_of_rollouts
from llm_strategy.optimize.metric.draws import QUESTION, drawn_anew
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.testing import ScriptedModel


@llm_function
def capital(model, country: str) -> str:
    """The capital."""


def test_the_deviation_is_that_around_the_mean_of_each_case():
    assert noise_of([[0.0, 2.0], [10.0, 12.0]]).deviation == pytest.approx(2**0.5)


def test_equal_scores_have_no_noise_whatever_their_mean_comes_out_as():
    noise = noise_of([[0.1, 0.1, 0.1], [0.7] * 6])
    assert (noise.deviation, noise.deterministic, noise.scores) == (0.0, True, 9)


def test_single_scores_say_nothing():
    noise = noise_of([[1.0], []])
    assert (noise.deviation, noise.cases, noise.deterministic) == (0.0, 0, False)


def test_runs_are_compared_with_their_own_repeats_alone():
    def run(candidate, case, repeat, score):
        return Rollout(Order(candidate, "val", case, repeat), score)

    rollouts = [run("a", "1", 0, 1.0), run("a", "1", 1, 0.0), run("b", "1", 0, 5.0), run("a", "2", 0, 9.0)]
    noise = noise_of_rollouts(rollouts)
    assert (noise.deviation, noise.cases) == (pytest.approx(0.5**0.5), 1)


def test_what_is_drawn_anew_is_asked_though_a_cache_knows_it(tmp_path):
    model = ScriptedModel([f'"{name}"' for name in ("Rome", "Roma", "Rom")])
    with caching(tmp_path / "calls.db"):
        answers = [capital(model, "Italy")]
        for number in (1, 2, 1, 0):
            with drawn_anew(number, QUESTION):
                answers.append(capital(model, "Italy"))
        with drawn_anew(2, QUESTION):
            *_, last = capital.stream(model, "Italy")
    assert answers == ["Rome", "Roma", "Rom", "Roma", "Rome"]
    assert last == "Rom"
    assert len(model.asked) == 3
