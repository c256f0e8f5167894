"""What a budget lets through, and what it says when it does not."""

import pytest

from llm_strategy.errors import (
    BudgetExceededError,
    ConfigurationError,
    RateLimitedError,
    TimedOutError,
    TransportError,
    UnknownPriceError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, Parallel, budgets, layered, run
from llm_strategy.flow.budgets import budget
from llm_strategy.flow.replayed import charge_replayed
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.tracing.prices import Price


def one(request):
    return (yield request)


def test_as_many_calls_are_sent_as_the_budget_has(answer, billed, request_to, opened):
    model = billed()
    scope, spent = opened(calls=2)

    with scope:
        answer(request_to(model))
        answer(request_to(model))
        with pytest.raises(BudgetExceededError) as caught:
            answer(request_to(model))

    assert len(model.sent) == spent.calls == 2
    assert caught.value.limit == "calls"
    assert str(caught.value) == (
        "budget(calls=2): 2 calls spent, and one more was wanted. It was not sent. Raise the budget to go on; what was "
        "finished beside it is in `error.results`."
    )


def test_calls_alone_leave_requests_as_they_are(answer, billed, request_to, opened):
    model = billed()
    scope, _ = opened(calls=2)
    request = request_to(model)

    with scope:
        answer(request)

    assert model.sent[0] is request


def test_tokens_are_settled_by_what_the_provider_bills(answer, billed, request_to, opened):
    model = billed()
    scope, spent = opened(tokens=10_000)

    with scope:
        for _ in range(3):
            answer(request_to(model))

    assert spent.tokens == model.tokens == 120
    assert spent.left.tokens == 9_880
    assert spent.estimated == 0


def test_a_reply_may_take_what_is_left_and_no_more(answer, billed, request_to, opened):
    model = billed(wanted=5_000)
    scope, spent = opened(tokens=1_000)

    with scope, pytest.raises(BudgetExceededError, match=r"the reply was cut off after 97[0-9] tokens") as caught:
        answer(request_to(model))

    assert spent.tokens == model.tokens <= 1_000
    assert caught.value.limit == "tokens"


def test_what_a_request_asks_for_is_never_raised(answer, billed, request_to, opened):
    model = billed()
    scope, _ = opened(tokens=1_000_000)

    with scope:
        answer(request_to(model, max_tokens=40))

    assert model.sent[0].sampling.max_tokens == 40


def test_what_a_model_is_set_to_is_never_raised(answer, billed, request_to, opened):
    model = billed()
    model.max_tokens = 50
    scope, _ = opened(tokens=1_000_000)

    with scope:
        answer(request_to(model))

    assert model.sent[0].sampling.max_tokens == 50


def test_a_reply_without_a_limit_may_take_a_share_of_what_is_left(answer, billed, request_to, opened):
    model = billed()
    scope, _ = opened(tokens=1_000_000)

    with scope:
        answer(request_to(model))

    assert 30_000 < model.sent[0].sampling.max_tokens <= 31_250


def test_no_request_is_sent_whose_reply_would_be_cut_off_at_once(answer, billed, request_to, opened):
    model = billed()
    scope, _ = opened(tokens=40)

    with scope, pytest.raises(BudgetExceededError, match="a prompt of up to 28 tokens was to be sent"):
        answer(request_to(model))

    assert model.sent == []


def test_a_budget_is_used_to_its_end_where_prompts_are_alike(until_refused, billed, request_to, opened):
    model = billed()
    scope, spent = opened(tokens=400)

    with scope:
        until_refused(lambda number: request_to(model, f"Hello {number % 2}."))

    assert spent.tokens == model.tokens
    assert 320 <= spent.tokens <= 400


def test_money_is_counted_by_the_prices_of_traces(answer, billed, request_to, opened):
    model = billed()
    scope, spent = opened(dollars=0.01)

    with scope:
        answer(request_to(model))

    assert spent.dollars == 40e-6
    assert spent.left.dollars == pytest.approx(0.00996)


def test_money_never_goes_beyond_the_limit(until_refused, billed, request_to, opened):
    model = billed(wanted=400)
    scope, spent = opened(dollars=0.001)

    with scope:
        error = until_refused(lambda _: request_to(model))

    assert error.limit == "dollars"
    assert 0.0009 <= spent.dollars <= 0.001
    assert model.tokens <= 1_000


def test_money_that_is_used_up_is_told(answer, billed, request_to, opened):
    model = billed()
    scope, _ = opened(dollars=0.00003)

    with scope, pytest.raises(BudgetExceededError, match=r"budget\(dollars=3e-05\): \$0.00 spent, and a prompt was to"):
        answer(request_to(model))


def test_a_model_of_unknown_price_cannot_be_paid_for(answer, billed, request_to, opened):
    model = billed(name="unheard of")
    scope, _ = opened(dollars=1)

    with scope, pytest.raises(UnknownPriceError, match="the price of model 'unheard of' is not known"):
        answer(request_to(model))

    assert model.sent == []


def test_a_model_of_unknown_price_has_unknown_cost_where_money_is_no_limit(answer, billed, request_to, opened):
    scope, spent = opened(calls=5)

    with scope:
        answer(request_to(billed(name="unheard of")))

    assert spent.dollars is None
    assert "unknown cost" in str(spent)


def test_what_runs_on_this_machine_costs_nothing(answer, billed, request_to, opened):
    model = billed(name="unheard of")
    model.provider = "local"
    scope, spent = opened(dollars=0)

    with scope:
        answer(request_to(model))

    assert spent.dollars == 0


def test_no_request_starts_when_the_time_is_over(answer, billed, request_to, opened, hand):
    model = billed()
    scope, spent = opened(seconds=10)

    with scope:
        answer(request_to(model))
        hand.now += 10
        with pytest.raises(
            BudgetExceededError, match=r"10.0 seconds are over, and one more request was wanted"
        ) as caught:
            answer(request_to(model))

    assert caught.value.limit == "seconds"
    assert len(model.sent) == 1
    assert spent.left.seconds == 0


@pytest.mark.parametrize("timeout", [None, 30, 3])
def test_a_request_gets_no_more_time_than_is_left(answer, billed, request_to, opened, hand, timeout):
    model = billed()
    scope, _ = opened(seconds=10)
    hand.now += 3

    with scope:
        answer(request_to(model, timeout=timeout))

    assert model.sent[0].timeout == pytest.approx(3 if timeout == 3 else 7, abs=1)


def test_a_request_that_runs_out_of_the_time_of_its_budget_has_exceeded_it(answer, billed, request_to, opened, hand):
    model = billed()
    scope, _ = opened(seconds=10)

    def late(request):
        hand.now += 10
        raise TimedOutError("too late")

    model._said = late
    with scope, pytest.raises(BudgetExceededError, match=r"under way\. It was ended") as caught:
        answer(request_to(model))

    assert isinstance(caught.value.__cause__, TimedOutError)


def test_a_timeout_within_the_time_of_a_budget_stays_one(answer, billed, request_to, opened):
    scope, _ = opened(seconds=10)

    with scope, pytest.raises(TimedOutError, match="too late"):
        answer(request_to(billed(error=TimedOutError("too late"))))


@pytest.mark.parametrize("error", [RateLimitedError("slower"), UnsupportedError("no"), TransportError("down")])
def test_a_failure_costs_a_call_and_no_tokens(answer, billed, request_to, opened, error):
    scope, spent = opened(calls=5, tokens=5_000)

    with scope, pytest.raises(type(error)):
        answer(request_to(billed(error=error)))

    assert (spent.calls, spent.tokens, spent.left.tokens) == (1, 0, 5_000)


def test_a_reply_that_may_have_been_made_is_counted_by_an_estimate(answer, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)

    with scope, pytest.raises(TimedOutError):
        answer(request_to(billed(error=TimedOutError("too late"))))

    assert spent.tokens == 28 + 1_024
    assert spent.estimated == 1


def test_where_nobody_tells_the_tokens_they_are_estimated(answer, billed, request_to, opened):
    scope, spent = opened(tokens=5_000)

    with scope:
        answer(request_to(billed(silent=True)))

    assert spent.tokens == 28 + 30
    assert spent.estimated == 1
    assert str(spent) == "1 call, 58 of 5,000 tokens (1 of the calls estimated), $0.000058, 0.0 s"


def test_a_reply_out_of_a_cache_costs_nothing(answer, billed, request_to, opened):
    def cache(request, path, onward):
        yield from ()
        return Reply(Message.assistant("known"), usage=Usage(5, 5), cached=True)

    cache.rank = 60
    scope, spent = opened(calls=1)

    with scope, layered(cache):
        answer(request_to(billed()))

    assert (spent.calls, spent.tokens) == (0, 0)


def test_a_request_that_a_layer_below_refuses_is_not_counted(answer, billed, request_to, opened):
    def closed(request, path, onward):
        raise RateLimitedError("not now")
        yield

    closed.rank = 60
    scope, spent = opened(calls=1)

    with scope, layered(closed), pytest.raises(RateLimitedError):
        answer(request_to(billed()))

    assert (spent.calls, spent.left.calls) == (0, 1)


def test_each_of_nested_budgets_holds(until_refused, billed, request_to, opened):
    model = billed()
    outer, all_spent = opened(calls=3)

    with outer:
        for _ in range(2):
            inner, spent = opened(calls=2)
            with inner:
                until_refused(lambda _: request_to(model))

    assert len(model.sent) == all_spent.calls == 3
    assert spent.calls == 1
    assert spent.left.calls == 1


def test_a_model_that_asks_another_one_does_not_wait_for_itself(billed, request_to, opened):
    scope, spent = opened(calls=3, tokens=200)

    class Asking(billed):
        def reply(self, request):
            run(one(request_to(billed(), max_tokens=100)))
            return super().reply(request)

    with scope:
        run(one(request_to(Asking(), max_tokens=30)))
        with pytest.raises(BudgetExceededError):
            run(one(request_to(Asking(), max_tokens=60)))
    assert spent.calls == 3
    assert spent.ledger.state().held.calls == 0


def test_what_is_finished_beside_it_is_in_the_error(billed, request_to, opened):
    model = billed()
    scope, _ = opened(calls=2)

    def several():
        return (yield Parallel(tuple(one(request_to(model)) for _ in range(5)), limit=1))

    with scope, pytest.raises(BudgetExceededError) as caught:
        run(several())

    assert [reply.usage.output_tokens for reply in caught.value.results] == [30, 30]


def test_other_requests_pass(opened, tell, driver):
    scope, spent = opened(calls=0)

    with scope:
        assert driver.run(one(tell("told"))) == "told"

    assert spent.calls == 0


def test_what_an_earlier_run_has_spent_is_counted_at_any_price(billed, request_to, opened):
    model = billed(name="unheard of")
    scope, spent = opened(dollars=1)

    with scope:
        charge_replayed(request_to(model), model.reply(request_to(model)))

    assert (spent.calls, spent.tokens, spent.dollars) == (1, 40, None)


def test_what_an_earlier_run_has_spent_is_spent(answer, billed, request_to, opened):
    model = billed()
    scope, spent = opened(calls=2, tokens=1_000)

    with scope:
        charge_replayed(request_to(model), model.reply(request_to(model)))
        charge_replayed(request_to(model), None)
        charge_replayed(request_to(model), Reply(Message.assistant(""), usage=Usage(1, 1), cached=True))
        with pytest.raises(BudgetExceededError):
            answer(request_to(model))

    assert (spent.calls, spent.tokens) == (2, 40)


@pytest.mark.parametrize(
    "limits", [{}, {"calls": -1}, {"calls": 1.5}, {"calls": True}, {"dollars": float("nan")}, {"seconds": "1"}]
)
def test_a_budget_that_makes_no_sense_is_refused(limits):
    with pytest.raises(ConfigurationError, match=r"budget\("), budget(**limits):
        pass


def test_a_budget_takes_prices_of_its_own(answer, billed, request_to):
    with budget(dollars=1, prices={"ours": Price(2, 2)}) as spent:
        answer(request_to(billed(name="ours")))

    assert spent.dollars == 80e-6
    assert repr(spent).startswith("<Spent: 1 call, 40 tokens, $0.00008 of $1.00, 0.")


def test_the_room_exports_the_scope():
    assert budgets.budget is budget


def test_a_reply_that_an_inner_budget_cuts_off_is_paid_for_by_the_outer_one_as_well():
    class Long:
        name = "long"
        profile = None

        def reply(self, request):
            return Reply(Message.assistant("x"), "length", usage=Usage(10, request.sampling.max_tokens))

    request = ChatRequest(Long(), (Message.user("?"),))
    for order in ((900, 90), (90, 900)):
        with budget(tokens=order[0]) as outer, budget(tokens=order[1]) as inner:
            with pytest.raises(BudgetExceededError, match="cut off"):
                run(one(request))
            assert outer.tokens == inner.tokens > 60
