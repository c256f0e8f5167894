"""Names of sandboxes, and what "auto" may stand for."""

import sys

import pytest

from llm_strategy.errors import ConfigurationError, SandboxUnavailableError
from llm_strategy.sandbox import Finding, Setup
from llm_strategy.sandbox.choosing import SANDBOX_NAMES, WALLED, sandbox_named, walled_sandboxes


class Own:
    """A sandbox of the user's."""

    name = "own"

    def findings(self):
        return ()

    def start(self, setup):
        raise AssertionError("nobody starts it here")


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_SANDBOX", raising=False)


def test_auto_stands_for_the_walled_ones_in_order_and_for_nothing_else():
    assert [body.name for body in sandbox_named("auto").bodies] == list(WALLED) == ["bubblewrap", "landlock", "monty"]
    assert [body.name for body in walled_sandboxes()] == list(WALLED)
    assert sandbox_named() == sandbox_named("auto")


@pytest.mark.parametrize("name", [name for name in SANDBOX_NAMES if name != "auto"])
def test_a_name_gives_the_sandbox_that_bears_it(name):
    assert sandbox_named(name).name == name


def test_a_sandbox_is_returned_as_it_is():
    own = Own()
    assert sandbox_named(own) is own


@pytest.mark.parametrize("name", WALLED)
def test_the_environment_may_say_what_auto_stands_for(name, monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", f" {name} ")
    assert [body.name for body in sandbox_named("auto").bodies] == [name]
    assert sandbox_named("monty").name == "monty"  # a name that is written out is not changed


@pytest.mark.parametrize("value", ["", "auto"])
def test_the_environment_may_leave_auto_as_it_is(value, monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", value)
    assert len(sandbox_named("auto").bodies) == len(WALLED)


def test_the_environment_cannot_take_the_walls_away(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "unsafe-process")
    with pytest.raises(ConfigurationError, match="Write sandbox='unsafe-process' there, or unset the variable"):
        sandbox_named("auto")


def test_an_unknown_name_in_the_environment_is_named(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "mony")
    with pytest.raises(ConfigurationError, match=r"'mony' names no sandbox. Did you mean 'monty'\? It may be: 'auto'"):
        sandbox_named("auto")


def test_an_unknown_name_comes_with_those_that_there_are():
    with pytest.raises(ConfigurationError) as caught:
        sandbox_named("docker")
    assert str(caught.value) == (
        "No sandbox is called 'docker'. There are: 'auto', 'bubblewrap', 'landlock', 'monty', 'unsafe-process'."
    )


@pytest.mark.parametrize("given", [None, 3, object()])
def test_what_is_no_sandbox_is_refused(given):
    with pytest.raises(ConfigurationError, match=r"is no sandbox\. Give a name"):
        sandbox_named(given)


def test_a_class_of_a_sandbox_is_not_one_of_it():
    with pytest.raises(ConfigurationError, match=r"is the class Own. Make one of it: Own\(\)"):
        sandbox_named(Own)


def test_a_body_whose_module_does_not_load_is_found_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "llm_strategy.sandbox.monty.body", None)
    body = sandbox_named("monty")
    (finding,) = body.findings()
    assert isinstance(finding, Finding)
    assert not finding.ok
    assert "pip install 'llm-strategy[sandbox]'" in finding.told
    with pytest.raises(SandboxUnavailableError, match="'monty' cannot start, and no code was run"):
        body.start(Setup())
