"""What tests of the tests evaluator share: a way to run files, and a sandbox that says what it is told to."""

import json
import re
from dataclasses import dataclass, field

import pytest

from llm_strategy.planner.evaluators.tests import Tests
from llm_strategy.sandbox import CodeError, CodeResult, Finding, HostCall

FAILS = "def test_good():\n    pass\n\n\ndef test_bad():\n    assert 1 == 2\n"


@pytest.fixture
def ran():
    """Run the tests among files in a process without walls, and return problems and outcomes, as texts."""

    def run(files, seconds=10.0, **settings):
        problems, outcomes = Tests("unsafe-process", seconds=seconds, **settings)(files)
        return [str(one) for one in problems], {one.id: (one.outcome, one.message) for one in outcomes}

    return run


@pytest.fixture
def fails():
    """Give a file with a test that passes, and one that fails."""
    return FAILS


@dataclass
class ScriptedSandbox:
    """A sandbox in which nothing is run: for each start there is a list of what is told from inside."""

    scripts: list
    name: str = "scripted"
    setups: list = field(default_factory=list)
    plans: list = field(default_factory=list)
    closed: int = 0

    def findings(self):
        return (Finding("a script", ok=True),)

    def start(self, setup):
        self.setups.append(setup)
        return ScriptedWorker(self)


class ScriptedWorker:
    def __init__(self, sandbox):
        self._sandbox, self._script = sandbox, list(sandbox.scripts[len(sandbox.setups) - 1])
        self._count, self._token = 0, ""

    alive = True

    def run(self, code):
        plan = json.loads(
            re.search(r"\nrun\(json\.loads\(('.*')\), tell_the_host\)\n$", code, re.DOTALL)[1][1:-1]
            .encode()
            .decode("unicode_escape")
        )
        self._token = plan["token"]
        self._sandbox.plans.append(plan)
        return self.resume(None)

    def resume(self, _outcome):
        said = self._script.pop(0) if self._script else {"status": 0, "hung": False, "where": "", "output": ""}
        if isinstance(said, tuple):
            lines = "".join(self._line(one) for one in said)
            return HostCall("tell_the_host", json.dumps({"lines": lines}))
        if isinstance(said, CodeError):
            return CodeResult(error=said, state_lost=True)
        return CodeResult(value=said)

    def _line(self, said):
        if isinstance(said, str):
            return said
        line = json.dumps({"token": self._token, "number": self._count, **said})
        self._count += 1
        return f"{line}\n"

    def interrupt(self):
        self._script = [CodeError("Interrupted", "Somebody has ended it.")]

    def close(self):
        self._sandbox.closed += 1


@pytest.fixture
def scripted():
    """Make a sandbox of scripts."""
    return ScriptedSandbox
