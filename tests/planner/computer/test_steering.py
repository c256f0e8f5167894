"""A run that was broken off goes on, whatever is changed before it does; nothing paid for is lost from its account."""

import pytest

from llm_strategy.errors import ReplayError, WorkspaceError
from llm_strategy.planner import Instruction, PlannerBudget, Program, read_program, written_program
from llm_strategy.planner.state import RunState
from llm_strategy.testing import ScriptedModel

A, B = ("\n".join([f"{name}.py", "```", f"{name} = 1", "```"]) for name in "ab")
WRONG = "w.py\n```\nw = (\n```"


@pytest.fixture
def broken_off(runs, program):
    """A run that was broken off in its first step, after one reply, which has left a faulty file."""
    with pytest.raises(ReplayError):
        runs([WRONG], program=program("Write a."))
    return runs


def edited(runs, change):
    path = runs.workspace / ".llm-strategy" / "program.yaml"
    path.write_text(written_program(change(read_program(path.read_text()))))


CHANGES = {
    "a step is added": lambda old: Program(
        old.task, old.requirements, (*old.instructions, Instruction("2", "Write b."))
    ),
    "a step comes before": lambda old: Program(
        old.task, old.requirements, (Instruction("0", "Write b."), *old.instructions)
    ),
    "a requirement is reworded": lambda old: Program(
        old.task, tuple(type(one)(one.id, "It works well.") for one in old.requirements), old.instructions
    ),
    "the step is gone": lambda old: Program(old.task, old.requirements, (Instruction("2", "Write b."),)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_program_may_be_edited_before_it_goes_on(broken_off, change):
    edited(broken_off, change)

    made = broken_off(ScriptedModel(lambda messages: B if "Write b." in told(messages) else A), task="", resume=True)

    assert made.report.is_done
    assert "w.py" not in made, "what the step had written before is put back"


def told(messages):
    return messages[-1].content.partition("instruction: ")[2]


def test_somebody_may_be_asked_from_now_on(broken_off):
    asked = []
    made = broken_off([A], task="", resume=True, confirm=lambda one: asked.append(one.kind) or True)

    assert made.report.is_done
    assert set(asked) >= {"step", "edits"}


def test_another_model_may_go_on(broken_off):
    class Other(ScriptedModel):
        temperature_of_its_own: float = 0.7

    made = broken_off(Other([A]), task="", resume=True)

    assert made.report.is_done


def test_settings_may_be_others(broken_off):
    made = broken_off([A], task="", resume=True, settings={"turns": 7, "feedback_tokens": 500})

    assert made.report.is_done
    assert "w.py" not in made


def test_what_was_given_up_is_paid_for_all_the_same(broken_off):
    edited(broken_off, CHANGES["a step is added"])
    made = broken_off([A, B], task="", resume=True)

    assert made.report.spent.calls == 3
    with RunState.reading(broken_off.workspace) as record:
        assert [(one.path, one.outcome) for one in record.steps(every=True)][:1] == [("1", "broken off")]
    assert not list((broken_off.workspace / ".llm-strategy" / "journal").iterdir())


def test_a_budget_is_used_up_by_what_was_given_up(broken_off):
    made = broken_off([], task="", resume=True, settings={"turns": 7}, budget="calls=1")

    assert made.report.reason.startswith("budget: calls")


def test_a_report_tells_what_a_step_under_way_has_cost(runs, program):
    made = runs([WRONG, WRONG], program=program("Write a."), budget="calls=2", settings={"patience": 9})

    assert made.report.reason.startswith("budget: calls")
    assert made.report.spent.calls == 2


def test_time_counts_over_all_times_that_a_run_is_resumed(runs, program):
    def slow(_):
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            runs(ScriptedModel(slow), task="", resume=True) if runs.workspace.exists() else runs(
                ScriptedModel(slow), program=program("Write a.")
            )
    with RunState.reading(runs.workspace) as record:
        assert record.get("under way")["seconds"] > 0
    made = runs([], task="", resume=True, budget=PlannerBudget(seconds=1e-9))
    assert made.report.reason.startswith("budget: seconds")


def test_a_given_program_is_begun_from_its_first_step_whatever_ids_it_has(runs, program):
    runs([A], program=program("Write a."))
    made = runs([B, "c.py\n```\nc = 1\n```"], program=program("Write b.", "Write c."), extend=True)

    assert set(made) == {"a.py", "b.py", "c.py"}
    assert len(runs.model.asked) == 2


def test_a_program_that_is_given_on_resuming_begins_what_failed_anew(runs, program):
    runs([WRONG], program=program("Break."), settings={"attempts": 1, "turns": 1})

    made = runs([A], task="", resume=True, program=program("Write a."))

    assert made.report.is_done


def test_a_task_is_not_added_to_a_run_that_waits_for_its_plan(runs):
    with pytest.raises(ReplayError):
        runs([])

    with pytest.raises(WorkspaceError, match=r"has no plan yet for 'A tool\.'"):
        runs([], task="Another.", extend=True)


def test_a_run_is_resumed_as_what_it_is(runs, program):
    from llm_strategy.planner import generate_book

    runs([], program=program("Write a."), budget="calls=0")

    with pytest.raises(WorkspaceError, match="of the domain 'code', and not 'book'"):
        generate_book("", ScriptedModel([]), workspace=runs.workspace, resume=True)


def test_the_tokens_of_an_instruction_end_that_instruction_only(runs):
    nodes = (Instruction("1", "Write a.", tokens=1), Instruction("2", "Write b."))
    made = runs([B], program=Program("A tool.", instructions=nodes))

    assert set(made) == {"b.py"}
    assert made.report.reason == "failed: 1"
    assert made.report.steps[0].note == "The 1 tokens of this instruction were used up."


def test_what_a_user_has_changed_meanwhile_is_not_put_back(runs, program):
    def replies(_):
        if len(runs.model.asked) == 1:
            return WRONG
        (runs.workspace / "w.py").write_text("w = 'mine'\n")
        return "x.py\n```\nx = (\n```"

    made = runs(ScriptedModel(replies), program=program("Write."), settings={"attempts": 1, "turns": 2})

    assert dict(made) == {"w.py": "w = 'mine'\n"}
    assert "Left as they are, since somebody else has changed them: w.py." in made.report.steps[0].note


def test_a_program_edited_while_it_is_planned_anew_is_not_overwritten(runs, program, value):
    def replies(messages):
        text = messages[0].content + messages[-1].content
        if "Plan the rest of the work anew" not in text:
            return WRONG if "Break." in told(messages) else A if "Write a." in told(messages) else B
        if "mine" not in (runs.workspace / ".llm-strategy" / "program.yaml").read_text():
            edited(
                runs,
                lambda old: Program(old.task, old.requirements, (*old.instructions, Instruction("mine", "Write b."))),
            )
        return value([{"do": "Write a.", "requirements": ["R1"]}])

    made = runs(ScriptedModel(replies), program=program("Break."), settings={"attempts": 1, "turns": 1, "replans": 1})

    assert made.report.is_done
    assert "Write b." in "".join(runs.asked(number) for number in range(len(runs.model.asked)))


def test_a_file_whose_name_no_edit_can_have_is_no_trouble(runs, program):
    runs.workspace.mkdir()
    (runs.workspace / "notes 10:22.txt").write_text("hello")

    assert runs([A], program=program("Write a."), extend=True).report.is_done


def test_how_files_are_judged_is_remembered(runs, program, monkeypatch):
    from llm_strategy.planner import generate_codebase

    where = {"workspace": runs.workspace, "trace": False}
    generate_codebase(
        "A tool.", ScriptedModel([]), program=program("Write a."), budget="calls=0", run_tests=False, **where
    )

    def none(self):
        assert "tests" not in self.names

    monkeypatch.setattr("llm_strategy.planner.evaluators.Evaluators.check", none)
    assert generate_codebase("", ScriptedModel([A]), resume=True, **where).report.is_done


def test_a_cancelled_run_lets_go_of_its_workspace_when_its_threads_are_over(runs, program):
    import asyncio

    from llm_strategy.planner import Domain, agenerate_custom

    asked = asyncio.Event()

    def slow(_):
        import time

        loop[0].call_soon_threadsafe(asked.set)
        time.sleep(0.3)
        return A

    loop = []

    async def cancelled():
        loop.append(asyncio.get_running_loop())
        task = asyncio.create_task(
            agenerate_custom(
                Domain("code", "a codebase"),
                "A tool.",
                ScriptedModel(slow),
                workspace=runs.workspace,
                program=program("Write a."),
                trace=False,
            )
        )
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())

    assert runs(ScriptedModel(lambda _: A), task="", resume=True).report.is_done
