"""A whole optimization: from a task and cases to better hyperparameters, by models that say what a test tells them."""

import json

import pytest
from pydantic import Field

from llm_strategy.errors import ConfigurationError, HyperparameterError, InputError, StoredDataError
from llm_strategy.function import llm_function
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.optimize import Budget, Case, Judge, LLMProposerSettings, Score, optimize, search_space
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.store import OptimizationRecord
from llm_strategy.testing.scripted import ScriptedModel

PLAIN = LLMProposerSettings(mode="plain")
BEST = "Say the mood: pos or neg. Mind irony."


@llm_function
def label(model, text: str) -> str:
    """Label the text."""


@track_hyperparameters
def rounded(number: float, *, _digits: int = Field(0, ge=0, le=6), _exact: bool = False) -> float:
    return number if _exact else round(number, _digits)


@metric(deterministic=True, perfect=1.0)
def right(case, value):
    return value == case.expected


@metric(deterministic=True)
def near(case, value):
    return 1 - abs(case.expected - value)


def answer(messages):
    instruction, text = messages[0].content, messages[-1].content
    if "mood" not in instruction:
        return '"?"'
    ironic = "oh" in text and "irony" in instruction
    return '"neg"' if "bad" in text or ironic else '"pos"'


def writer():
    texts = iter(["Write nicely.", "Say the mood: pos or neg.", BEST] * 100)
    return ScriptedModel(lambda _messages: next(texts))


def cases(count=20):
    told = {"good": "pos", "bad": "neg", "oh good": "neg"}
    return [Case({"text": f"{word} {n}"}, wanted, group=word) for n in range(count) for word, wanted in told.items()]


@pytest.fixture
def optimized():
    def run(task=label, data=None, **options):
        options.setdefault("metric", right)
        options.setdefault("budget", 200)
        options.setdefault("model", writer())
        options.setdefault("task_model", ScriptedModel(answer))
        options.setdefault("proposing", PLAIN)
        return optimize(task, cases() if data is None else data, **options)

    return run


def test_cases_may_be_given_by_their_names():
    data = [Case(number / 64, number / 64) for number in range(1, 31)]
    train, val, test = data[:10], data[10:20], data[20:]
    named = optimize(task=rounded, train=train, val=val, test=test, metric=near, budget=60)
    assert named.best == optimize(rounded, train, val, test, metric=near, budget=60).best


def test_a_better_instruction_is_found_and_loaded_in_one_line(optimized):
    report = optimized()

    with Hyperparameters.model_validate_json(report.best):
        assert label(ScriptedModel(answer), "oh good") == "neg"
    assert report.gain is not None
    assert report.gain.low > 0
    assert report.gain.split == "test"
    assert report.rollouts <= 200


def test_the_seed_is_returned_where_nothing_helps(optimized):
    report = optimized(model=ScriptedModel(lambda _messages: "Write nicely."), budget=100)

    assert report.is_seed
    assert Hyperparameters.model_validate_json(report.best)[label].instruction == "Label the text."


def test_the_log_is_the_same_with_any_number_of_workers(optimized, tmp_path):
    logs = []
    for workers in (1, 8):
        place = tmp_path / f"{workers}.db"
        optimized(workers=workers, store=place)
        with OptimizationRecord(place) as record:
            logs.append(record.log())

    assert logs[0] == logs[1]
    assert logs[0]


def test_a_run_that_was_broken_off_goes_on_and_pays_for_nothing_twice(optimized, tmp_path):
    asked = []

    def dying(case, value):
        if len(asked) == 40:
            raise KeyboardInterrupt
        asked.append(case.parameters["text"])
        return right(case, value)

    def counted(case, value):
        asked.append(case.parameters["text"])
        return right(case, value)

    whole = optimized(metric=metric(deterministic=True, perfect=1.0)(counted))
    once = len(asked)
    asked.clear()
    scored = metric(deterministic=True, perfect=1.0)(dying)
    with pytest.raises(KeyboardInterrupt):
        optimized(metric=scored, store=tmp_path / "run.db")
    asked.append("the one that was interrupted")
    resumed = optimized(metric=scored, store=tmp_path / "run.db")

    assert resumed.best == whole.best
    assert len(asked) == once + 1


def test_another_task_is_not_mixed_with_what_was_stored(optimized, tmp_path):
    optimized(store=tmp_path / "run.db", budget=40)

    with pytest.raises(StoredDataError, match="the cases of train has changed"):
        optimized(data=cases(12), store=tmp_path / "run.db", budget=40)


def test_numbers_and_switches_are_found_without_a_model():
    data = [Case(number / 64, number / 64) for number in range(1, 60)]

    report = optimize(rounded, data, metric=near, budget=200)

    with report.scope():
        assert rounded(1 / 64) == pytest.approx(1 / 64, abs=0.02)


@pytest.mark.parametrize("engine", ["random", "optuna", "gepa"])
def test_other_engines_search_the_same_space(optimized, engine):
    if engine == "gepa":
        report = optimized(engine=engine, budget=150)
        assert Hyperparameters.model_validate_json(report.best)[label].instruction != "Label the text."
    else:
        data = [Case(number / 64, number / 64) for number in range(1, 60)]
        report = optimize(rounded, data, metric=near, budget=100, engine=engine)
        assert report.gain is not None
    assert report.engine == engine


def test_candidates_written_by_hand_are_proposed_in_place_of_a_model(optimized):
    space = search_space(label, include=["*:instruction"])
    (path,) = space.seed

    report = optimized(space=space, pool=[{path: "Write nicely."}, {path: BEST}], model=None)

    assert Hyperparameters.model_validate_json(report.best)[label].instruction == BEST
    assert "pool" in {one.proposer for one in report.members}
    assert "llm" not in {one.proposer for one in report.members}


def test_a_judge_scores_where_there_is_no_metric(optimized):
    def verdict(messages):
        level = "poor" if "'?'" in messages[-1].content or '"?"' in messages[-1].content else "perfect"
        return f'{{"reasons": "It is {level}.", "level": "{level}"}}'

    judge = Judge("It names the mood.", ScriptedModel(verdict))

    report = optimized(metric=None, judge=judge, budget=60)

    assert not report.self_evaluated
    assert report.optimizer_spent.calls > 0


def test_an_error_of_the_task_is_data(optimized):
    def failing(parameters):
        raise ValueError(f"no {parameters['text']}")

    report = optimized(failing, space=search_space(label, include=["*:instruction"]), budget=60)

    assert report.is_seed


def test_what_is_given_wrong_is_said_before_anything_is_paid(optimized):
    model = ScriptedModel([])
    with pytest.raises(ConfigurationError, match="has no option 'worker'"):
        optimized(worker=3, model=model)
    with pytest.raises(ConfigurationError, match=r"workers=0.*from 1 on"):
        optimized(workers=0, model=model)
    with pytest.raises(ConfigurationError, match="two of them score"):
        optimized(judge=Judge("Good."), model=model)
    with pytest.raises(ConfigurationError, match="'minibach'"):
        optimized(settings={"minibach": 2}, model=model)
    with pytest.raises(ConfigurationError, match="Give a judge instead"):
        optimized(synthetic=3, model=model)
    with pytest.raises(ConfigurationError, match="make a space by search_space"):
        optimized(space="all", model=model)
    with pytest.raises(HyperparameterError, match="Name the functions whose"):
        optimized(lambda parameters: parameters, model=model)
    with pytest.raises(InputError, match="no items"):
        optimized(data=[], model=model)
    assert not model.asked


def suggesting(made_up):
    """A model that reflects, suggests the best instruction, and makes up inputs."""

    def reply(messages):
        text = "\n".join(str(message.content) for message in messages)
        if "reflect_on_task_run(" in text:
            told = dict.fromkeys(["feedback", "evaluation", "hyperparameter_suggestion", "hyperparameter_missing"], "x")
            return json.dumps({"return_value": told})
        if "probability_for_improvement(" in text:
            return '{"return_value": {"considerations": [], "probability": 0.5}}'
        points = [{"label": {"instruction": BEST}}]
        step = {"suggestion": "Name the mood.", "hyperparameter_suggestions": points, "hypotheses": ["vague"]}
        return json.dumps({"return_value": {**step, "task_parameters_suggestions": made_up}})

    return ScriptedModel(reply)


def test_made_up_inputs_that_the_task_cannot_be_called_with_are_no_end():
    made_up = [{"txet": "fine 1"}, 5, {"text": "fine 2"}]
    data = [one.parameters for one in cases()]
    judge = Judge("It says the mood.", ScriptedModel(lambda _messages: '{"reasons": "So so.", "level": "fair"}'))
    report = optimize(
        label,
        data,
        judge=judge,
        model=suggesting(made_up),
        task_model=ScriptedModel(answer),
        synthetic=5,
        budget=60,
    )
    assert [one.parameters for one in report.synthetic] == [{"text": "fine 2"}]


def test_no_case_is_in_two_splits():
    data = cases()
    with pytest.raises(InputError, match="in two splits"):
        optimize(label, data, data, metric=right, budget=Budget(rollouts=20))


def test_where_only_test_cases_are_given_the_others_are_divided():
    data = [Case(number / 64, number / 64) for number in range(1, 60)]

    report = optimize(rounded, data[:30], None, data[30:], metric=near, budget=120)

    assert report.gain is not None
    assert report.gain.split == "test"
    assert report.gain.cases == 29


def test_the_report_is_kept_in_the_store(optimized, tmp_path):
    report = optimized(store=tmp_path / "run.db")

    assert OptimizationReport.from_store(tmp_path / "run.db").best == report.best


def test_several_objectives_are_kept_beside_the_score(optimized):
    def both(case, value):
        return Score(float(value == case.expected), objectives={"short": 1.0 / (1 + len(str(value)))})

    report = optimized(metric=metric(deterministic=True, perfect=1.0)(both), settings={"front": "both"})

    assert any("short" in one.objectives for one in report.members)


def test_defaults_may_be_written_out_when_a_run_goes_on(optimized, tmp_path):
    first = optimized(store=tmp_path / "run.db", budget=40)
    again = optimized(store=tmp_path / "run.db", budget=40, seed=0, retries=0, engine="llm-strategy", synthetic=0)

    assert again.best == first.best


def test_another_pool_is_another_run(optimized, tmp_path):
    space = search_space(label, include=["*:instruction"])
    (path,) = space.seed
    optimized(space=space, pool=[{path: "Write nicely."}], store=tmp_path / "run.db", budget=60)

    with pytest.raises(StoredDataError, match="the setting pool"):
        optimized(space=space, pool=[{path: BEST}], store=tmp_path / "run.db", budget=60)
