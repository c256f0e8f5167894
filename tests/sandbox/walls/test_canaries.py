"""The self-test: what it finds where there are no walls, and what it makes of answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.walls import canaries_probe
from llm_strategy.sandbox.walls.canaries import WALLS, Canaries, canaries
from llm_strategy.sandbox.walls.canaries_probe import probe

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are those of Linux")

PROGRAM = """
import json, sys
plan = json.loads(sys.stdin.read())
print(json.dumps(probe(plan)))
"""
LIMITS = {
    "most_processes": 32,
    "most_memory": 512 << 20,
    "most_disk": 64 << 20,
    "most_files": 4096,
    "folders": ["/"],
}


@pytest.fixture
def laid():
    found = Canaries()
    yield found
    found.close()


def tried_in_the_open(plan):
    """Answers of a process that has no wall at all around it."""
    program = Path(canaries_probe.__file__).read_text() + PROGRAM
    command = [sys.executable, "-I", "-c", program]
    told = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def held(plan):
    return {wall: [True, ""] for wall in plan["walls"]}


@pytest.mark.parametrize("wall", [one for one in WALLS if one != "privileges"])
def test_a_wall_that_is_not_there_is_noticed(laid, wall, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "a-value-that-nobody-else-has")
    plan = laid.plan([wall], {}, **LIMITS)

    answers = tried_in_the_open(plan)

    assert answers[wall][0] is False
    with pytest.raises(SandboxUnavailableError, match=re.escape(f"\n  {wall}: {answers[wall][1]}")):
        laid.judge("toy", plan, answers)


def test_rights_that_are_left_are_noticed(laid):
    plan = laid.plan(["privileges"], {}, **LIMITS)

    assert tried_in_the_open(plan)["privileges"][0] is False  # root, or a user for whom sudo works


def test_a_secret_that_is_inherited_is_noticed_by_its_value_and_never_named(laid, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "a-value-that-nobody-else-has")

    plan = laid.plan(["environment"], {}, **LIMITS)

    assert "a-value-that-nobody-else-has" not in json.dumps(plan)
    assert "of the environment outside" in tried_in_the_open(plan)["environment"][1]


def test_a_value_that_could_be_guessed_is_not_handed_over_in_any_form(laid, monkeypatch):
    monkeypatch.setattr(os, "environ", {"PASSWORD": "secret"})

    assert laid.plan([], {}, **LIMITS)["environment"] == []


def test_what_was_looked_for_is_forgotten_inside(laid):
    plan = laid.plan([], {}, **LIMITS)

    assert probe(plan) == {}
    assert plan == {}


def test_what_the_code_is_given_on_purpose_is_no_secret(laid, monkeypatch):
    monkeypatch.setattr(os, "environ", {"PATH": "/usr/bin:/bin:/somewhere"})

    assert laid.plan([], {}, **LIMITS)["environment"]
    assert not laid.plan([], {"PATH": "/usr/bin:/bin:/somewhere"}, **LIMITS)["environment"]


def test_walls_that_held_are_no_error(laid):
    plan = laid.plan(WALLS, {}, **LIMITS)

    laid.judge("toy", plan, held(plan))

    assert laid.usable()


@pytest.mark.parametrize(
    "answer", [None, [], [True], [True, "but"], [1, ""], ["yes", ""], [False, ""], {"held": True}, "held", [None, None]]
)
def test_an_answer_that_is_not_clear_is_a_wall_that_does_not_hold(laid, answer):
    plan = laid.plan(["read", "write"], {}, **LIMITS)

    with pytest.raises(SandboxUnavailableError, match="\n  read: "):
        laid.judge("toy", plan, {"read": answer, "write": [True, ""]})


@pytest.mark.parametrize("answers", [None, [], "all good", {}, {"write": [True, ""]}])
def test_no_answer_is_a_wall_that_does_not_hold(laid, answers):
    plan = laid.plan(["read"], {}, **LIMITS)

    with pytest.raises(SandboxUnavailableError, match="read: no clear answer"):
        laid.judge("toy", plan, answers)


def test_a_guest_that_lies_about_writing_is_found_out_by_what_it_wrote(laid):
    plan = laid.plan(["write"], {}, **LIMITS)
    Path(plan["target"]).write_text("x")

    with pytest.raises(SandboxUnavailableError, match="write: a file was written outside"):
        laid.judge("toy", plan, held(plan))


def test_a_guest_that_lies_about_connecting_is_found_out_by_the_listener(laid):
    plan = laid.plan(["connect"], {}, **LIMITS)
    tried_in_the_open(plan)

    with pytest.raises(SandboxUnavailableError, match="connect: a listener outside was reached"):
        laid.judge("toy", plan, held(plan))


def test_after_an_alarm_new_canaries_are_laid():
    first = canaries()
    plan = first.plan(["read"], {}, **LIMITS)

    with pytest.raises(SandboxUnavailableError):
        first.judge("toy", plan, {})

    assert canaries() is not first
    assert canaries() is canaries()


def test_a_try_that_fails_in_an_unexpected_way_is_no_proof(laid):
    plan = {**laid.plan(["read"], {}, **LIMITS), "secret": "\0"}

    assert "no clear answer: ValueError" in tried_in_the_open(plan)["read"][1]


def test_nothing_is_left_when_they_are_taken_away():
    laid = Canaries()
    folder = Path(laid.plan([], {})["secret"]).parent

    laid.close()
    laid.close()

    assert not folder.exists()
    assert not Path(f"/proc/{laid.process}").exists()


def test_a_copy_of_the_process_lays_its_own_and_leaves_these_standing(laid):
    child = os.fork()
    if child == 0:
        laid.close()
        os._exit(laid.usable())

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert laid.usable()


def test_a_decoy_that_somebody_else_has_waited_for_is_no_trouble():
    laid = Canaries()
    os.kill(laid.process, 9)
    os.waitpid(laid.process, 0)

    laid.close()

    assert not laid.usable()


def test_canaries_that_cannot_be_laid_are_no_sandbox(monkeypatch):
    canaries().close()
    monkeypatch.setattr("llm_strategy.sandbox.walls.canaries.tempfile.mkdtemp", lambda prefix: "/no/such/folder")

    with pytest.raises(SandboxUnavailableError, match="cannot be tried here"):
        canaries()
