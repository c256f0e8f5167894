import json
import re

from llm_strategy.errors import ReplyError
from llm_strategy.optimize.loop import TaskReflection
from llm_strategy.optimize.missing import missing_report
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.llm_notes import Noting
from llm_strategy.optimize.proposers.llm_thoughts import Thoughts
from llm_strategy.testing import ScriptedModel


def test_what_is_missing_is_gathered_and_noted(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    proposer, _ = lab.proposed(model, lab.rollout("a", 0.0), lab.rollout("b", 0.5))
    assert isinstance(proposer, Noting)
    notes = proposer.take_notes()
    assert [(one["order"], one["score"]) for one in json.loads(json.dumps(notes))] == [
        (f"{lab.seed.key}/train/a/0", 0.0),
        (f"{lab.seed.key}/train/b/0", 0.5),
    ]
    assert list(proposer.missing) == [("A word limit.", 0.0), ("A word limit.", 0.5)]
    assert proposer.take_notes() == []
    again = LLMProposer(lab.space, None, lab.Book())
    again.restore_notes(notes)
    assert missing_report(again.missing).wishes == missing_report(proposer.missing).wishes


def test_no_run_is_reflected_on_twice_also_where_a_search_goes_on(lab):
    steps = [lab.step({"write": {"instruction": text}}) for text in "EFGH"]
    model = lab.Model(suggest_next_optimization_step=list(steps))
    book = lab.Book(lab.record("a", 0.0), lab.record("b", 0.0))
    proposer, _ = lab.proposed(model, lab.rollout("a", 0.0), book=book)
    again = lab.request(lab.rollout("a", 0.0), lab.rollout("b", 0.0))
    proposer.propose(again)
    assert [re.search(r"short (\w)", one)[1] for one in model.of("reflect_on_task_run")] == ["a", "b"]
    assert [text for text, _ in proposer.missing] == ["A word limit."] * 2  # each run counts once
    resumed_model = lab.Model(suggest_next_optimization_step=list(steps))
    resumed = LLMProposer(lab.space, ScriptedModel(resumed_model), book)
    resumed.restore_notes(json.loads(json.dumps(proposer.take_notes())))
    resumed.propose(again)
    assert resumed_model.asked == [model.asked[-1]]  # it is asked what it was asked, and no more
    assert resumed.take_notes() == []
    resumed.restore_notes([{"missing": "More.", "score": 0.0}])  # what an earlier version wrote
    assert list(resumed.missing) == list(proposer.missing)


def test_reflections_are_kept_where_the_step_after_them_fails(lab):
    replies = [ReplyError("no"), ReplyError("no"), lab.step({"write": {"instruction": "E"}})]
    model = lab.Model(suggest_next_optimization_step=replies)
    proposer, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values is None
    assert len(proposer.take_notes()) == 1
    (made,) = proposer.propose(lab.request(lab.rollout("a", 0.0)))
    assert made.values[lab.instruction] == "E"
    assert len(model.of("reflect_on_task_run")) == 1


def test_a_reflection_that_did_not_come_is_asked_for_again(lab):
    model = lab.Model(
        reflect_on_task_run=[ReplyError("no"), lab.reflection()],
        suggest_next_optimization_step=[lab.step({"write": {"instruction": text}}) for text in "EF"],
    )
    proposer, _ = lab.proposed(model, lab.rollout("a", 0.0))
    proposer.propose(lab.request(lab.rollout("a", 0.0)))
    assert len(model.of("reflect_on_task_run")) == 2
    assert len(proposer.missing) == 1


def test_as_many_reflections_are_kept_as_have_room(lab):
    thoughts = Thoughts(most=2)
    told = TaskReflection(**lab.reflection())
    for key in "abc":
        thoughts.keep(key, told, None)
    assert [thoughts.about(key) is None for key in "abc"] == [True, False, False]
    again = Thoughts(most=2)
    again.restore(thoughts.take_notes())
    assert [again.about(key) is None for key in "abc"] == [True, False, False]


def test_thoughts_that_a_run_was_scored_by_are_not_paid_for_again(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    book = lab.Book(
        lab.record("a", 0.0, notes={"reflection": lab.reflection(feedback="known already")}),
        lab.record("b", 0.0, notes={"reflection": {"feedback": 3}}),
    )
    lab.proposed(model, lab.rollout("a", 0.0), lab.rollout("b", 0.0), book=book)
    assert len(model.of("reflect_on_task_run")) == 1
    assert "known already" in model.of("suggest_next_optimization_step")[0]
