"""The control unit: steps in their order, conditions and loops, what fails, what is resumed, what it may cost."""

import asyncio

import pytest

from llm_strategy.errors import ReplayError, WorkspaceError
from llm_strategy.planner import (
    Domain,
    Instruction,
    Parts,
    PlannerBudget,
    Program,
    agenerate_custom,
    generate_custom,
    read_program,
    written_program,
)
from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded
from llm_strategy.planner.program import For, If, While
from llm_strategy.planner.state import RunState
from llm_strategy.testing import ScriptedModel

A, B, C = ("\n".join([f"{name}.py", "```", f"{name} = 1", "```"]) for name in "abc")
WRONG = "w.py\n```\nw = (\n```"


def paths(runs):
    return [(one.path, one.outcome) for one in runs.events if isinstance(one, StepEnded) and one.path[0] != ":"]


def test_steps_are_carried_out_in_order_and_told(runs, program):
    made = runs([A, B], program=program("Write a.", "Write b."))

    assert made.report.is_done
    assert paths(runs) == [("1", "done"), ("2", "done")]
    assert isinstance(runs.events[0], Planned)
    assert isinstance(runs.events[1], StepBegan)
    assert isinstance(runs.events[-1], Ended)


def test_each_step_sees_where_it_stands(runs, program):
    runs([A, B, C], program=program("Write a.", "Write b.", "Write c."))

    assert "position: Step 2 of 3. The step before: Write a." in runs.asked(1)
    assert "ahead: 3: Write c." in runs.asked(1)
    assert "requirements: R1: It works." in runs.asked(1)


def test_conditions_on_files_and_tests_are_looked_up(runs):
    nodes = (
        Instruction("1", "Write a."),
        If("2", "file a.py", (Instruction("3", "Write b."),), (Instruction("4", "Never."),)),
        If("5", "tests fail", (Instruction("6", "Never."),), (Instruction("7", "Write c."),)),
    )
    made = runs([A, B, C], program=Program("A tool.", instructions=nodes))

    assert set(made) == {"a.py", "b.py", "c.py"}
    assert paths(runs) == [("1", "done"), ("2", "yes"), ("2/3", "done"), ("5", "no"), ("5/7", "done")]


def test_conditions_in_words_are_asked(runs, value):
    nodes = (If("1", "Is it nice?", (Instruction("2", "Write a."),)),)
    made = runs([value(False)], program=Program("A tool.", instructions=nodes))

    assert made.report.is_done
    assert "condition: Is it nice?" in runs.asked(0)


def test_loops_are_unrolled_as_they_go(runs, value):
    nodes = (
        For("1", "name", ("a", "b"), (Instruction("2", "Write {name}.py."),)),
        While("3", "Is more needed?", (Instruction("4", "Write more."),), most=3),
    )
    runs([A, B, value(True), C, value(False)], program=Program("A tool.", instructions=nodes))

    assert paths(runs) == [("1[a]/2", "done"), ("1[b]/2", "done"), ("3[1]", "yes"), ("3[1]/4", "done"), ("3[2]", "no")]
    assert "instruction: Write a.py." in runs.asked(0)


def test_what_needs_a_step_that_failed_waits_and_the_rest_goes_on(runs):
    nodes = (
        Instruction("1", "Break."),
        Instruction("2", "Write a.", needs=("1",)),
        Instruction("3", "Write b."),
    )
    made = runs([WRONG, B], program=Program("A tool.", instructions=nodes), settings={"attempts": 1, "turns": 1})

    assert dict(made) == {"b.py": "b = 1\n"}
    assert made.report.reason == "failed: 1; not begun, since they need what failed: 2"


def test_the_rest_is_planned_anew_where_a_step_fails(runs, program, value):
    replies = [A, WRONG, value([{"do": "Write b, simply.", "requirements": ["R1"]}]), B]
    made = runs(
        replies,
        program=program("Write a.", "Write b."),
        settings={"attempts": 1, "turns": 1, "replans": 1},
    )

    assert set(made) == {"a.py", "b.py"}
    assert paths(runs) == [("1", "done"), ("2", "failed"), ("3", "done")]
    assert "This step failed: Write b." in runs.asked(2)
    with RunState.reading(runs.workspace) as record:
        assert [one.why for one in record.programs()] == ["given", "replanned: This step failed: Write b."]


def test_a_run_that_was_broken_off_goes_on_where_it_was(runs, program):
    with pytest.raises(ReplayError):
        runs([A, WRONG], program=program("Write a.", "Write b.", "Write c."))

    made = runs([f"{B}\nDELETE: w.py", C], task="", resume=True)

    assert set(made) == {"a.py", "b.py", "c.py"}
    assert len(runs.model.asked) == 2, "the reply that was there already is not asked for again"
    assert "w = (" in runs.asked(0), "what came of it is told"
    assert made.report.spent.calls == 4


def test_planning_that_was_broken_off_goes_on_where_it_was(runs, value):
    with pytest.raises(ReplayError):
        runs([value(["It works."])])

    made = runs([value([{"do": "Write."}]), A], task="", resume=True)

    assert made.report.is_done
    assert [one.text for one in made.report.requirements] == ["It works."]


def test_a_run_that_is_done_stays_done(runs, program):
    runs([A], program=program("Write a."))
    made = runs([], task="", resume=True)

    assert made.report.is_done
    assert set(made) == {"a.py"}


def test_the_program_may_be_edited_while_it_runs(runs, program):
    def replies(messages):
        path = runs.workspace / ".llm-strategy" / "program.yaml"
        if "instruction: Write a." in messages[-1].content:
            path.write_text(path.read_text().replace("Write b.", "Write c."))
            return A
        return C

    made = runs(ScriptedModel(replies), program=program("Write a.", "Write b."))

    assert set(made) == {"a.py", "c.py"}
    assert [one.why for one in runs.events if isinstance(one, Planned)] == ["given", "edited by hand"]


def test_a_step_that_failed_is_done_again_when_its_instruction_is_edited(runs, program):
    runs([WRONG], program=program("Break."), settings={"attempts": 1, "turns": 1})
    path = runs.workspace / ".llm-strategy" / "program.yaml"
    changed = read_program(path.read_text())
    path.write_text(written_program(changed).replace("Break.", "Write a."))

    made = runs([A], task="", resume=True)

    assert made.report.is_done
    assert paths(runs) == [("1", "done")]


def test_a_step_that_was_under_way_is_begun_anew_when_its_instruction_is_edited(runs, program):
    with pytest.raises(ReplayError):
        runs([WRONG], program=program("Write a."))
    path = runs.workspace / ".llm-strategy" / "program.yaml"
    path.write_text(path.read_text().replace("Write a.", "Write a well."))

    made = runs([A, "w.py\n```\nw = 1\n```"], task="", resume=True)

    assert made.report.is_done
    assert "None: this is your first reply." in runs.asked(0)


@pytest.mark.parametrize(
    ("budget", "reason", "made"),
    [
        ("calls=1", "budget: calls: 1 of 1", {"a.py"}),
        ("steps=1", "budget: steps: 1 of 1", {"a.py"}),
        ("calls=0", "budget: calls: 0 of 0", set()),
        ("tokens=0", "budget: tokens: 0 of 0", set()),
        (PlannerBudget(seconds=0), "budget: seconds: 0", set()),
    ],
)
def test_a_budget_ends_a_run_with_all_that_was_made(runs, program, budget, reason, made):
    found = runs([A, B], program=program("Write a.", "Write b."), budget=budget)

    assert found.report.reason.startswith(reason)
    assert set(found) == made


def test_a_budget_that_is_raised_lets_the_run_go_on(runs, program):
    runs([A], program=program("Write a.", "Write b."), budget="calls=1")
    made = runs([B], task="", resume=True, budget="calls=2")

    assert made.report.is_done
    assert len(runs.model.asked) == 1


def test_a_budget_of_zero_is_not_spent_on_planning(runs):
    made = runs([], budget="calls=0")

    assert made.report.reason.startswith("budget: ")
    assert not made


def test_a_budget_counts_over_all_times_that_a_run_is_resumed(runs, program):
    runs([A], program=program("Write a.", "Write b."), budget="calls=1")
    made = runs([], task="", resume=True, budget="calls=1")

    assert made.report.reason == "budget: calls: 1 of 1"


def test_a_run_is_alone_in_its_workspace(runs, program):
    def replies(_):
        with pytest.raises(WorkspaceError, match="in use"):
            RunState(runs.workspace)
        return A

    assert runs(ScriptedModel(replies), program=program("Write a.")).report.is_done


def test_parts_may_have_models_of_their_own(runs, value):
    writer = ScriptedModel([A])
    made = runs([value(["It works."]), value([{"do": "Write."}])], parts=Parts(models={"writer": writer}))

    assert made.report.is_done
    assert len(writer.asked) == 1


def test_async_runs_do_the_same(runs, program, tmp_path):
    wanted = runs([WRONG, "w.py\n```\nw = 1\n```", B], program=program("Write a.", "Write b."))

    async def confirm(proposal):
        return bool(proposal.kind)

    made = asyncio.run(
        agenerate_custom(
            Domain("code", "a codebase"),
            "A tool.",
            ScriptedModel([WRONG, "w.py\n```\nw = 1\n```", B]),
            workspace=tmp_path / "other",
            program=program("Write a.", "Write b."),
            settings={"questions": 0},
            confirm=confirm,
            trace=False,
        )
    )

    assert dict(made) == dict(wanted)
    assert made.report.requirements == wanted.report.requirements


def test_an_async_hook_in_a_sync_run_is_told(runs, program):
    from llm_strategy.errors import ConfigurationError

    async def confirm(_):
        return True

    with pytest.raises(ConfigurationError, match="is async"):
        runs([A], program=program("Write a."), confirm=confirm)


def test_a_folder_whose_tests_do_not_run_is_told_before_anything_is_asked(tmp_path):
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['no_such_plugin']\n")
    (tmp_path / "test_old.py").write_text("def test_old(): pass\n")
    model = ScriptedModel([A])
    tested = Domain("tested", "a codebase", evaluators=("tests",))
    given = Program("A tool.", instructions=(Instruction("1", "Write a."),))
    where = {"workspace": tmp_path, "sandbox": "unsafe-process", "trace": False}

    made = generate_custom(tested, "A tool.", model, extend=True, program=given, **where)

    assert made.report.reason.startswith("the tests that are in the folder already do not run")
    assert "no_such_plugin" in made.report.reason
    assert model.asked == []

    (tmp_path / "conftest.py").unlink()
    assert generate_custom(tested, "", model, resume=True, **where).report.is_done
