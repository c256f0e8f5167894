"""`llm-strategy program` and `report`."""

import json
import sys

import pytest

from llm_strategy.errors import ConfigurationError, InputError, ProgramError, StoredDataError, WorkspaceError
from llm_strategy.planner.state import RunState
from llm_strategy.planner.state.program_file import save_program


@pytest.fixture
def editor(place, monkeypatch):
    """Make a script the user's editor: its code gets the path of the copy as `path`."""

    def use(code, variable="EDITOR"):
        script = place / "editor.py"
        script.write_text(f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n{code}\n")
        monkeypatch.setenv(variable, f"{sys.executable} {script}")

    return use


def text_of(made):
    return (made / ".llm-strategy/program.yaml").read_text()


def edited(made):
    return made / ".llm-strategy/program.edited.yaml"


def test_a_program_is_shown_with_statuses_tries_and_requirements(made, command):
    lines = [line.split() for line in command("program", "show", made).stdout.splitlines()]
    assert lines[0] == ["A", "list."]
    assert lines[2] == ["1", "done", "1", "R1", "Write", "a.txt."]
    assert lines[-1] == ["R2", "It", "lists."]


def test_the_text_of_a_program_is_printed_as_it_is(made, command):
    assert command("program", "show", made, "--yaml").stdout == text_of(made)
    assert command("program", "show", made, "--version", "1").stdout == text_of(made)
    assert isinstance(command("program", "show", made, "--version", "5").exception, InputError)


def test_the_editor_of_the_user_gets_a_copy_which_is_put_into_place(made, command, editor):
    editor("path.write_text(path.read_text().replace('b.txt', 'c.txt'))")
    result = command("program", "edit", made)
    assert result.stdout == "The program is in place: a run takes it up with its next step.\n"
    assert "c.txt" in text_of(made)
    assert not edited(made).exists()


def test_visual_comes_before_editor(made, command, editor, monkeypatch):
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    editor("pass", "VISUAL")
    assert command("program", "edit", made).stdout == "Nothing was changed.\n"


def test_what_is_no_program_is_kept_beside_it_and_edited_again_the_next_time(made, command, editor):
    before = text_of(made)
    editor("path.write_text(path.read_text().replace('do: Write b', 'doo: Write b'))")
    error = command("program", "edit", made).exception
    assert isinstance(error, ProgramError)
    assert "What you saved was not put into place. instructions, number 2" in str(error)
    assert f"Your text is kept in {str(edited(made))!r}" in str(error)
    assert text_of(made) == before
    editor("path.write_text(path.read_text().replace('doo: Write b', 'do: Write c'))")
    assert command("program", "edit", made).exit_code == 0
    assert "do: Write c.txt." in text_of(made)


def test_a_program_that_was_changed_meanwhile_is_not_overwritten(made, command, editor):
    (made / "other.yaml").write_text("task: t\ninstructions: [Another.]\n")
    editor(
        "path.write_text('task: t')\n"
        f"Path({str(made / '.llm-strategy/program.yaml')!r}).write_text(Path({str(made / 'other.yaml')!r}).read_text())"
    )
    error = command("program", "edit", made).exception
    assert "was changed while you edited it. Your text is kept" in str(error)
    assert "Another." in text_of(made)
    assert edited(made).read_text() == "task: t"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        pytest.param("/no/such/editor", "cannot be started", id="missing"),
        pytest.param("'", "cannot be started", id="no-closing-quote"),
        pytest.param("false", "The editor 'false' ended with 1.", id="failed"),
    ],
)
def test_an_editor_that_fails_leaves_everything_as_it_was(made, command, monkeypatch, named, words):
    monkeypatch.setenv("EDITOR", named)
    error = command("program", "edit", made).exception
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert not edited(made).exists()


def test_without_any_editor_it_is_said_what_to_do(made, command, monkeypatch):
    monkeypatch.setenv("PATH", str(made))
    assert "Name one in EDITOR" in str(command("program", "edit", made).exception)


def test_a_copy_that_is_no_text_is_told(made, command, editor):
    editor("path.write_bytes(b'\\xff')")
    assert "cannot be read" in str(command("program", "edit", made).exception)


def test_a_file_is_put_into_place_if_it_is_a_program(made, command):
    good, bad = made.parent / "good.yaml", made.parent / "bad.yaml"
    good.write_text("task: t\ninstructions: [Write d.txt.]\n")
    bad.write_text("task: t\ninstructions: 5\n")
    assert command("program", "edit", made, "--file", good).exit_code == 0
    assert text_of(made) == good.read_text()
    error = command("program", "edit", made, "--file", bad).exception
    assert "bad.yaml' was not put into place. instructions: 5 is no list" in str(error)
    assert isinstance(command("program", "edit", made, "--file", made / "none").exception, ProgramError)
    assert text_of(made) == good.read_text()


def test_the_last_two_versions_are_compared_also_where_the_last_is_only_a_file_yet(made, command):
    assert command("program", "diff", made).stdout.startswith("There is one version of the program (planned)")
    save_program(made, text_of(made).replace("b.txt", "c.txt"))
    lines = command("program", "diff", made).stdout.splitlines()
    assert lines[:2] == ["--- version 1, planned", "+++ version 2, edited by hand, and not taken up yet: the run does so with its next step"]  # fmt: skip
    assert "-- do: Write b.txt." in lines
    assert "+- do: Write c.txt." in lines
    listed = command("program", "diff", made, "--list").stdout.splitlines()
    assert listed[1].split()[-1] == "planned"
    assert listed[2].split()[0] == "2"


def test_versions_are_compared_by_their_numbers_and_by_what_they_say(made, command):
    save_program(made, "# a comment\n" + text_of(made))
    assert command("program", "diff", made, "1", "2").stdout == "They say the same, at most in another form.\n"
    assert "There is no version 7" in str(command("program", "diff", made, "7").exception)


def test_a_version_that_is_no_program_is_compared_as_text(made, command):
    (made / ".llm-strategy/program.yaml").write_text("half a\x1b[31m program")
    assert "+half a[31m program" in command("program", "diff", made).stdout
    assert "no program" in command("program", "diff", made, "-l").stdout


def test_what_is_open_is_planned_anew_for_a_reason(place, says, two_steps, command, value):
    says(two_steps[:3])
    words = ("--domain", "custom", "-m", "scripted:x", "-w", "made", "--config", "quiet.toml", "--budget", "steps=1")
    command("generate", "A list.", *words)
    says([value([{"do": "Write c.txt.", "requirements": ["R2"]}])])
    result = command("program", "replan", "made", "--because", "b is taken", "-m", "scripted:x")
    assert "+- do: Write c.txt." in result.stdout.splitlines()
    assert result.stderr.startswith("Version 2 is in place (1 call, ")
    with RunState.reading(place / "made") as record:
        assert record.programs()[-1].why == "replanned by hand: b is taken"
    assert "needs a reason" in str(command("program", "replan", "made", "--because", "", "-m", "scripted:x").exception)


def test_steps_are_opened_again_by_their_paths(made, command):
    result = command("program", "retry", made, "2")
    assert result.stdout.startswith("Open again: 2. Go on with: llm-strategy generate --resume --workspace ")
    assert command("program", "show", made).stdout.splitlines()[3].split()[:2] == ["2", "open"]
    error = command("program", "retry", made, "3").exception
    assert str(error) == "No step '3' is over. Steps that are over: '1'."
    assert "none has failed" in str(command("program", "retry", made, "--failed").exception)
    assert "No step is named" in str(command("program", "retry", made).exception)


@pytest.mark.parametrize("name", ["show", "edit", "diff", "retry"])
def test_a_folder_without_a_run_is_one_error(place, command, name):
    result = command("program", name, "nowhere", *(["1"] if name == "retry" else []))
    assert isinstance(result.exception, WorkspaceError)
    assert "There is no run in 'nowhere'" in str(result.exception)
    assert not (place / "nowhere").exists()


def test_a_run_that_was_not_planned_yet_has_no_program_to_show(place, command):
    with RunState(place / "new") as state:
        state.begin("A list.", "custom", {})
    for name in ("show", "edit", "diff"):
        assert "has no program yet" in str(command("program", name, "new").exception)


def test_a_report_tells_how_a_run_ended_and_what_it_was_like(made, command):
    lines = command("report", made).stdout.splitlines()
    assert lines[:2] == ["A list.", "Done"]
    assert "done  1  Write a.txt." in lines
    assert any(line.startswith("files over ") for line in lines)


def test_a_report_is_json_for_programs(made, command):
    data = json.loads(command("report", made, "--json").stdout)
    assert (data["reason"], data["is_done"], data["features"]) == ("done", True, 0.0)
    assert [one["path"] for one in data["steps"]] == [":plan", "1", "2"]
    assert data["requirements"][0]["files"] == ["a.txt"]


def test_a_report_is_a_page_and_a_picture(made, command):
    result = command("report", made, "--html", "page.html", "--png", "picture.png")
    assert result.stderr == "Wrote page.html\nWrote picture.png\n"
    assert (made.parent / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert (made.parent / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert "Name another --png" in str(command("report", made, "--png", "no/such/folder.png").exception)


def test_a_run_under_way_is_reported_as_far_as_it_has_come(made, command):
    with RunState(made) as state:
        state.note("report", None)
        state.note("decisions", {"Which?": "This."})
    result = command("report", made).stdout
    assert "Stopped  it has not ended: it is under way, or was stopped" in result
    assert "decided: Which? This." in result


def test_a_trace_that_is_damaged_is_left_out_and_told(made, command):
    (made / ".llm-strategy/traces/broken.jsonl").write_text("no json\n")
    result = command("report", made)
    assert result.stderr.startswith("left out: ")
    assert result.stdout.startswith("A list.\nDone\n")


def test_a_report_that_is_damaged_is_told_with_its_place(made, command):
    with RunState(made) as state:
        state.note("report", {"reason": 5})
    error = command("report", made).exception
    assert isinstance(error, StoredDataError)
    assert "is damaged at reason: " in str(error)
