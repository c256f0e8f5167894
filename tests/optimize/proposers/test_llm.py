import re

import pytest

from llm_strategy import Hyperparameters, budget
from llm_strategy.errors import BudgetExceededError, ReplyError, UntrustedInputError
from llm_strategy.optimize.loop import LLMOptimizer


def test_failures_are_reflected_on_and_one_typed_step_gives_values(lab):
    model = lab.Model(
        suggest_next_optimization_step=lab.step(
            {"write": {"instruction": "Write at length."}}, hypotheses=["too terse"]
        )
    )
    proposer, (made,) = lab.proposed(model, lab.rollout("a", 0.0), lab.rollout("b", 1.0), lab.rollout("c", 0.5))
    assert made.values == {lab.instruction: "Write at length.", lab.temperature: lab.space.seed[lab.temperature]}
    assert made.hypothesis == "too terse"
    assert [re.search(r"short (\w)", one)[1] for one in model.of("reflect_on_task_run")] == ["a", "c"]
    (prompt,) = model.of("suggest_next_optimization_step")
    assert '"results": "short a"' in prompt
    assert '"expected": "long"' in prompt
    assert "too short c" in prompt
    assert "said a" in model.of("reflect_on_task_run")[0]
    assert proposer.name == "llm"


def test_where_every_run_is_perfect_the_first_one_is_looked_at(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "B"}}))
    lab.proposed(model, lab.rollout("a", 1.0), lab.rollout("b", 1.0))
    assert len(model.of("reflect_on_task_run")) == 1


def test_what_is_not_set_stays_the_parents(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"temperature": 0.25}}))
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values == {lab.instruction: "Write.", lab.temperature: 0.25}


@pytest.mark.parametrize(
    ("point", "problem"),
    [({}, "what it was made from"), ({"write": {"instruction": "Write."}}, "what it was made from")],
)
def test_no_change_is_no_proposal(lab, point, problem):
    model = lab.Model(suggest_next_optimization_step=lab.step(point))
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values is None
    assert problem in made.problem


def test_a_model_that_gives_nothing_is_a_proposal_without_values(lab):
    model = lab.Model(suggest_next_optimization_step=ReplyError("declined"))
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert "declined" in made.problem
    model = lab.Model(suggest_next_optimization_step=lab.step())
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.problem == "The model proposed nothing."


def test_a_budget_that_is_used_up_is_raised(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    with pytest.raises(BudgetExceededError), budget(calls=1):
        lab.proposed(model, lab.rollout("a", 0.0))


def test_untrusted_runs_are_refused_before_anything_is_paid(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    book = lab.Book(lab.record("a", 0.0, untrusted=True))
    with pytest.raises(UntrustedInputError, match="trusting=True"):
        lab.proposed(model, lab.rollout("a", 0.0), book=book)
    assert not model.asked
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0), book=book, trusting=True)
    assert made.values[lab.instruction] == "E"
    with lab.space.scope(made.values):
        assert "E" in lab.write.prompt(lab.Topic(name="a"))[0].content


def test_words_of_the_optimizer_do_not_get_into_values(lab):
    told = LLMOptimizer.suggest_next_optimization_step.config_model_type().instruction
    text = f"Write at length. {told} Name the topic. Do not repeat the previous instruction."
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": text}}))
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values[lab.instruction] == "Write at length. Name the topic."
    with Hyperparameters(
        {LLMOptimizer.suggest_next_optimization_step: {"instruction": "Be so kind as to find a cure."}}
    ):
        text = "Be brief. Be so kind as to find a cure."
        model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": text}}))
        _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values[lab.instruction] == "Be brief."
