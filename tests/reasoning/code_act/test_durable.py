"""A run of actions in a journal: killed in its middle, it goes on where it was; nothing is paid for or done twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_strategy import caching, durable, llm_function, trace
from llm_strategy.errors import AttemptsExhaustedError
from llm_strategy.reasoning import CodeAct
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool
from llm_strategy.tracing import semconv

PROGRAM = """
import os, signal, sys
from pathlib import Path
from llm_strategy import durable, llm_function
from llm_strategy.reasoning import CodeAct
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool

folder, body, form = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def note(kind):
    with open(folder / "log", "a") as log:
        log.write(kind + "\\n")

@tool
def draw(number: int) -> int:
    "A number."
    note(f"tool {number}")
    return 10 * number

CODE = ["x = draw(1)\\nprint(x)", "y = draw(2)\\nprint(x + y)", "finish(x + y + draw(3))"]
CALLS = ['{"tool": "draw", "arguments": {"number": 1}}', '{"tool": "draw", "arguments": {"number": 2}}', '{"finish": 60}']

def reply(messages):
    number = (len(messages) - 2) // 2
    note(f"model {number}")
    if os.environ.get("DIE") == str(number):
        os.kill(os.getpid(), signal.SIGKILL)
    return f"```python\\n{CODE[number]}\\n```" if form == "code" else CALLS[number]

@llm_function(reasoning=CodeAct(tools=[draw], sandbox=body, action_format=form))
def total(model, question: str) -> int:
    "The total."

with durable(folder / "journal.db"):
    print(total(ScriptedModel(reply), "How many?"))
"""


def run(folder: Path, *arguments: str, die: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DIE": die}
    command = [sys.executable, "-c", PROGRAM, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(("body", "form"), [("unsafe-process", "code"), ("monty", "code"), ("monty", "json")])
def test_a_run_that_was_killed_goes_on_without_paying_or_acting_twice(tmp_path, body, form):
    assert run(tmp_path, body, form, die="1").returncode == -signal.SIGKILL
    assert run(tmp_path, body, form, die="2").returncode == -signal.SIGKILL
    done = run(tmp_path, body, form)
    assert (done.stdout, done.stderr) == ("60\n", "")
    log = (tmp_path / "log").read_text().splitlines()
    tools = ["tool 1", "tool 2", "tool 3"] if form == "code" else ["tool 1", "tool 2"]
    assert [line for line in log if line.startswith("tool")] == tools
    assert [line for line in log if line.startswith("model")] == ["model 0", "model 1", "model 1", "model 2", "model 2"]
    again = run(tmp_path, body, form)
    assert again.stdout == "60\n"
    assert (tmp_path / "log").read_text().splitlines() == log


def test_files_that_were_kept_are_not_asked_for_again(tmp_path):
    @llm_function(reasoning=CodeAct(sandbox="unsafe-process", keep_files=str(tmp_path / "kept")))
    def write(model, text: str) -> int:
        """Write it."""

    model = ScriptedModel(["```python\nopen('a.txt', 'w').write(text)\nfinish(1)\n```"])
    for _ in range(2):
        with durable(tmp_path / "journal.db"):
            assert write(model, "hello") == 1
    assert (tmp_path / "kept/a.txt").read_text() == "hello"
    assert len(model.asked) == 1


def test_a_cache_does_not_keep_replies_that_led_nowhere(tmp_path):
    @llm_function(reasoning=CodeAct(sandbox="monty", patience=1))
    def count(model, text: str) -> int:
        """Count."""

    model = ScriptedModel(["Hm.", "```python\nfinish(1)\n```"])
    with caching(tmp_path / "cache.db"):
        with pytest.raises(AttemptsExhaustedError):
            count(model, "a")
        assert count(model, "a") == 1
        assert count(model, "a") == 1
    assert len(model.asked) == 2


@pytest.mark.parametrize("form", ["code", "json"])
def test_the_trace_tells_each_step(form):
    @tool
    def double(number: int) -> int:
        """Twice."""
        return 2 * number

    @llm_function(reasoning=CodeAct(tools=[double], sandbox="monty", action_format=form))
    def count(model, number: int) -> int:
        """Count."""

    replies = {
        "code": ["Hm.", "```python\nprint(double(number))\n```", "```python\nfinish(number)\n```"],
        "json": ["Hm.", '{"tool": "double", "arguments": {"number": 3}}', '{"finish": 3}'],
    }
    with trace("run") as recorded:
        assert count(ScriptedModel(replies[form]), 3) == 3
    spans = {span.span: span for span in recorded.spans}

    def path(span: Any) -> list[str]:
        return [*(path(spans[span.parent]) if span.parent else []), span.kind]

    paths = [path(span) for span in recorded.spans]
    top = ["session", "function", "prompt", "step"]
    assert paths.count(top) == 3
    assert paths.count([*top, "chat"]) == 3
    assert [*top, *(["code", "tool"] if form == "code" else ["tool"])] in paths
    prompt = next(span for span in recorded.spans if span.kind == "prompt")
    assert prompt.attributes[semconv.ACTIONS] == 2
    assert prompt.attributes[semconv.ACTIONS_ENDED] == "finish"
    assert prompt.attributes[semconv.PROMPT_HASH]
    assert {span.attributes.get(semconv.ACTION_FORMAT) for span in recorded.spans if span.kind == "step"} == {form}
    function = next(span for span in recorded.spans if span.kind == "function")
    assert function.attributes[semconv.REASONING] == "CodeAct"


def test_the_trace_tells_why_a_run_ended():
    @llm_function(reasoning=CodeAct(sandbox="monty"))
    def count(model, number: int) -> int:
        """Count."""

    with trace("run") as recorded, pytest.raises(AttemptsExhaustedError):
        count(ScriptedModel(["a", "b", "c"]), 3)
    prompt = next(span for span in recorded.spans if span.kind == "prompt")
    assert prompt.attributes[semconv.ACTIONS_ENDED] == "AttemptsExhaustedError"
    assert prompt.attributes[semconv.ACTIONS] == 0


def test_the_trace_tells_replies_without_an_action_unknown_tools_and_the_value():
    @llm_function(reasoning=CodeAct(action_format="json"))
    def count(model, number: int) -> int:
        """Count."""

    replies = ["Hm.", '{"tool": "nothing", "arguments": {}}', '{"finish": "much"}', '{"finish": 3}']
    with trace("run") as recorded:
        assert count(ScriptedModel(replies), 3) == 3
    steps = [span for span in recorded.spans if span.kind == "step"]
    assert [step.status for step in sorted(steps, key=lambda one: one.start)] == ["error", "ok", "ok", "ok"]
    calls = sorted((span for span in recorded.spans if span.kind == "tool"), key=lambda one: one.start)
    assert [(one.name, one.status) for one in calls] == [("nothing", "error"), ("finish", "error"), ("finish", "ok")]
    assert "no tool 'nothing'" in calls[0].message
    assert calls[2].attributes[semconv.TOOL_ARGUMENTS] == '{"value": 3}'
