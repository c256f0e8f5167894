"""What tests of the planner's commands share: a model that is named on the command line, and a place to work in."""

import json
import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from llm_strategy.chat.resolve import _OPENED, SCHEMES
from llm_strategy.cli.main import app
from llm_strategy.testing import ScriptedModel

QUIET = "[planner]\nquestions = 0\nreflections = 0\nreplans = 0\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory without anything of the user's around it."""
    for name in ("LLM_STRATEGY_MODEL", "LLM_STRATEGY_SANDBOX", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quiet.toml").write_text(QUIET)
    return tmp_path


@pytest.fixture
def says(monkeypatch):
    """Give the model that is called `scripted:x` its replies; the model is returned."""

    def give(replies):
        model = ScriptedModel(replies)
        opener = ModuleType("opener_for_planner_tests")
        opener.open_model = lambda _rest: model
        monkeypatch.setitem(sys.modules, "opener_for_planner_tests", opener)
        monkeypatch.setitem(SCHEMES, "scripted", "opener_for_planner_tests:open_model")
        _OPENED.clear()
        return model

    yield give
    _OPENED.clear()


@pytest.fixture
def command():
    """Run `llm-strategy` with words; what it raises is in the result."""

    def run(*words, given=None):
        return CliRunner().invoke(app, [str(word) for word in words], input=given)

    return run


@pytest.fixture
def value():
    """What a model says to give a value as JSON."""
    return lambda value: json.dumps({"return_value": value})


@pytest.fixture
def two_steps(value):
    """Replies that plan two steps, and carry them out."""
    return [
        value(["It adds.", "It lists."]),
        value([{"do": "Write a.txt.", "requirements": ["R1"]}, {"do": "Write b.txt.", "requirements": ["R2"]}]),
        "a.txt\n```\none\n```",
        "b.txt\n```\ntwo\n```",
    ]


@pytest.fixture
def made(place, says, two_steps, command):
    """A run of two steps that is over, in the folder `made`."""
    says(two_steps)
    result = command(
        "generate", "A list.", "--domain", "custom", "-m", "scripted:x", "-w", "made", "--config", "quiet.toml"
    )
    assert result.exit_code == 0, result.output
    return place / "made"
