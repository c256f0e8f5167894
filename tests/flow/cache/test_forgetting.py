"""What led to no value is forgotten; what is drawn several times is kept several times."""

import pytest

from llm_strategy import caching, llm_function
from llm_strategy.errors import AttemptsExhaustedError, DefinitionError
from llm_strategy.flow.forgetting import Forget
from llm_strategy.testing import ScriptedModel


def asked(request):
    return (yield request)


def test_what_led_to_no_value_is_forgotten(drive, asking, model, path):
    request, other = model.request("a"), model.request("b")
    with caching(path):
        drive(asking(request))
        drive(asking(other))
        drive(asking(Forget((request, model.request("c", cached=False)))))
        assert not drive(asking(request)).cached
        assert drive(asking(other)).cached


def test_there_is_nothing_to_forget_without_a_cache(drive, asking, model, path):
    assert drive(asking(Forget((model.request(),)))) is None
    with caching(path, write=False):
        assert drive(asking(Forget((model.request(),)))) is None


@llm_function
def number(model, text: str) -> int:
    """Return the number."""
    raise NotImplementedError


def test_a_call_that_failed_is_tried_anew(path):
    model = ScriptedModel(["none", "none", "7"])
    twice = number.using(attempts=2)
    with caching(path):
        with pytest.raises(AttemptsExhaustedError):
            twice(model, "seven")
        assert twice(model, "seven") == 7
    assert len(model.asked) == 3


def test_a_call_that_needed_a_second_attempt_is_free_as_a_whole(path):
    model = ScriptedModel(["none", "7"])
    with caching(path):
        assert [number(model, "seven") for _ in range(3)] == [7, 7, 7]
    assert len(model.asked) == 2


def test_votes_are_not_collapsed(path):
    from llm_strategy import Direct, SelfConsistency

    model = ScriptedModel(["1", "2", "2"])
    voting = number.using(reasoning=SelfConsistency(samples=3, inner=Direct()))
    with caching(path):
        assert [voting(model, "x") for _ in range(2)] == [2, 2]
    assert len(model.asked) == 3


def test_what_is_no_answer_to_that_is_told_at_once():
    with pytest.raises(DefinitionError, match="cached='yes'"):
        number.using(cached="yes")


def test_a_function_says_whether_it_takes_part(path):
    model = ScriptedModel(["1", "2"])
    with caching(path):
        assert [number.using(cached=False)(model, "x") for _ in range(2)] == [1, 2]
