"""One run of the task: what it is called with, what comes of it, what is kept, and who pays."""

import json
import threading

import pytest

from llm_strategy import Hyperparameters, budget, caching, distrust, trace
from llm_strategy.errors import BudgetExceededError, ConfigurationError, HyperparameterError, InputError, TransportError
from llm_strategy.flow.budgets.amounts import Limits
from llm_strategy.flow.budgets.layer import BudgetLayer
from llm_strategy.flow.budgets.local_ledger import LocalLedger
from llm_strategy.flow.budgets.pricing import Pricing
from llm_strategy.flow.estimates import Estimates
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.metric import Score, metric
from llm_strategy.optimize.rollouts import Books, current_rollout
from llm_strategy.optimize.rollouts.current import listening_for_broken
from llm_strategy.optimize.search.orders import Order, Rollout, Usage
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import semconv
from llm_strategy.tracing.prices import Prices


def paying(**limits):
    ledger = LocalLedger(Limits(**limits))
    return ledger, BudgetLayer(ledger, Pricing(Prices.known()), Estimates())


def test_a_run_has_the_values_of_its_candidate(lab):
    runner = lab.runner()
    wrong, _ = runner(lab.order("France"), lab.seed.values)
    right, _ = runner(lab.order("France", lab.better), lab.better.values)
    assert (wrong.score, right.score) == (0.0, 1.0)
    assert wrong.usage.calls == right.usage.calls == 1
    assert wrong.usage.tokens > 0


def test_values_that_do_not_fit_are_told(lab):
    with pytest.raises(HyperparameterError):
        lab.runner()(lab.order(), {**lab.seed.values, "capital:mood": "good"})


def test_a_case_that_is_not_there_is_told(lab):
    with pytest.raises(InputError, match="no item 'Atlantis'"):
        lab.runner()(lab.order("Atlantis"), lab.seed.values)


@pytest.mark.parametrize(
    "error",
    [ValueError("no such country"), RecursionError("deep"), ExceptionGroup("two", [OSError("a"), KeyError("b")])],
)
def test_whatever_exception_a_task_raises_is_data(lab, error):
    def task(parameters):
        raise error

    rollout, record = lab.run(task)
    assert rollout.error.startswith(type(error).__name__)
    assert (rollout.score, record["result"], record["exception"][0]) == (0.0, None, rollout.error)


def test_a_failure_is_worth_what_the_metric_says(lab):
    @metric(failure=-3)
    def strict(case, value):
        return 1.0

    rollout, record = lab.run(lambda parameters: 1 / 0, strict)
    assert rollout == Rollout(lab.order(), -3.0, error="ZeroDivisionError: division by zero", usage=rollout.usage)
    assert record["score"] == -3.0


def test_an_exception_is_kept_with_what_it_came_from(lab):
    def task(parameters):
        try:
            {}["Atlantis"]
        except KeyError as error:
            error.add_note("It sank.")
            raise ValueError("no such country") from error

    _, record = lab.run(task)
    assert record["exception"] == ["ValueError: no such country", "KeyError: 'Atlantis'", "It sank."]


def test_addresses_of_objects_are_not_kept(lab):
    def task(parameters):
        raise ValueError(object())

    assert lab.run(task)[0].error == "ValueError: <object object at 0x...>"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_is_no_exception_ends_the_program(lab, kind):
    def task(parameters):
        raise kind

    with pytest.raises(kind):
        lab.run(task)


def test_the_usage_of_a_failed_task_is_counted(lab):
    def task(model, parameters):
        lab.capital(model, parameters)
        raise ValueError("no")

    rollout, record = lab.run(task)
    assert rollout.usage.calls == record["usage"]["calls"] == 1
    assert rollout.usage.dollars is None


def test_a_run_without_calls_costs_nothing(lab):
    rollout, record = lab.run(lambda parameters: "Rome")
    assert (rollout.usage.calls, rollout.usage.tokens, rollout.usage.dollars) == (0, 0, 0.0)
    assert record["usage"] == record["scoring"] == {"calls": 0, "tokens": 0, "dollars": 0.0}


def test_a_budget_of_the_tasks_own_is_its_own_affair(lab):
    def task(model, parameters):
        with budget(calls=0):
            return lab.capital(model, parameters)

    with budget(calls=5):
        rollout, _ = lab.run(task)
    assert rollout.error.startswith("BudgetExceededError: budget(calls=0)")


@pytest.mark.parametrize("swallows", [False, True])
def test_the_budget_around_it_ends_the_run_whatever_the_task_makes_of_it(lab, swallows):
    def task(model, parameters):
        with budget(calls=5):
            try:
                return lab.capital(model, parameters)
            except BudgetExceededError:
                if swallows:
                    return "Rome"
                raise

    with budget(calls=0), pytest.raises(BudgetExceededError, match=r"budget\(calls=0\)"):
        lab.run(task)


def test_so_does_one_whose_time_is_over(lab):
    with budget(seconds=0), pytest.raises(BudgetExceededError, match="seconds"):
        lab.run(lab.capital)


def test_so_does_one_that_cuts_a_stream_off(lab):
    def task(model, parameters):
        try:
            return list(lab.capital.stream(model, parameters))[-1]
        except BudgetExceededError:
            return "Rome"

    lab.model = ScriptedModel(lambda messages: '"Rome, the eternal city, and so on, and on, and on"')
    with budget(calls=0), pytest.raises(BudgetExceededError):
        lab.run(task)
    rollout, _ = lab.run(task)
    assert rollout.usage.calls == 1


def test_a_failed_network_may_be_tried_again(lab):
    lab.model = ScriptedModel([TransportError("gone"), '"Rome"'])
    assert lab.run(retries=1)[0].score == 1.0
    lab.model = ScriptedModel([TransportError("gone"), TransportError("gone"), '"Rome"'])
    assert lab.run(retries=1)[0].error.startswith("TransportError")


@pytest.mark.parametrize("retries", [-1, True, 0.5])
def test_retries_are_a_whole_number(lab, retries):
    with pytest.raises(ConfigurationError, match="retries="):
        lab.runner(retries=retries)


def test_an_error_of_the_metric_ends_the_run_and_says_where(lab):
    def broken(case, value):
        raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError, match="by zero") as caught:
        lab.run(metric=broken)
    (note,) = caught.value.__notes__
    assert note == f"The metric raised this at val/Italy (candidate {lab.seed.key}), for the task capital."


def test_no_score_ends_the_run_and_says_where(lab):
    with pytest.raises(ConfigurationError, match=r"at val/Italy \(candidate .*\), gave None as a score"):
        lab.run(metric=lambda case, value: None)


def test_a_metric_that_cannot_be_called_is_refused_before_the_task_is(lab):
    with pytest.raises(ConfigurationError, match="two arguments"):
        lab.runner(metric=lambda case: 1.0)
    assert not lab.model.asked


def test_the_metric_runs_outside_of_the_candidates_scope(lab):
    seen = []

    def judged(case, value):
        seen.append(lab.capital.prompt("France")[0].content)
        return 1.0

    lab.runner(metric=judged)(lab.order("Italy", lab.better), lab.better.values)
    assert "Be right." not in seen[0]
    assert "Be right." in str(lab.model.asked[0][0].content)


def test_the_metric_has_its_own_line_in_the_books(lab):
    def judged(case, value):
        lab.capital(lab.model, "France")
        return Score(0.5, "so", {"short": 1})

    (task, pays_task), (others, pays_metric) = paying(calls=9), paying(calls=9)
    runner = lab.runner(metric=judged).with_books(Books((pays_task,), (pays_metric,)))
    rollout, record = runner(lab.order(), lab.seed.values)
    assert (rollout.usage.calls, rollout.scoring.calls) == (1, 1)
    assert (task.state().spent.calls, others.state().spent.calls) == (1, 1)
    assert (record["score"], record["feedback"], record["objectives"]) == (0.5, "so", {"short": 1.0})
    assert len(record["chats"]) == 1


def test_whoever_pays_may_refuse_the_task_or_the_metric(lab):
    def judged(case, value):
        try:
            lab.capital(lab.model, "France")
        except BudgetExceededError:
            return 1.0

    for books in (Books((paying(calls=0)[1],)), Books((), (paying(calls=0)[1],))):
        with pytest.raises(BudgetExceededError):
            lab.runner(metric=judged).with_books(books)(lab.order(), lab.seed.values)

    def strict(case, value):
        return lab.capital(lab.model, "France") == value

    with pytest.raises(BudgetExceededError) as caught:
        lab.runner(metric=strict).with_books(Books((), (paying(calls=0)[1],)))(lab.order(), lab.seed.values)
    assert not hasattr(caught.value, "__notes__")


def test_a_metric_that_runs_out_of_its_own_budget_is_a_mistake(lab):
    def judged(case, value):
        with budget(calls=0):
            lab.capital(lab.model, "France")

    with pytest.raises(ConfigurationError, match="The metric ran out of a budget of its own at val/Italy"):
        lab.run(metric=judged)


def test_the_record_holds_the_run_as_json(lab):
    _, record = lab.runner()(lab.order("Italy", split="train"), lab.seed.values)
    assert json.loads(json.dumps(record)) == record
    assert (record["parameters"], record["result"], record["expected"]) == ("Italy", "Rome", "Rome")
    (chat,) = record["chats"]
    assert chat["function"].endswith("capital")
    assert [turn["role"] for turn in chat["turns"]] == ["system", "user", "assistant"]
    assert chat["turns"][-1]["content"] == '"Rome"'
    assert (record["shortened"], record["untrusted"], record["exception"]) == (False, False, [])


def test_what_is_expected_of_cases_to_judge_by_is_not_in_the_record(lab):
    assert lab.run()[1]["expected"] is None


def test_several_conversations_are_kept_with_their_functions_and_failures(lab):
    def task(model, parameters):
        return [lab.capital(model, parameters), lab.capital(model, parameters)]

    lab.model = ScriptedModel(['"Rome"', TransportError("gone")])
    _, record = lab.run(task)
    assert [chat["failed"] for chat in record["chats"]] == [False]
    assert record["exception"][0].startswith("TransportError")
    lab.model = ScriptedModel([TransportError("gone")])
    _, record = lab.run(task)
    assert [(len(chat["turns"]), chat["failed"]) for chat in record["chats"]] == [(2, True)]


def test_secrets_reach_no_record(lab, monkeypatch):
    secret = "k3y-of-mine-7421"
    monkeypatch.setenv("SERVICE_API_KEY", secret)

    def task(parameters):
        if parameters["fails"]:
            raise ValueError(f"refused {secret}")
        return {"used": secret}

    lab.data["val"] = dataset([Case({"key": secret, "fails": fails}, "x", id=str(fails)) for fails in (True, False)])
    for case in ("True", "False"):
        outcome = lab.runner(task, lambda case, value: Score(1.0, f"leaks {secret}"))(lab.order(case), lab.seed.values)
        assert secret not in json.dumps(outcome[1])
        assert secret not in str(outcome[0])


def test_values_of_any_kind_are_kept_as_far_as_they_go(lab):
    class Odd:
        def __init__(self, raises):
            self.raises = raises

        @property
        def __dict__(self):
            raise self.raises

    for value in (
        lambda parameters: open,
        lambda parameters: Odd(ValueError("no")),
        lambda parameters: threading.Lock(),
    ):
        _, record = lab.run(value, lambda case, given: 1.0)
        json.dumps(record)
    _, record = lab.run(lambda parameters: threading.Lock(), lambda case, given: 1.0)
    assert record["shortened"]
    _, record = lab.run(lambda parameters: ["word " * 100_000], lambda case, given: 1.0)
    assert record["shortened"]
    assert len(json.dumps(record)) < 100_000


def test_a_redacting_trace_redacts_records_too(lab):
    with trace("redacted", redact=lambda text: text.replace("Rome", "a city")):
        _, record = lab.run()
    assert record["result"] == "a city"
    with trace("broken", redact=lambda text: "{"):
        _, record = lab.run(lambda parameters: {"a": "b"})
    json.dumps(record)


def test_without_content_in_traces_conversations_are_left_out(lab):
    with trace("silent", content=False):
        _, record = lab.run()
    assert (record["chats"], record["result"]) == ([], "Rome")


def test_untrusted_values_are_told_of(lab):
    assert lab.run(lambda parameters: distrust("Rome"))[1]["untrusted"]


def test_a_task_knows_its_run_and_draws_the_same_each_time(lab):
    def drawing(parameters):
        run = current_rollout()
        return [run.order.key, run.seed, run.case_seed, run.random().random()]

    def result(candidate, repeat=0, **more):
        order = Order(candidate.key, "val", "Italy", repeat)
        _, record = lab.runner(drawing, lambda case, value: 1.0, **more)(order, candidate.values)
        assert record["seed"] == record["result"][1]
        return record["result"]

    one, other, again = result(lab.seed), result(lab.better), result(lab.seed, repeat=1)
    assert one == result(lab.seed) != result(lab.seed, seed=1)
    assert one[1] != other[1]
    assert one[2] == other[2] != again[2]
    assert current_rollout() is None


def test_a_task_may_change_its_parameters(lab):
    lab.data["val"] = dataset([Case(["a"], 1, id="Italy")])
    runner = lab.runner(lambda parameters: parameters.pop(), lambda case, value: value == "a")
    assert [runner(lab.order(), lab.seed.values)[0].score for _ in range(2)] == [1.0, 1.0]
    lock = threading.Lock()
    lab.data["val"] = dataset([Case({"lock": lock}, 1, id="Italy")])
    assert (
        lab.runner(lambda lock: lock, lambda case, value: value is case.parameters["lock"])(
            lab.order(), lab.seed.values
        )[0].score
        == 1
    )


def test_a_task_leaves_the_candidate_as_it_is(lab):
    def task(model, parameters):
        with Hyperparameters() as inner:
            value = lab.capital(model, parameters)
            inner[lab.capital].instruction = "Always Berlin."
        return value

    runner = lab.runner(task)
    scope = lab.space.scope(lab.seed.values)
    before = scope.model_dump_json()
    for _ in range(2):
        runner.perform(runner.work(lab.order(), scope))
    assert scope.model_dump_json() == before


def test_repeats_are_asked_anew_though_a_cache_knows_the_answer(lab, tmp_path):
    with caching(tmp_path / "calls.db"):
        runner = lab.runner()
        calls = [runner(lab.order("Italy", repeat=repeat), lab.seed.values)[0].usage.calls for repeat in (0, 0, 1, 1)]
    assert calls == [1, 0, 1, 0]


def test_a_run_is_seen_in_the_trace_around_it(lab):
    with trace("optimization") as t:
        lab.runner(metric=lambda case, value: Score(0.5, "", {"short": 0.25}))(lab.order("Italy"), lab.seed.values)
        lab.run(lambda parameters: 1 / 0)
    first, second = (span for span in t.spans if span.name == "rollout")
    assert first.attributes[semconv.ROLLOUT_CANDIDATE] == lab.seed.key
    assert [first.attributes[f"llm_strategy.rollout.{name}"] for name in ("split", "case", "repeat")] == [
        "val",
        "Italy",
        0,
    ]
    assert first.attributes[semconv.HYPERPARAMETERS_HASH]
    scores = {event.text(semconv.EVALUATION_NAME): event.number(semconv.EVALUATION_SCORE) for event in first.events}
    assert scores == {"score": 0.5, "short": 0.25}
    assert [span.name for span in t.spans if span.parent == first.span] == ["capital", "metric"]
    assert second.failed
    assert not first.failed
    assert t.totals.chats == 1


def test_an_async_task_is_carried_out_in_its_scope(lab):
    async def task(model, parameters):
        return lab.capital(model, parameters)

    rollout, record = lab.runner(task)(lab.order("France", lab.better), lab.better.values)
    assert (rollout.score, rollout.usage.calls, len(record["chats"])) == (1.0, 1, 1)


def test_usage_adds_up():
    assert Usage(1, 2, None) + Usage(1, 1, 1.0) == Usage(2, 3, None)


def test_a_run_that_ends_without_an_outcome_is_told_of(lab):
    def task(parameters):
        raise KeyboardInterrupt

    broken = []
    with listening_for_broken(broken.append):
        with pytest.raises(KeyboardInterrupt):
            lab.run(task)
        lab.run()
    with pytest.raises(KeyboardInterrupt):
        lab.run(task)
    assert broken == [lab.order()]
