import re
import threading

import pytest
from pydantic import BaseModel

from llm_strategy import Hyperparameters, budget, distrust, track_hyperparameters
from llm_strategy.errors import BudgetExceededError, ConfigurationError, InputError, ReplyError, UntrustedInputError
from llm_strategy.optimize.loop import LLMOptimizer, OptimizationStep, TaskRun, optimize_hyperparameters
from llm_strategy.optimize.metric.score import Score
from llm_strategy.optimize.space import search_space


def good(_, result):
    return float(result == "good")


def test_the_best_by_a_metric_is_returned_as_a_scope_that_holds(answers, essay):
    model, _ = answers()
    best, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], metric=good, rounds=1
    )
    assert report.chosen_by == "metric"
    assert report.reason == "rounds"
    assert [one.score for one in report.scores] == [1.0, 0.0]
    with best:
        assert essay.task(model, essay.parameters(name="Rome")) == "good"
    assert essay.task(model, essay.parameters(name="Rome")) == "bad"


def test_results_and_scores_reach_whoever_suggests(answers, essay):
    model, asked = answers()

    def metric(_, result):
        return Score(0.25, f"{result} is too short")

    optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], metric=metric, rounds=1)
    (prompt,) = asked.of("suggest_next_optimization_step")
    assert '"results": "bad"' in prompt
    assert '"score": 0.25' in prompt
    assert "bad is too short" in prompt
    assert "A word limit" in prompt  # what is missing is told as well
    (reflecting, *_) = asked.of("reflect_on_task_run")
    assert re.search(r"^return_value: data between [^\n]*\n<(data-\w+)>\nbad\n</\1>$", reflecting, re.MULTILINE)
    assert '"role": "assistant"' in reflecting


def test_types_of_the_task_go_through(answers, essay):
    topic = essay.parameters(name="Rome", pages=3)
    model, _ = answers(
        suggest_next_optimization_step=essay.suggested(task_parameters_suggestions=[topic.model_dump()]),
    )
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=1)
    (step,) = report.steps
    assert isinstance(step, OptimizationStep)
    assert step.task_parameters_suggestions == [topic]
    assert [run.task_parameters for run in report.runs if run.split == "synthetic"] == [topic]
    run = report.runs[0]
    assert isinstance(run, TaskRun)
    assert type(run).__name__ == "TaskRun[Topic, str, SearchSpace]"
    assert type(run.hyperparameters) is type(report.best_hyperparameters)


def test_nested_hyperparameters_keep_their_types(answers):
    class Style(BaseModel):
        tone: str = "flat"
        level: int = 1

    seen = []

    @track_hyperparameters
    def speak(word: str, *, _style: Style = Style()) -> str:  # noqa: B008
        seen.append(_style)
        return f"{word} {_style.tone}"

    model, _ = answers(
        suggest_next_optimization_step={
            "suggestion": "",
            "hyperparameter_suggestions": [{"speak": {"style": {"tone": "warm"}}}],
        }
    )
    best, report = optimize_hyperparameters(
        model, None, lambda _, word: speak(word), ["hi"], metric=lambda _, said: "warm" in said, rounds=1
    )
    assert report.scores[0].score == 1
    with best:
        assert speak("hi") == "hi warm"
    assert seen[-1] == Style(tone="warm", level=1)  # what was left out stayed


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), KeyError("a"), AssertionError("three")])
def test_whatever_a_task_raises_is_data(answers, essay, error):
    model, asked = answers()

    def task(model, topic):
        essay.function(model, topic)
        raise error

    _, report = optimize_hyperparameters(model, model, task, [essay.parameters(name="Bees")], rounds=1, metric=good)
    assert all(run.failed and run.score == 0 for run in report.runs)
    assert f'["{type(error).__name__}: ' in asked.of("reflect_on_task_run")[0]


def test_what_a_task_raised_from_is_told(answers, essay):
    model, _ = answers()

    def task(model, topic):
        try:
            essay.function(model, topic)
            raise KeyError("deep")  # noqa: TRY301
        except KeyError as error:
            raise ValueError("top") from error

    _, report = optimize_hyperparameters(model, model, task, [essay.parameters(name="Bees")], rounds=0)
    assert report.runs[0].exception == ["ValueError: top", "KeyError: 'deep'"]


def test_it_ends_where_improvement_is_improbable(answers, essay):
    model, asked = answers(probability_for_improvement={"considerations": ["done"], "probability": 0.2})
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=5)
    assert report.reason == "improvement is improbable"
    assert asked.asked.count("suggest_next_optimization_step") == 1
    model, _ = answers(probability_for_improvement={"considerations": [], "probability": 0.2})
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], rounds=2, stop_below=0.1
    )
    assert report.reason == "rounds"


def test_a_probability_beyond_one_is_asked_for_again(answers, essay):
    model, _ = answers(probability_for_improvement=[{"considerations": [], "probability": p} for p in (75, 0.75)])
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=1)
    assert [one.probability for one in report.probabilities] == [0.75]


def test_grades_decide_where_there_is_no_metric(answers, essay):
    model, _ = answers(
        reflect_on_task_run=lambda prompt: essay.reflected(grade=0.9 if ">\ngood\n</data-" in prompt else 0.1)
    )
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=1)
    assert report.chosen_by == "self-evaluation"
    assert report.best_hyperparameters.write.instruction == "Write well."


def test_of_what_the_model_calls_the_best_only_what_was_tried_counts(answers, essay):
    better, unknown = {"write": {"instruction": "Write well."}}, {"write": {"instruction": "Never tried."}}
    model, _ = answers(
        suggest_next_optimization_step=[
            essay.suggested(best_hyperparameters=unknown),
            essay.suggested(best_hyperparameters=better),
        ]
    )
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")])
    assert report.chosen_by == "model"
    assert report.best_hyperparameters.write.instruction == "Write well."
    assert report.problems == ("The model named hyperparameters as the best that were never tried.",)


def test_hypotheses_that_were_acted_upon_are_told_with_what_came_of_them(answers, essay):
    model, asked = answers(suggest_next_optimization_step=essay.suggested(hypotheses=["too terse"]))
    optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], metric=good)
    second = asked.of("suggest_next_optimization_step")[1]
    assert '{"hypothesis": "too terse", "outcome": "a score of 1.000"}' in second
    model, asked = answers(suggest_next_optimization_step=essay.suggested(hypotheses=["too terse"]))
    optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")])
    assert '"outcome": "it was tried"' in asked.of("suggest_next_optimization_step")[1]


def test_old_runs_are_summed_up(answers, essay):
    model, asked = answers()
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], kept_infos=1, summarized_infos=2, rounds=2
    )
    assert report.info.older_task_summary == "All was bad."
    assert len(report.info.task_infos) == 1
    assert len(report.task_infos) == 3
    assert "All was bad." in asked.of("suggest_next_optimization_step")[1]


def test_the_optimizers_own_prompts_are_hyperparameters(answers, essay):
    model, asked = answers()
    with Hyperparameters({LLMOptimizer.reflect_on_task_run: {"instruction": "Complain."}}):
        optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=0)
    assert "Complain." in asked.of("reflect_on_task_run")[0]


def test_many_workers_give_the_same_as_one(answers, essay):
    topics = [essay.parameters(name=f"Topic {number}") for number in range(6)]
    reports = []
    for workers in (1, 4):
        model, _ = answers()
        _, report = optimize_hyperparameters(model, model, essay.task, topics, workers=workers, metric=good, rounds=1)
        reports.append(report)
    one, four = ([(run.task_parameters, run.score, run.return_value) for run in report.runs] for report in reports)
    assert one == four
    assert len(one) == 12


def test_scopes_of_runs_side_by_side_do_not_meet(answers, essay):
    both = threading.Barrier(2, timeout=20)
    model, _ = answers(
        suggest_next_optimization_step=essay.suggested(
            hyperparameter_suggestions=[{"write": {"instruction": name}} for name in ("Write well.", "Write ill.")]
        )
    )

    def task(model, topic):
        if topic.name == "Meet":
            both.wait()
        said = essay.function(model, topic)
        if topic.name == "Meet":
            both.wait()
        return said

    meet = essay.parameters(name="Meet")
    _, report = optimize_hyperparameters(
        model, model, task, [meet, meet.model_copy()], workers=2, metric=good, rounds=1
    )
    assert sorted(one.score for one in report.scores) == [0, 0, 1]


def test_what_was_found_is_returned_where_a_budget_ends(answers, essay):
    model, _ = answers()
    with budget(calls=6):  # 2 for the seed, a suggestion, 2 for the first new run, and 1 of the reflections on more
        _, report = optimize_hyperparameters(
            model, model, essay.task, [essay.parameters(name="Bees")], metric=good, rounds=5
        )
    assert report.reason == "budget"
    assert report.best_hyperparameters.write.instruction == "Write well."


@pytest.mark.parametrize("workers", [1, 3])
def test_runs_before_the_end_of_a_budget_are_in_the_report(answers, essay, workers):
    topics = [essay.parameters(name=f"Topic {number}") for number in range(3)]

    def named(prompt):
        return re.findall(r"Topic \d", prompt)[-1]

    for calls in (3, 4, 5, 8, 9, 10, 12):
        model, asked = answers(write=named, reflect_on_task_run=lambda told: essay.reflected(feedback=named(told)))
        with budget(calls=calls):
            _, report = optimize_hyperparameters(
                model, model, essay.task, topics, metric=good, workers=workers, rounds=1
            )
        assert report.reason == "budget"
        assert len(asked.asked) <= calls
        for info in report.task_infos:
            assert info.task_parameters.name == info.results == info.reflection.feedback
        assert len(report.task_infos) == asked.asked.count("reflect_on_task_run")
        assert len(report.runs) == asked.asked.count("write")  # nothing that was paid for is lost
        if workers == 1:
            assert len(report.runs) == 3 + (max(0, calls - 7) + 1) // 2
            assert len(report.task_infos) == min(3, calls - 3) + max(0, calls - 7) // 2


@pytest.mark.parametrize(("calls", "best"), [(7, "Write."), (9, "Write."), (11, "Write well.")])
def test_what_a_budget_ends_is_chosen_only_where_it_was_tried_as_often_as_the_best(answers, essay, calls, best):
    points = [{"write": {"instruction": told}} for told in ("Write well.", "Write more.")]
    model, _ = answers(suggest_next_optimization_step=essay.suggested(hyperparameter_suggestions=points))
    topics = [essay.parameters(name="Bees"), essay.parameters(name="Rome")]
    with budget(calls=calls):  # 4 for the seeds, a suggestion; then 2 for each point at each topic
        point, report = optimize_hyperparameters(model, model, essay.task, topics, metric=good, rounds=9)
    assert report.reason == "budget"
    assert point[essay.function].instruction == best


def test_a_budget_that_ends_before_the_seeds_is_an_error(answers, essay):
    model, _ = answers()
    topics = [essay.parameters(name="Bees"), essay.parameters(name="Rome")]
    with pytest.raises(BudgetExceededError), budget(calls=1):
        optimize_hyperparameters(model, model, essay.task, topics)


def test_suggestions_that_do_not_fit_together_are_noted(answers, essay):
    space = search_space(essay.function, include=["write:templates.task"])
    points = [{"write": {"templates": {"task": text}}} for text in ("{nonsense}", "{act}{signature} Write well.")]
    model, _ = answers(suggest_next_optimization_step=essay.suggested(hyperparameter_suggestions=points))
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], space=space, metric=good, rounds=1
    )
    assert report.scores[0].score == 1
    assert "nonsense" in report.problems[0]


def test_a_task_whose_types_nobody_knows_is_optimized_all_the_same(answers, essay):
    def task(model, topic: "Unknown") -> "Unknown":  # noqa: F821
        return essay.function(model, topic)

    model, _ = answers()
    seeds = [essay.parameters(name="Bees"), {"name": "Rome"}]
    _, report = optimize_hyperparameters(model, model, task, seeds, metric=good, rounds=1)
    assert type(report.runs[0]).__name__ == "TaskRun[Any, Any, SearchSpace]"
    assert report.scores[0].score == 1


def test_a_model_that_gives_nothing_of_use_ends_nothing_but_its_part(answers, essay):
    model, _ = answers(reflect_on_task_run=ReplyError("nothing"), probability_for_improvement=ReplyError("nothing"))
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=1)
    assert len(report.runs) == 2
    assert not report.task_infos
    assert len(report.problems) == 3
    model, _ = answers(suggest_next_optimization_step=ReplyError("nothing"))
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=1)
    assert report.reason.startswith("no suggestion came")
    model, _ = answers(summarize_optimization_info=ReplyError("nothing"))
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], kept_infos=1, summarized_infos=2, rounds=1
    )
    assert report.info.older_task_summary is None
    assert "not summed up" in report.problems[0]


def test_made_up_inputs_are_limited_and_none_is_tried_twice(answers, essay):
    names = ["Bees", "Rome", "Rome", "Sea", "Sun", "Air", "Ice"]
    model, _ = answers(
        suggest_next_optimization_step=essay.suggested(task_parameters_suggestions=[{"name": one} for one in names])
    )
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], rounds=1, inputs_per_round=3
    )
    assert [run.task_parameters.name for run in report.runs] == ["Bees", "Rome", "Sea", "Sun"]
    assert [run.split for run in report.runs] == ["train", "synthetic", "synthetic", "synthetic"]


def test_untrusted_inputs_are_refused_before_anything_is_paid(answers, essay):
    model, asked = answers()
    topic = distrust(essay.parameters(name="Obey me"))
    with pytest.raises(UntrustedInputError, match="trusting=True"):
        optimize_hyperparameters(model, model, essay.task, [topic])
    assert not asked.asked
    best, report = optimize_hyperparameters(model, model, essay.task, [topic], trusting=True, metric=good, rounds=1)
    assert report.runs[0].untrusted
    with best:
        assert essay.task(model, essay.parameters(name="Rome")) == "good"


def test_suggestions_out_of_untrusted_results_are_not_used(answers, essay):
    model, _ = answers()

    def task(model, topic):
        return distrust(essay.function(model, topic))

    _, report = optimize_hyperparameters(model, model, task, [essay.parameters(name="Bees")], rounds=1)
    assert "untrusted" in report.reason
    assert len(report.runs) == 1


def test_a_space_says_what_may_change(answers, essay):
    space = search_space(essay.function, include=["write:instruction"])
    model, asked = answers()
    optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], space=space, rounds=1)
    assert 'hyperparameters: {"write": {"instruction": "Write."}}' in asked.of("reflect_on_task_run")[0]


def test_results_that_are_no_data_are_shown_as_text(answers, essay):
    model, asked = answers()

    def task(model, topic):
        essay.function(model, topic)
        return threading.Lock()

    _, report = optimize_hyperparameters(model, model, task, [essay.parameters(name="Bees")], rounds=0)
    assert "unlocked" in report.runs[0].return_value
    assert "unlocked" in asked.of("reflect_on_task_run")[0]


def test_very_long_results_are_cut_in_the_middle(answers, essay):
    model, _ = answers(write="a" * 30_000 + "end")
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=0)
    assert len(report.runs[0].return_value) <= 20_000
    assert report.runs[0].return_value.endswith("end")
    assert " [...] " in report.runs[0].return_value


def test_what_cannot_begin_says_why(answers, essay):
    model, _ = answers()
    with pytest.raises(InputError, match="no inputs"):
        optimize_hyperparameters(model, model, essay.task, [])
    with pytest.raises(ConfigurationError, match=r"no hyperparameters.*ValueError: broken"):
        optimize_hyperparameters(model, model, broken, ["x"])
    with pytest.raises(ConfigurationError, match="rounds=-1"):
        optimize_hyperparameters(model, model, essay.task, ["x"], rounds=-1)
    with pytest.raises(ConfigurationError, match="stop_below=3"):
        optimize_hyperparameters(model, model, essay.task, ["x"], stop_below=3)
    with pytest.raises(ConfigurationError, match="kept_infos=20"):
        optimize_hyperparameters(model, model, essay.task, ["x"], kept_infos=20)


def broken(model, word):
    raise ValueError("broken")


def test_the_report_says_in_few_lines_what_happened(answers, essay):
    model, _ = answers()
    _, report = optimize_hyperparameters(
        model, model, essay.task, [essay.parameters(name="Bees")], metric=good, rounds=1
    )
    told = str(report)
    assert "2 runs (0 at made-up inputs, 0 failed), 1 suggestion" in told
    assert "chosen by: metric" in told
    assert "task: 2 calls" in told
    assert "optimizer: 4 calls" in told
    assert "missing: word limit (2 runs)" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rouds": 2}, r"no option 'rouds'. Did you mean 'rounds'\?"),
        ({"metric": lambda one: 1.0}, "is called with two arguments"),
        ({"metric": 3}, "The metric is 3"),
        ({"space": "all"}, "make a space by search_space"),
        ({"stop_below": "often"}, "stop_below='often' is no probability"),
        ({"metric": lambda one, value: "good"}, "The metric, at .*Bees.*, gave 'good' as a score"),
    ],
)
def test_what_is_given_wrong_is_told_in_words_of_the_caller(answers, essay, options, told):
    model, _ = answers()
    with pytest.raises(ConfigurationError, match=told):
        optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], **options)


def test_what_a_metric_raises_says_at_which_input(answers, essay):
    def broken(_, value):
        raise KeyError(value)

    model, _ = answers()
    with pytest.raises(KeyError) as caught:
        optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], metric=broken)
    assert caught.value.__notes__ == ["The metric raised this at Topic(name='Bees', pages=1)."]


def test_one_run_is_told_as_one(answers, essay):
    model, _ = answers()
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], rounds=0)
    assert str(report).startswith("1 run (0 at made-up inputs, 0 failed), 0 suggestions\n")
    assert "missing: word limit (1 run)" in str(report)


def test_a_suggestion_is_tried_once_and_one_that_changes_nothing_is_not(answers, essay):
    better = {"write": {"instruction": "Write well."}}
    model, asked = answers(
        suggest_next_optimization_step=[
            essay.suggested(hyperparameter_suggestions=[better, better], hypotheses=["dull", "too dull"]),
            essay.suggested(hyperparameter_suggestions=[{}, {"write": {"instruction": None}}], hypotheses=["none"]),
        ]
    )
    _, report = optimize_hyperparameters(model, model, essay.task, [essay.parameters(name="Bees")], metric=good)
    assert asked.asked.count("write") == len(report.runs) == 2
    assert report.problems == (
        "A suggestion stands there twice, and was not tried: too dull",
        "A suggestion changes nothing, and was not tried: none",
        "A suggestion changes nothing, and was not tried: it has no hypothesis",
    )
    assert [one.hypothesis for one in report.info.hypotheses] == ["dull"]
