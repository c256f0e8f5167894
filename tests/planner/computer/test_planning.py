"""From a task to a program: what parts say is checked, and no requirement is lost."""

import pytest

from llm_strategy.planner import Instruction, PlannerSettings, Program, Requirement, generate_codebase
from llm_strategy.planner.computer.planning import steps_as_instructions
from llm_strategy.planner.parts import Architect, Parts, PlannedStep
from llm_strategy.testing import ScriptedModel

DONE = "a.py\n```\nx = 1\n```"


def test_what_the_task_leaves_open_is_asked_and_answers_reach_the_plan(runs, value):
    asked = []

    def ask(question):
        asked.append(question.question)
        return "" if question.question == "Which name?" else "Many"

    questions = [{"question": "Which name?", "default": "tool.py"}, {"question": "How many users?", "default": "One"}]
    made = runs(
        [value(questions), value(["It works."]), value([{"do": "Write it.", "requirements": ["R1"]}]), DONE],
        settings={"questions": 2},
        ask=ask,
    )

    assert asked == ["Which name?", "How many users?"]
    assert made.report.decisions == {"Which name?": "tool.py", "How many users?": "Many"}
    assert "How many users? Many" in runs.asked(1)
    assert "Which name? tool.py" in runs.asked(2)


def test_without_anybody_to_ask_defaults_are_assumed_and_told(runs, value):
    made = runs(
        [value([{"question": "Which?", "default": "This."}]), value(["It works."]), value([{"do": "Write."}]), DONE],
        settings={"questions": 1},
    )

    assert made.report.decisions == {"Which?": "This."}


def test_no_more_questions_are_asked_than_allowed(runs, value):
    asked = []
    questions = [{"question": f"Number {n}?", "default": "x"} for n in range(5)]
    runs(
        [value(questions), value(["It works."]), value([{"do": "Write."}]), DONE],
        settings={"questions": 2},
        ask=lambda one: asked.append(one.question) or "",
    )

    assert asked == ["Number 0?", "Number 1?"]


def test_requirements_get_ids_and_equal_ones_are_one(runs, value):
    made = runs([value(["It works.", " it  WORKS. ", "", "It is fast."]), value([{"do": "Write."}]), DONE])

    assert [(one.id, one.text) for one in made.report.requirements] == [("R1", "It works."), ("R2", "It is fast.")]


def test_where_there_may_be_one_step_no_model_is_asked_for_a_plan(runs, value):
    made = runs([value(["It works.", "It is fast."]), DONE], settings={"steps": 1})

    (step,) = made.report.steps[1:]
    assert (step.path, step.outcome) == ("1", "done")
    assert [one.instructions for one in made.report.requirements] == [("1",), ("1",)]
    assert "Write the product, as the task says." in runs.asked(1)


def test_of_two_steps_without_a_plan_one_writes_tests(tmp_path, value):
    model = ScriptedModel(
        [value(["It works."]), "tool.py\n```\nx = 1\n```", "tests/test_tool.py\n```\nimport tool\n```"]
    )
    made = generate_codebase(
        "A tool in tool.py.", model, workspace=tmp_path / "made", settings=PlannerSettings.small(), run_tests=False
    )

    assert [one.outcome for one in made.report.steps] == ["done", "done", "done"]
    assert "Write tool.py, as the task says, without tests." in model.asked[1][1].content
    assert "Write a few short tests of what is there, in tests/test_tool.py, and" in model.asked[2][1].content


def test_an_architect_of_somebodys_own_is_asked_for_one_step_too(runs, value):
    class Plain(Architect):
        @staticmethod
        def plan(task, product, requirements, files, advice, most):
            return [PlannedStep("Write it my way.", list(requirements))]

    runs([value(["It works."]), DONE], settings={"steps": 1, "reflections": 0}, parts=Parts(architect=Plain))

    assert "Write it my way." in runs.asked(1)


def test_a_plan_is_reviewed_with_what_it_leaves_out(runs, value):
    first, second = [{"do": "Write.", "requirements": ["R1"]}], [{"do": "Write all.", "requirements": ["R1", "R2"]}]
    runs([value(["One.", "Two."]), value(first), value(second), DONE], settings={"reflections": 1})

    assert 'uncovered: ["R2"]' in runs.asked(2)
    assert [one.text for one in runs.events[0].program.instructions] == ["Write all."]


def test_a_requirement_that_no_step_serves_gets_one():
    steps = steps_as_instructions([PlannedStep("Write a.py", ["R1"])], {"R1": "It works.", "R2": "It is fast."}, 5)

    assert [(one.id, one.requirements) for one in steps] == [("1", ("R1",)), ("2", ("R2",))]
    assert "It is fast. (R2)" in steps[1].text


def test_what_has_no_room_is_added_to_the_last_step():
    planned = [PlannedStep(f"Write {n}.py", [f"R{n}"]) for n in (1, 2, 3)]

    steps = steps_as_instructions(planned, {f"R{n}": f"Part {n}." for n in (1, 2, 3)}, 2)

    assert [one.id for one in steps] == ["1", "2"]
    assert "Write 3.py" in steps[1].text
    assert steps[1].requirements == ("R2", "R3")


def test_a_plan_without_steps_still_does_the_task():
    steps = steps_as_instructions([PlannedStep("  ")], {"R1": "It works."}, 3)

    assert [one.requirements for one in steps] == [("R1",)]


def test_ids_that_name_nothing_are_left_out():
    steps = steps_as_instructions([PlannedStep("Write", ["R1", "R7", "R1"])], {"R1": "It works."}, 3)

    assert steps == (Instruction("1", "Write", ("R1",)),)


def test_a_task_can_be_added_to_what_is_there(runs, value, block):
    runs([value(["It works."]), value([{"do": "Write.", "requirements": ["R1"]}]), block({"a.py": "x = 1\n"})])
    made = runs(
        [value(["It counts."]), value([{"do": "Count.", "requirements": ["R2"]}]), block({"b.py": "y = 1\n"})],
        task="It shall count.",
        extend=True,
    )

    program = runs.events[0].program
    assert [one.id for one in program.requirements] == ["R1", "R2"]
    assert [one.id for one in program.instructions] == ["1", "2"]
    assert "a.py (1 line)" in runs.asked(1)
    assert dict(made) == {"a.py": "x = 1\n", "b.py": "y = 1\n"}
    assert len(runs.model.asked) == 3


def test_a_requirement_that_is_known_keeps_its_id_where_a_task_is_added(runs, value, block):
    steps = value([{"do": "Write.", "requirements": ["R1"]}])
    runs([value(["It works."]), steps, block({"a.py": "x = 1\n"})])
    steps = value([{"do": "Mend.", "requirements": ["R1"]}, {"do": "Count.", "requirements": ["R2"]}])
    runs(
        [value(["it  works.", "It counts."]), steps, block({"a.py": "x = 2\n"}), block({"b.py": "y = 1\n"})],
        task="It shall count, and still work.",
        extend=True,
    )

    program = runs.events[0].program
    assert [(one.id, one.text) for one in program.requirements] == [("R1", "It works."), ("R2", "It counts.")]
    assert [one.requirements for one in program.instructions] == [("R1",), ("R1",), ("R2",)]
    assert "R1" in runs.asked(1)
    assert "It works." in runs.asked(1)


def test_a_folder_of_somebody_else_can_be_added_to(runs, value, block):
    runs.workspace.mkdir()
    (runs.workspace / "old.py").write_text("def old(): ...\n")

    made = runs([value(["New."]), value([{"do": "Write."}]), block({"new.py": "import old\n"})], extend=True)

    assert set(made) == {"old.py", "new.py"}
    assert "def old()" in runs.asked(1)


def test_a_given_program_is_carried_out_as_it_is(runs, program, block):
    made = runs([block({"a.py": "x = 1\n"}), block({"b.py": "y = 1\n"})], program=program("Write a.", "Write b."))

    assert made.report.is_done
    assert set(made) == {"a.py", "b.py"}
    assert runs.events[0].why == "given"


def test_a_program_that_is_not_confirmed_is_not_begun_and_may_be_confirmed_later(runs, program, block):
    made = runs([], program=program("Write a."), confirm=lambda proposal: proposal.kind != "program")
    assert made.report.reason == "the program was not confirmed: edit it and resume"
    assert not made

    again = runs([block({"a.py": "x = 1\n"})], task="", resume=True, confirm=lambda _: True)
    assert again.report.is_done


def test_parts_may_be_somebodys_own(runs, block):
    class Plain:
        @staticmethod
        def requirements(task, product, decisions):
            return [f"{task} is done."]

        @staticmethod
        def plan(task, product, requirements, files, advice, most):
            return [PlannedStep(f"Do {task}", list(requirements))]

    from llm_strategy.planner import Parts

    made = runs([block({"a.py": "x = 1\n"})], parts=Parts(analyst=Plain, architect=Plain))

    assert [one.text for one in made.report.requirements] == ["A tool. is done."]
    assert len(runs.model.asked) == 1


@pytest.mark.parametrize("old", [None, Program("t", (Requirement("R4", "Old."),), (Instruction("7", "Old."),))])
def test_numbers_go_on_behind_those_that_are_there(runs, value, old):
    if old is not None:
        runs([DONE], program=old)
    runs([value(["New."]), value([{"do": "Write.", "requirements": []}]), DONE, DONE], extend=old is not None)

    last = runs.events[0].program
    assert last.requirements[-1].id == ("R5" if old else "R1")
    assert last.instructions[-1].id == ("8" if old else "1")
