"""What becomes of a writer's replies: carried out, judged, told back, until the work is right or goes in circles."""

import json

import pytest

from llm_strategy.planner import PlannerSettings, generate_custom
from llm_strategy.planner.computer.feedback import Feedback
from llm_strategy.planner.domains import Domain
from llm_strategy.planner.evaluators import Problem
from llm_strategy.planner.events import StepEnded, Turned
from llm_strategy.testing import ScriptedModel

RIGHT = "a.py\n```python\nx = 1\n```"
WRONG = "a.py\n```python\nx = (1\n```"


def turns(runs):
    return [one for one in runs.events if isinstance(one, Turned)]


def ended(runs):
    return [one for one in runs.events if isinstance(one, StepEnded)]


def test_what_is_wrong_is_told_until_it_is_right(runs, program):
    made = runs([WRONG, RIGHT], program=program("Write a.py."))

    assert dict(made) == {"a.py": "x = 1\n"}
    assert "a.py:1: '(' was never closed (syntax)" in runs.asked(1)
    assert "x = (1" in runs.asked(1)
    assert [one.verdict.ok for one in turns(runs)] == [False, True]


def test_nothing_of_the_problems_of_another_step_is_told_at_the_first_turn(runs, program):
    runs([WRONG, RIGHT, "b.py\n```\ny = 1\n```"], program=program("Write a.py.", "Write b.py."))

    assert "never closed" not in runs.asked(2)


def test_edits_that_cannot_be_applied_are_told_with_all_that_was_paid_for(runs, program):
    lost = "a.py\n```\n<<<<<<< SEARCH\ny = 7\n=======\ny = 8\n>>>>>>> REPLACE\n```"
    runs([RIGHT, lost, "a.py\n```\ny = 8\n```"], program=program("Write a.py.", "Change a.py."))

    assert "none was" in runs.asked(2)
    assert "=======\ny = 8\n>>>>>>> REPLACE" in runs.asked(2)
    assert turns(runs)[1].refused


def test_a_reply_that_cannot_be_read_is_told_and_the_rest_of_it_counts(runs, program):
    reply = f"{RIGHT}\n\n```python\nprint('where to?')\n```"
    made = runs([reply, "DONE"], program=program("Write a.py."))

    assert dict(made) == {"a.py": "x = 1\n"}
    assert "where to?" in runs.asked(1)


def test_a_file_that_is_asked_for_is_shown(runs, program):
    settings = {"file_tokens": 40, "overview_tokens": 20}
    files = {f"m{number}.py": f"value_{number} = {number}\n" * 4 for number in range(6)}
    written = "\n\n".join(f"{path}\n```\n{text}```" for path, text in files.items())
    runs([written, "READ: m5.py", "DONE", "DONE"], program=program("Write them.", "Look."), settings=settings)

    assert "value_5 = 5" not in runs.asked(1)
    assert "value_5 = 5" in runs.asked(2)


def test_a_file_that_is_not_there_is_told(runs, program):
    runs(["READ: none.py", RIGHT], program=program("Write a.py."))

    assert "There is no text file none.py" in runs.asked(1)


def test_words_are_searched(runs, program):
    runs([RIGHT, "FIND: x =\nFIND: nowhere", "DONE", "DONE"], program=program("Write a.py.", "Look."))

    assert "a.py:1: x = 1" in runs.asked(2)
    assert "'nowhere' stands nowhere." in runs.asked(2)


def test_a_writer_that_has_written_nothing_is_asked_whether_all_is_done(runs, program):
    made = runs([RIGHT, "DONE", "b.py\n```\ny = 1\n```"], program=program("Write a.py.", "Write b.py."))

    assert set(made) == {"a.py", "b.py"}
    assert "No file was changed for this instruction." in runs.asked(2)


def test_reading_again_and_again_is_no_circle(runs, program):
    replies = [RIGHT, *["READ: a.py\n" + "x" * number for number in range(4)], "DONE", "DONE"]
    made = runs(replies, program=program("Write a.py.", "Look."), settings={"turns": 9, "patience": 1})

    assert made.report.is_done


def test_a_file_that_is_no_text_is_not_said_to_be_shown(runs, program):
    runs.workspace.mkdir()
    (runs.workspace / "latin.txt").write_bytes(b"caf\xe9")
    runs(["READ: latin.txt", RIGHT], program=program("Write a.py."), extend=True)

    assert "There is no text file latin.txt" in runs.asked(1)


def test_however_many_files_a_reply_changes_the_next_request_is_short(runs, program):
    many = "\n\n".join(f"package/module_number_{number}.py\n```\nx = {number}\n```" for number in range(300))
    runs([f"{many}\nCONTINUE", RIGHT], program=program("Write them."))

    assert len(runs.asked(1)) < 16_000
    assert "and 292 more" in runs.asked(1)


def test_a_long_instruction_is_shortened(runs, program):
    runs([RIGHT], program=program("Write a.py.\n" + "and more\n" * 40_000))

    assert len(runs.asked(0)) < 20_000


def test_more_may_follow(runs, program):
    runs([f"{RIGHT}\nCONTINUE", "b.py\n```\ny = 1\n```"], program=program("Write both."))

    assert "Nothing is wrong so far. Go on." in runs.asked(1)
    assert ended(runs)[0].outcome == "done"


def test_a_reply_without_any_work_is_told(runs, program):
    runs(["I am ready to help!", RIGHT], program=program("Write a.py."))

    assert "nothing that can be read" in runs.asked(1)


def test_a_file_written_again_as_it_is_means_that_all_is_done(runs, program):
    made = runs([RIGHT, RIGHT], program=program("Write a.py.", "See that a.py is there."))

    assert made.report.is_done


def test_the_same_reply_again_and_again_ends_the_attempt_and_then_the_step(runs, program):
    made = runs([WRONG] * 6, program=program("Write a.py."), settings={"patience": 2, "turns": 9, "attempts": 2})

    assert len(runs.model.asked) == 6
    assert made.report.reason == "failed: 1"
    assert "the same reply came 3 times" in ended(runs)[0].note
    assert "the same reply came 3 times" in runs.asked(3)


def test_the_same_findings_of_other_replies_end_it_as_well(runs, program):
    replies = [f"a.py\n```\nx = ({number}\n```" for number in range(9)]
    runs(replies, program=program("Write a.py."), settings={"patience": 1, "turns": 9, "attempts": 1})

    assert len(runs.model.asked) == 2
    assert "the same findings came 2 times" in ended(runs)[0].note


def test_an_attempt_has_so_many_replies(runs, program):
    replies = [f"a{number}.py\n```\nx = ({number}\n```" for number in range(9)]
    runs(replies, program=program("Write."), settings={"patience": 9, "turns": 3, "attempts": 1})

    assert len(runs.model.asked) == 3
    assert "3 replies were not enough" in ended(runs)[0].note


def test_a_step_that_fails_has_not_happened(runs, program):
    good = "a.py\n```\nx = 1\n```\nkept.py\n```\nz = 1\n```"
    bad = "a.py\n```\nx = (\n```\nnew.py\n```\ny = (\n```\nDELETE: kept.py"
    made = runs([good, *[bad] * 3], program=program("Write.", "Break."), settings={"attempts": 1})

    assert dict(made) == {"a.py": "x = 1\n", "kept.py": "z = 1\n"}
    assert made.report.reason == "failed: 2"


def test_an_instruction_may_have_its_own_number_of_attempts(runs, program):
    from llm_strategy.planner import Instruction

    runs([WRONG] * 3, program=program(Instruction("1", "Write.", attempts=3)), settings={"turns": 1, "attempts": 1})

    assert len(runs.model.asked) == 3


def test_further_attempts_are_drawn_warmer(runs, program):
    runs([WRONG] * 3, program=program("Write."), settings={"turns": 1, "attempts": 3, "warmth": 0.4})

    assert [one.get("temperature") for one in runs.model.arguments] == [None, 0.4, 0.8]


def test_what_was_tried_is_summed_up_where_it_has_no_room(runs, program, value):
    def reply(messages):
        if "Sum up in two sentences" in messages[0].content:
            return value("Brackets were forgotten again and again.")
        number = len(runs.model.asked)
        return RIGHT if number > 8 else f"a.py\n```\nx_{number} = (\n```"

    made = runs(
        ScriptedModel(reply), program=program("Write."), settings={"feedback_tokens": 60, "turns": 12, "patience": 12}
    )

    assert made.report.is_done
    texts = [runs.asked(number) for number in range(len(runs.model.asked))]
    assert any("Brackets were forgotten" in text and "Carry out the current" in text for text in texts)


def test_a_model_that_refuses_or_says_nothing_is_told_and_asked_again(runs, program):
    made = runs(["", RIGHT], program=program("Write."))

    assert made.report.is_done
    assert "Your reply was empty." in runs.asked(1)


def test_replies_may_be_data(runs, program):
    first = {"files": [{"path": "a.py", "text": "x = 1\n"}, {"path": "b.py", "text": "y = 1\n"}], "finished": False}
    second = {
        "replacements": [{"path": "a.py", "search": "x = 1", "replacement": "x = 2"}],
        "deletions": ["b.py"],
        "find": ["x"],
    }
    made = runs(
        [json.dumps(first), json.dumps(second), json.dumps({})],
        program=program("Write."),
        settings={"edit_format": "data"},
    )

    assert dict(made) == {"a.py": "x = 2\n"}
    assert "a.py:1: x = 2" in runs.asked(2)


def test_people_may_refuse_edits_and_steps(runs, program):
    asked = []

    def confirm(proposal):
        asked.append((proposal.kind, proposal.text))
        return proposal.text != "Write b.py." and "x = 1" not in proposal.text

    other = "a.py\n```\nx = 2\n```"
    made = runs([RIGHT, other], program=program("Write a.py.", "Write b.py."), confirm=confirm)

    assert [kind for kind, _ in asked] == ["program", "step", "edits", "edits", "step"]
    assert dict(made) == {"a.py": "x = 2\n"}
    assert "did not allow" in runs.asked(1)
    assert [(one.path, one.outcome) for one in ended(runs)] == [("1", "done"), ("2", "skipped")]


def test_judges_of_a_domain_of_ones_own_are_heard(tmp_path):
    def no_shouting(files):
        return [Problem(path, 0, "shouts") for path, text in files.items() if "!" in text]

    domain = Domain("letters", "letters", checks=(no_shouting,), scratch="letter.txt")
    model = ScriptedModel(["letter.txt\n```\nHello!\n```", "letter.txt\n```\nHello.\n```"])
    from llm_strategy.planner import Instruction, Program

    made = generate_custom(
        domain,
        "A letter.",
        model,
        workspace=tmp_path / "made",
        program=Program("A letter.", instructions=(Instruction("1", "Write it."),)),
        settings=PlannerSettings(questions=0),
    )

    assert dict(made) == {"letter.txt": "Hello.\n"}
    assert "letter.txt: shouts" in model.asked[1][-1].content


def test_what_was_wrong_before_the_run_is_nobodys_to_mend(runs, value):
    runs.workspace.mkdir()
    (runs.workspace / "broken.py").write_text("x = (\n")

    made = runs([value(["New."]), value([{"do": "Write."}]), RIGHT], extend=True)

    assert made.report.is_done
    assert {one.path for one in made.report.verdict.problems} == {"broken.py"}


@pytest.mark.parametrize("letters", [50, 5000])
def test_feedback_fits_its_room_whatever_is_told(letters):
    feedback = Feedback(100)
    for number in range(20):
        feedback.add(f"wrote {number}.py", ["x" * letters])

    assert len(feedback.told()) <= 100 * 3 + 120
    assert feedback.outgrown


def test_files_that_an_instruction_names_are_reminded_of_once(runs, program):
    made = runs(
        ["a.py\n```\nx = 1\n```", "DONE"],
        program=program("Write a.py and b.py, and delete old.py."),
        settings={"named_files": True},
    )

    assert made.report.is_done
    assert dict(made) == {"a.py": "x = 1\n"}
    assert "The instruction names b.py, old.py, which is not there. Write it." in runs.asked(1)


def test_nobody_is_reminded_where_all_is_there(runs, program):
    made = runs(["a.py\n```\nx = 1\n```"], program=program("Write a.py."), settings={"named_files": True})

    assert made.report.is_done


def test_a_block_without_a_name_is_for_the_only_file_that_is_awaited(runs, program):
    made = runs(["```python\nx = 1\n```"], program=program("Write tools/a.py."))

    assert dict(made) == {"tools/a.py": "x = 1\n"}


def test_a_block_without_a_name_takes_no_place_of_a_file_that_is_there(runs, program):
    made = runs(
        ["a.py\n```\nx = 1\n```", "```python\nx = 2\n```", "DONE", "DONE"],
        program=program("Write a.py.", "Test a.py."),
    )

    assert dict(made) == {"a.py": "x = 1\n"}
    assert "names no file" in runs.asked(2)


def test_a_writer_is_asked_once_about_code_that_a_file_has_lost(runs, program):
    whole = "a.py\n```\ndef f(): ...\n\n\nif __name__ == '__main__':\n    f()\n```"
    part = "a.py\n```\ndef f(): return 1\n```"
    made = runs([whole, part, part], program=program("Write a.py.", "Mend a.py."), settings={"lost_code": True})

    assert made.report.is_done
    assert "a.py has lost the block under `if __name__ == '__main__':`. Write it again" in runs.asked(2)


def test_a_brief_writer_is_told_its_task_and_what_there_is_and_nothing_of_the_run(runs, program):
    runs(["a.py\n```\nx = 1\n```"], program=program("Write a.py, without tests."), settings={"brief": True})
    told = runs.asked(0)
    assert "instruction: Write a.py, without tests." in told
    assert "overview:" not in told
    assert "position:" not in told
    assert "ahead:" not in told


@pytest.mark.parametrize(("instruction", "told"), [("Write a.py, without tests.", False), ("Write a.py.", True)])
def test_how_tests_are_written_is_told_where_some_may_be(tmp_path, program, instruction, told):
    model = ScriptedModel(["a.py\n```\nx = 1\n```"])
    domain = Domain("tool", "a tool", writing="Write well.", testing="Test well.")
    settings = {"questions": 0, "reflections": 0}
    generate_custom(
        domain, "A tool.", model, workspace=tmp_path / "made", program=program(instruction), settings=settings
    )

    assert "Write well." in model.asked[0][-1].content
    assert ("Test well." in model.asked[0][-1].content) is told
