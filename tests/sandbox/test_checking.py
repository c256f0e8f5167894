"""What a machine has for running code of a model."""

from dataclasses import dataclass

import pytest

from llm_strategy.errors import ConfigurationError, SandboxUnavailableError
from llm_strategy.sandbox import Finding
from llm_strategy.sandbox.checking import Checked, check_sandbox, check_sandboxes, chosen

HAS, LACKS = Finding("program", ok=True), Finding("program", ok=False, told="It is not there.")


@dataclass
class Body:
    """A sandbox that does what it was made for."""

    found: tuple[Finding, ...] = (HAS,)
    failure: Exception | None = None
    closed: bool = False
    name: str = "monty"

    def findings(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def start(self, setup):
        if self.failure:
            raise self.failure
        return self

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_SANDBOX", raising=False)


def ticking(*moments):
    return iter(moments).__next__


def test_a_sandbox_that_starts_is_timed_and_closed():
    body = Body()
    assert check_sandbox(body, clock=ticking(1.0, 1.25)) == Checked("monty", (HAS,), started=True, seconds=0.25)
    assert body.closed


def test_a_sandbox_that_lacks_something_is_not_started():
    found = check_sandbox(Body((LACKS,), AssertionError("started")))
    assert found == Checked("monty", (LACKS,))
    assert not found.usable


def test_a_sandbox_need_not_be_tried():
    found = check_sandbox(Body(failure=AssertionError("started")), probe=False)
    assert found.started is None
    assert found.usable


@pytest.mark.parametrize("error", [SandboxUnavailableError("a wall"), OSError("a wall")])
def test_a_sandbox_that_does_not_start_says_why(error):
    found = check_sandbox(Body(failure=error))
    assert (found.started, found.told, found.usable, found.complete) == (False, "a wall", False, True)


def test_a_machine_that_cannot_be_asked_has_nothing():
    found = check_sandbox(Body(OSError("no files left")))
    assert found.findings == (Finding("this machine", ok=False, told="no files left"),)


def test_all_with_walls_are_looked_at():
    assert [one.name for one in check_sandboxes(probe=False)] == ["bubblewrap", "landlock", "monty"]


def test_auto_takes_the_first_that_can_be_taken(monkeypatch):
    checked = [
        Checked("bubblewrap", (LACKS,)),
        Checked("landlock", (HAS,), started=False),
        Checked("monty", (HAS,), started=True),
    ]
    assert chosen(checked) == "monty"
    assert chosen(checked[:2]) == ""
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "landlock")
    assert chosen(checked) == ""
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "unsafe-process")
    with pytest.raises(ConfigurationError):
        chosen(checked)
