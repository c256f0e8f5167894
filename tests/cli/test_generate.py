"""`llm-strategy generate` and `init-config`."""

import shlex

import pytest

from llm_strategy.chat.resolve import SCHEMES
from llm_strategy.errors import LLMStrategyError, TransportError, WorkspaceError
from llm_strategy.planner.state import RunState

CUSTOM = ("--domain", "custom", "-m", "scripted:x", "-w", "made")


def test_a_task_is_built_and_told_line_by_line_where_nothing_can_be_drawn(place, says, two_steps, command):
    says(two_steps)
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml")
    assert result.exit_code == 0
    assert (place / "made/a.txt").read_text() == "one\n"
    assert result.stdout.splitlines()[:2] == ["done: made", "steps: 2 of 2 done"]
    lines = result.stderr.splitlines()
    assert lines[0] == "planned (2 steps)"
    assert lines[1:3] == ["  1      Write a.txt.", "  2      Write b.txt."]
    assert lines[3].startswith("planning: 2 calls, ")
    assert lines[4:6] == ["[1] Write a.txt.", "    attempt 1, reply 1: made a.txt; no problems"]
    assert lines[6].startswith("    done (1 call, ")
    assert lines[-1] == "See how it went: llm-strategy report made"


def test_without_a_workspace_a_new_one_is_named_after_the_task(place, says, two_steps, command):
    says(two_steps)
    assert command("generate", "A list.", *CUSTOM[:4], "--config", "quiet.toml").exit_code == 0
    assert (place / "workspace/a-list/b.txt").read_text() == "two\n"


def test_quietly_only_the_end_is_shown(place, says, two_steps, command):
    says(two_steps)
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml", "--quiet", "--yes")
    assert result.stderr == "See how it went: llm-strategy report made\n"
    assert result.stdout.startswith("done: made\n")


@pytest.mark.parametrize(
    ("words", "head"),
    [
        pytest.param((), ["Standard input is no terminal, so nothing is asked:"], id="no-terminal"),
        pytest.param(("--yes",), [], id="yes"),
    ],
)
def test_what_is_not_asked_is_assumed_and_stated(place, says, two_steps, command, words, head):
    says(['{"return_value": [{"question": "Which?\\u001b[31m", "default": "This."}]}', *two_steps])
    (place / "quiet.toml").write_text("[planner]\nquestions = 1\nreflections = 0\n")
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml", *words)
    assert result.stderr.splitlines()[3 : 4 + len(head)] == [*head, "assumed: Which?[31m This."]
    quiet = command("generate", "--resume", "-w", "made", "-m", "scripted:x", "--quiet")
    assert "assumed: Which?[31m This." in quiet.stdout


def test_options_win_over_files_and_reach_the_run(place, says, two_steps, command):
    model = says(two_steps)
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml", "--steps", "7")
    assert result.exit_code == 0
    assert "most: 7" in model.asked[1][-1].content
    with RunState.reading(place / "made") as record:
        assert (record.settings["steps"], record.settings["questions"]) == (7, 0)


def test_the_model_may_come_from_the_environment(place, says, two_steps, command, monkeypatch):
    says(two_steps)
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "scripted:x")
    words = ("--domain", "custom", "-w", "made", "--config", "quiet.toml")
    assert command("generate", "A list.", *words).exit_code == 0


def test_where_nobody_is_named_the_embedded_model_answers(place, says, two_steps, command, monkeypatch):
    says(two_steps)
    monkeypatch.setitem(SCHEMES, "local", SCHEMES["scripted"])
    words = ("--domain", "custom", "-w", "made", "--config", "quiet.toml")
    assert command("generate", "A list.", *words).exit_code == 0


def test_a_given_program_is_carried_out(place, says, command):
    says(["a.txt\n```\none\n```"])
    (place / "program.yaml").write_text("task: t\ninstructions: [Write a.txt.]\n")
    result = command("generate", "A list.", *CUSTOM, "--program", "program.yaml")
    assert result.exit_code == 0
    assert result.stderr.startswith("given (1 step)\n  1      Write a.txt.\n")


def test_a_run_that_is_not_done_ends_with_1_and_says_how_to_go_on(place, says, two_steps, command):
    says(two_steps)
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml", "--budget", "steps=1")
    assert result.exit_code == 1
    assert result.stdout.startswith("budget: steps: 1 of 1: made\n")
    again = "llm-strategy generate --resume --workspace made --model scripted:x --config quiet.toml"
    assert f"Go on, with a larger budget, by: {again} --budget ...\n" in result.stderr
    result = command(*shlex.split(again)[1:])
    assert result.exit_code == 0
    assert (place / "made/b.txt").read_text() == "two\n"


def test_a_step_that_failed_is_told_with_what_to_do(place, says, command):
    says(["I cannot."] * 9)
    (place / "program.yaml").write_text("task: t\ninstructions: [Write a.txt.]\n")
    result = command("generate", "A list.", *CUSTOM, "--program", "program.yaml", "--config", "quiet.toml")
    assert result.exit_code == 1
    assert "1 failed: the same reply came" in result.stdout
    assert "Try again what failed: llm-strategy program retry made 1\n" in result.stderr
    assert "Then go on with: llm-strategy generate --resume --workspace made" in result.stderr


def test_an_interrupted_run_ends_with_130_and_one_line_how_to_resume(place, says, two_steps, command):
    says([*two_steps[:3], KeyboardInterrupt()])
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml", "--no-git", "-y", "--no-run-tests")
    assert result.exit_code == 130
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Stopped. Everything so far is kept. Go on with: ")
    again = last.partition("with: ")[2]
    assert again.endswith("--model scripted:x --config quiet.toml --no-run-tests --no-git --yes")
    model = says(two_steps[3:])
    assert command(*shlex.split(again)[1:]).exit_code == 0
    assert len(model.asked) == 1
    assert (place / "made/a.txt").read_text() == "one\n"


def test_an_interruption_before_anything_was_begun_says_so(place, says, command, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("llm_strategy.planner.opening.RunState", interrupted)
    says([])
    result = command("generate", "A list.", *CUSTOM)
    assert (result.exit_code, result.stderr) == (130, "Stopped, before anything was begun.\n")


def test_an_error_of_the_model_keeps_what_was_done(place, says, two_steps, command):
    says([*two_steps[:3], *[TransportError("The line is cut.")] * 9])
    result = command("generate", "A list.", *CUSTOM, "--config", "quiet.toml")
    assert isinstance(result.exception, TransportError)
    assert "What was done is kept. Go on with: llm-strategy generate --resume --workspace made" in result.stderr


def test_an_error_in_opening_a_run_again_promises_nothing(made, command):
    with RunState(made):
        result = command("generate", "--resume", "-w", "made", "-m", "scripted:x")
    assert isinstance(result.exception, WorkspaceError)
    assert "is in use by" in str(result.exception)
    assert result.stderr == ""


def test_a_task_is_added_to_what_is_there_with_the_domain_of_its_run(made, says, command, value):
    says([value(["It counts."]), value([{"do": "Write c.txt.", "requirements": ["R3"]}]), "c.txt\n```\nthree\n```"])
    words = ("--continue", "-w", "made", "-m", "scripted:x", "--config", "quiet.toml")
    result = command("generate", "Count them.", *words)
    assert result.exit_code == 0, result.output
    assert {one.name for one in made.glob("*.txt")} == {"a.txt", "b.txt", "c.txt"}
    with RunState.reading(made) as record:
        assert (record.domain, record.number) == ("custom", 2)


def test_a_run_in_the_working_directory_is_resumed_without_naming_it(made, command, monkeypatch):
    monkeypatch.chdir(made)
    result = command("generate", "--resume", "-m", "scripted:x")
    assert result.exit_code == 0
    assert result.stdout.startswith("done: ")


def test_settings_of_a_run_can_be_changed_when_it_is_resumed(made, command):
    assert command("generate", "--resume", "-w", "made", "-m", "scripted:x", "--steps", "3").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([""], "The task is empty.", id="no-task"),
        pytest.param(["A list.", "-m", "gpt"], "Unknown model 'gpt'", id="unknown-model"),
        pytest.param(["A list.", "-m", "scripted:x", "-w", "file"], "'file' is a file. Name a folder.", id="a-file"),
        pytest.param(
            ["A list.", "-m", "scripted:x", "-w", "file/below"],
            "takes no new folder (Not a directory)",
            id="unwritable",
        ),
        pytest.param(["A list.", "-m", "scripted:x", "-w", "."], "holds files already: ", id="files"),
        pytest.param(["A list.", *CUSTOM, "--program", "cycle.yaml"], "'1' needs '2' needs '1'", id="cycle"),
        pytest.param(["A list.", "-m", "scripted:x", "--domain", "boook"], "There is no domain 'boook'", id="domain"),
        pytest.param(["A list.", "-m", "scripted:x", "-s", "monty"], "cannot run pytest. Tests need", id="monty"),
        pytest.param(["A list.", *CUSTOM, "--budget", "money=1"], "names no limit. Known are steps,", id="budget"),
        pytest.param(["A list.", *CUSTOM, "--confirm", "steps"], "asks at the terminal, and standard", id="confirm"),
        pytest.param(["A list.", *CUSTOM, "-y", "--confirm", "edits"], "choose one", id="yes-and-confirm"),
        pytest.param(["--resume", "-m", "scripted:x"], "name it with --workspace DIR", id="resume-nothing"),
        pytest.param(["A list.", "--continue", "-m", "scripted:x"], "--continue works on a folder", id="continue"),
        pytest.param(["--resume", "-w", "x", "-m", "scripted:x"], "There is no run in 'x' to resume", id="no-run"),
    ],
)
def test_wrong_input_is_one_error_that_says_what_to_do(place, says, command, words, told):
    model = says([])
    (place / "file").write_text("mine")
    (place / "cycle.yaml").write_text("task: t\ninstructions: [{do: a, needs: ['2']}, {do: b, needs: ['1']}]\n")
    result = command("generate", *words)
    assert isinstance(result.exception, LLMStrategyError)
    assert told in str(result.exception)
    assert result.output == ""
    assert model.asked == []


def test_no_sandbox_on_a_machine_is_an_error_before_anything_is_paid_for(place, says, command, monkeypatch):
    model = says([])
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "bubblewrap")
    result = command("generate", "A list.", "-m", "scripted:x", "-w", "made")
    assert "No sandbox holds on this machine" in str(result.exception)
    assert "Or leave the tests out: --no-run-tests." in str(result.exception)
    assert model.asked == []


def test_a_budget_of_zero_ends_with_its_reason_and_no_call(place, says, command):
    model = says([])
    result = command("generate", "A list.", *CUSTOM, "--budget", "tokens=0")
    assert result.exit_code == 1
    assert result.stdout.startswith("budget: tokens: ")
    assert model.asked == []


def test_another_domain_than_that_of_a_run_is_refused(made, command):
    result = command("generate", "--resume", "-w", "made", "-m", "scripted:x", "--domain", "book")
    assert "builds a 'custom'. Leave --domain out." in str(result.exception)


def test_a_config_file_is_written_once_and_its_path_is_printed(place, command):
    path = place / "config/llm-strategy/config.toml"
    assert command("init-config").stdout == f"{path}\n"
    assert "--force writes a new file" in str(command("init-config").exception)
    result = command("init-config", "--force")
    assert result.stderr == f"The file that was there is kept as {path}.bak.\n"
    assert command("init-config", "--path", "here.toml").exit_code == 0
    assert (place / "here.toml").read_text() == path.read_text()
