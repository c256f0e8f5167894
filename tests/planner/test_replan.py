import asyncio

import pytest

from llm_strategy.errors import (
    BudgetExceededError,
    InputError,
    NoModelError,
    ProgramError,
    TransportError,
    WorkspaceError,
)
from llm_strategy.planner import Domain, Instruction, Parts, PlannerBudget, Program, Requirement, generate_custom
from llm_strategy.planner.parts import Architect, PlannedStep
from llm_strategy.planner.replan import areplan, replan
from llm_strategy.planner.retrying import reopen_steps
from llm_strategy.planner.state import RunState
from llm_strategy.testing import ScriptedModel

PROGRAM = Program(
    "t",
    (Requirement("R1", "It reads."), Requirement("R2", "It writes.")),
    (Instruction("1", "Write a.", ("R1",)), Instruction("2", "Write b.", ("R2",))),
)
ANEW = '{"return_value": [{"do": "Write c.", "requirements": ["R2"]}]}'


@pytest.fixture
def half(tmp_path):
    """A run of which the first of two steps is done."""
    model = ScriptedModel(["a.txt\n```\none\n```"])
    generate_custom(Domain("notes", "notes"), "t", model, workspace=tmp_path / "w", program=PROGRAM, budget="steps=1")
    return tmp_path / "w"


def test_what_is_open_is_planned_anew_and_kept_with_its_reason_and_cost(half):
    model = ScriptedModel([ANEW])
    made = replan(half, "  b is\ntaken ", model)
    assert [one.id for one in made.program.instructions] == ["1", "3"]
    assert made.before == PROGRAM
    assert "b is\ntaken" in model.asked[0][-1].content
    with RunState.reading(half) as record:
        assert record.program == made.program
        assert [one.why for one in record.programs()] == ["given", "replanned by hand: b is taken"]
        step = record.steps()[-1]
        assert (step.path, step.outcome, step.note, step.spent) == (":replanned0", "done", "b is\ntaken", made.spent)
    assert list((half / ".llm-strategy/journal").iterdir()) == []


def test_it_may_be_done_again_and_the_run_goes_on_with_the_last(half):
    replan(half, "one", ScriptedModel([ANEW]))
    made = asyncio.run(areplan(half, "two", ScriptedModel([ANEW.replace("c.", "d.")])))
    assert made.version == 3
    model = ScriptedModel(["d.txt\n```\none\n```"])
    found = generate_custom(Domain("notes", "notes"), "", model, workspace=half, resume=True)
    assert sorted(found) == ["a.txt", "d.txt"]
    assert found.report.is_done


def test_a_part_of_ones_own_may_plan(half):
    class Plain(Architect):
        @staticmethod
        def replan(task, requirements, done, still, problem, most):
            return [PlannedStep(f"{problem}: {still[0]}", ["R2"])]

    made = replan(half, "Later", ScriptedModel([]), parts=Parts(architect=Plain))
    assert made.program.instructions[-1].text == "Later: Write b."
    assert made.spent.calls == 0


@pytest.fixture
def killed(half, monkeypatch):
    """A run whose rest was being planned anew when its process was killed at a method of the state."""

    def kill(name):
        def stop(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(RunState, name, stop)
            with pytest.raises(KeyboardInterrupt):
                replan(half, "x", ScriptedModel([ANEW]))
        return half

    return kill


def test_what_was_answered_before_a_crash_is_not_paid_for_again(killed):
    silent = ScriptedModel([])
    made = replan(killed("close_step"), "x", silent)
    assert silent.asked == []
    assert made.spent.calls == 1


def test_a_program_that_was_written_down_before_a_crash_is_put_into_place_by_whoever_comes_next(killed):
    half = killed("set_program")
    model = ScriptedModel(["c.txt\n```\none\n```"])
    found = generate_custom(Domain("notes", "notes"), "", model, workspace=half, resume=True)
    assert sorted(found) == ["a.txt", "c.txt"]
    assert found.report.spent.calls == 3


def test_where_the_model_fails_nothing_is_changed(half):
    with pytest.raises(TransportError):
        replan(half, "x", ScriptedModel([TransportError("cut")] * 9))
    with RunState.reading(half) as record:
        assert record.program == PROGRAM
        assert len(record.programs()) == 1


@pytest.mark.parametrize("because", ["", "  ", "x" * 20_001])
def test_a_reason_is_needed(half, because):
    with pytest.raises(InputError, match="Planning anew needs a reason"):
        replan(half, because, ScriptedModel([]))


def test_a_budget_that_is_spent_has_no_room_for_it(half):
    model = ScriptedModel([])
    with pytest.raises(BudgetExceededError, match="no room for planning anew: calls: 1 of 1"):
        replan(half, "x", model, budget=PlannerBudget(calls=1))
    with pytest.raises(BudgetExceededError):
        replan(half, "x", model, budget=PlannerBudget(tokens=50))
    assert model.asked == []


def test_what_cannot_be_planned_anew_is_told(half, tmp_path, monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    with pytest.raises(NoModelError):
        replan(half, "x")
    with pytest.raises(WorkspaceError, match="There is no run in"):
        replan(tmp_path / "nowhere", "x", ScriptedModel([]))
    assert not (tmp_path / "nowhere").exists()
    with RunState(half), pytest.raises(WorkspaceError, match="is in use by"):
        replan(half, "x", ScriptedModel([]))
    (half / ".llm-strategy/program.yaml").write_text("no program")
    with pytest.raises(ProgramError):
        replan(half, "x", ScriptedModel([]))


def test_a_run_without_a_program_has_to_be_planned_first(tmp_path):
    with RunState(tmp_path) as state:
        state.begin("t", "codebase", {})
    with pytest.raises(WorkspaceError, match="has no program yet"):
        replan(tmp_path, "x", ScriptedModel([]))


def test_steps_are_opened_again_and_done_once_more(half):
    assert reopen_steps(half, ["1", "1"]) == ("1",)
    model = ScriptedModel(["a.txt\n```\nanew\n```", "b.txt\n```\ntwo\n```"])
    found = generate_custom(Domain("notes", "notes"), "", model, workspace=half, resume=True)
    assert found["a.txt"] == "anew\n"
    with pytest.raises(InputError, match=r"No step '11' is over. Did you mean '1'\? Steps that are over: '1', '2'\."):
        reopen_steps(half, ["11"])
    with pytest.raises(InputError, match="none has failed"):
        reopen_steps(half, [], failed=True)
