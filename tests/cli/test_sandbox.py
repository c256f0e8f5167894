"""`llm-strategy sandbox`: what this machine has, and running a script."""

import json

import pytest
from typer.testing import CliRunner

from llm_strategy.cli.main import app
from llm_strategy.errors import InputError
from llm_strategy.sandbox import Finding, checking
from llm_strategy.sandbox.checking import Checked

GOOD = Checked("bubblewrap", (Finding("bwrap", ok=True, told="bubblewrap 0.9.0"),), started=True, seconds=0.25)
LACKING = Checked("landlock", (Finding("landlock", ok=False, told="This kernel has none.\x1b[31m"),))
FAILED = Checked("monty", (Finding("pydantic-monty", ok=True),), started=False, told="a wall did not hold")
UNTRIED = Checked("monty", (Finding("pydantic-monty", ok=True, told="1.4.0"),))


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_SANDBOX", raising=False)

    def having(*checked):
        monkeypatch.setattr(checking, "check_sandboxes", lambda probe: checked)

    return having


def told(*arguments, code=0, given=None):
    result = CliRunner().invoke(app, ["sandbox", *arguments], input=given)
    assert result.exit_code == code, result.output
    return result


def test_what_a_machine_has_is_shown_by_sandbox(machine):
    machine(GOOD, LACKING, FAILED)
    lines = told("check").output.splitlines()
    assert lines[0].split() == ["bubblewrap", "holds", "starts", "in", "250", "ms"]
    assert lines[1].split() == ["bwrap", "ok", "bubblewrap", "0.9.0"]
    assert [line.split()[:2] for line in lines[3:5]] == [["landlock", "no"], ["landlock", "missing"]]
    assert "This kernel has none.[31m" in lines[4]
    assert "a wall did not hold" in lines[6]
    assert lines[-2:] == [
        "sandbox='auto' takes bubblewrap.",
        "'unsafe-process' has no walls: it is taken only where it is written out.",
    ]
    assert all(line == line.rstrip() for line in lines)


def test_a_machine_without_any_ends_with_an_error(machine):
    machine(LACKING, FAILED)
    assert "SandboxUnavailableError" in told("check", code=1).output


def test_what_was_not_tried_is_not_said_to_hold(machine):
    machine(UNTRIED)
    output = told("check", "--no-probe").output
    assert "not tried" in output
    assert "takes monty" in output


def test_a_program_reads_it_as_json(machine):
    machine(GOOD, LACKING)
    data = json.loads(told("check", "--json").output)
    assert data["auto"] == "bubblewrap"
    assert data["sandboxes"][0]["start_seconds"] == 0.25
    assert data["sandboxes"][1] == {
        "name": "landlock",
        "complete": False,
        "started": None,
        "told": "",
        "start_seconds": None,
        "findings": [{"name": "landlock", "ok": False, "told": "This kernel has none.\x1b[31m"}],
    }


def test_a_script_is_run_in_a_session(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print('hello\\x1b[31m')\nopen('made.txt', 'w').write('x')\n6 * 7\n")
    result = told("run", str(script), "--sandbox", "unsafe-process")
    assert result.stdout == "hello[31m\n42\n"
    assert "create made.txt (1 bytes)" in result.stderr
    assert "in unsafe-process, " in result.stderr


def test_a_script_that_fails_ends_with_its_error():
    result = told("run", "-", "-s", "unsafe-process", code=1, given="print('before')\n1 / 0\n")
    assert result.stdout == "before\n"
    assert "ZeroDivisionError" in result.stderr


def test_output_that_was_dropped_is_told():
    result = told("run", "-", "-s", "unsafe-process", given="print('x' * 2_000_000)")
    assert "bytes of output were dropped" in result.stderr


def test_a_script_that_is_not_there_is_an_error(tmp_path):
    result = CliRunner().invoke(app, ["sandbox", "run", str(tmp_path / "none.py")])
    assert isinstance(result.exception, InputError)
