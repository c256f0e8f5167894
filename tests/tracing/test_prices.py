"""What tokens cost: exactly, or not at all."""

import itertools
import math
import threading

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.messages import Usage
from llm_strategy.tracing import prices
from llm_strategy.tracing.price_list import PRICE_LIST
from llm_strategy.tracing.prices import Price, Prices, register_price


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Registrations of a test end with it."""
    monkeypatch.setattr(prices, "_REGISTERED", {})


MILLION = Usage(1_000_000, 0)


def cost(name, usage=MILLION):
    return Prices.known().cost([name], usage)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o",
        "gpt-4o-2024-08-06",
        "gpt-4o-20240806",
        "gpt-4o@20240806",
        "openai/gpt-4o",
        "openrouter/openai/gpt-4o",
        "azure/gpt-4o-2024-11-20",
    ],
)
def test_a_model_is_known_with_a_provider_before_it_and_a_date_behind_it(name):
    assert cost(name) == 2.5


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-ours",
        "ours/gpt-4o",
        "gpt-4o-mini-audio",
        "gpt",
        "GPT-4O",
        "gpt-4o-2024",
        "gpt-4o-2024-99-99",
        "ft:gpt-4o-2024-08-06:us::abc",
        "gpt-4o-2024-08-06-2024-08-06",
        "",
    ],
)
def test_a_price_is_never_guessed(name):
    assert cost(name) is None


def test_a_version_with_a_price_of_its_own_has_that_one():
    assert cost("gpt-4o-2024-05-13") == 5
    assert cost("openai/gpt-4o-2024-05-13") == 5


def test_the_name_in_the_reply_comes_first():
    known = Prices.known()

    assert known.cost(["gpt-4o-mini", "gpt-4o"], Usage(1_000_000, 0)) == 0.15
    assert known.cost(["unknown", "gpt-4o"], Usage(1_000_000, 0)) == 2.5
    assert known.cost([], Usage(1, 1)) is None


def test_cached_tokens_have_their_own_price_and_reasoning_is_output():
    usage = Usage(1_000_000, 100_000, cached_input_tokens=400_000, reasoning_tokens=90_000)

    assert cost("gpt-4o", usage) == pytest.approx(0.6 * 2.5 + 0.4 * 1.25 + 0.1 * 10)
    assert Prices({"m": Price(1, 2)}).cost(["m"], usage) == 1.2
    assert Prices({"m": Price(1, 2, 0)}).cost(["m"], usage) == pytest.approx(0.8)


def test_more_cached_tokens_than_tokens_are_not_believed():
    assert Prices({"m": Price(1, 0, 0.5)}).cost(["m"], Usage(100, 0, cached_input_tokens=1000)) == 100 * 0.5 / 1e6


@pytest.mark.parametrize("provider", ["llm_strategy.local", "local"])
def test_what_runs_on_this_machine_costs_nothing(provider):
    assert Prices.known().cost(["smollm2"], Usage(10, 10), provider) == 0.0
    assert Prices.known().cost(["gpt-4o"], Usage(10, 10), provider) == 0.0


def test_another_provider_does_not_make_an_unknown_model_free():
    assert Prices.known().cost(["smollm2"], Usage(10, 10), "openai") is None


def test_a_registered_price_counts_for_the_process():
    before = Prices.known()
    register_price("our-model", input=0.5, output=1.5)
    register_price("gpt-4o", input=1, output=1)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(cost("our-model-2026-01-31", Usage(1_000_000, 1_000_000))))
    thread.start()
    thread.join()

    assert seen == [2.0]
    assert cost("gpt-4o") == 1
    assert before.cost(["our-model"], Usage(1_000_000, 0)) == 0.5  # also in sessions that began before


def test_what_a_user_says_of_either_name_comes_before_the_list():
    prices = Prices.known().including({"my-deployment": Price(1, 1)})
    assert prices.cost(["gpt-4o-2024-08-06", "my-deployment"], Usage(1_000_000, 0)) == 1
    assert Prices.known().cost(["gpt-4o-2024-08-06", "elsewhere"], Usage(1_000_000, 0)) == 2.5


def test_further_prices_take_the_place_of_known_ones():
    known = Prices.known()
    further = known.including({"gpt-4o": Price(1, 1), "our-model": Price(2, 2)})

    assert further.cost(["gpt-4o-2024-08-06"], Usage(1_000_000, 0)) == 1
    assert further.cost(["our-model"], Usage(1_000_000, 0)) == 2
    assert known.including(Prices({"our-model": Price(3, 3)})).price_of("our-model") == Price(3, 3)
    assert known.price_of("our-model") is None


@pytest.mark.parametrize(
    ("place", "bad"),
    [
        *itertools.product(["input", "output", "cached_input"], [-1, -0.001, math.nan, math.inf, "1", True]),
        ("input", None),
    ],
)
def test_an_impossible_price_is_refused(place, bad):
    amounts = {"input": 1, "output": 1, place: bad}

    with pytest.raises(ConfigurationError, match=f"The price {place}=.* is no amount of money"):
        register_price("our-model", **amounts)
    assert cost("our-model") is None


def test_sums_of_costs_do_not_drift():
    """0.1 US dollars for a million tokens are not the binary fraction next to it: each cost is rounded once."""
    price = Price(0.1, 0.3)
    one = price.of(Usage(1, 1))

    assert one == 4e-7
    assert math.fsum([one] * 1_000_000) == pytest.approx(0.4, abs=1e-15)
    assert price.of(Usage(10**15, 10**15)) == 4e8
    assert price.of(Usage(3, 0)) == 3e-7


def test_the_list_is_sound():
    for name, (put, got, cached) in PRICE_LIST.items():
        assert 0 < put < got, name
        assert cached is None or 0 < cached < put, name
        assert Prices.known().price_of(name) == Price(put, got, cached)
