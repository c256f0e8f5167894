"""Traces of scripts that were not written for it."""

import json
import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing import RecordedTrace, process, process_session
from llm_strategy.tracing.settings import TraceSettings

SCRIPT = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
from llm_strategy import llm_function
from llm_strategy.testing import ScriptedModel

model = ScriptedModel(lambda _: '{"return_value": "Paris"}')

@llm_function
def capital(model, country: str) -> str:
    '''The capital of the country.'''
"""

CALL = ["function", "prompt", "attempt", "chat"]


@pytest.fixture
def run(tmp_path):
    """Runs a script in a folder of its own, and returns what came of it."""

    def ran(code, arguments=(), pyproject="", **environment):
        (tmp_path / "shop.py").write_text(SCRIPT + code)
        (tmp_path / "pyproject.toml").write_text(pyproject)
        given = {name: value for name, value in os.environ.items() if not name.startswith("LLM_STRATEGY")}
        return subprocess.run(
            [sys.executable, *arguments, "shop.py"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
            env={**given, **environment},
        )

    return ran


@pytest.fixture
def traces(tmp_path):
    def read():
        return [RecordedTrace.read(path) for path in sorted(tmp_path.glob("traces/*.jsonl"))]

    return read


def test_a_plain_script_is_traced_by_the_environment(run, traces):
    ran = run("print(capital(model, 'France'))", LLM_STRATEGY_TRACE="traces")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "Paris\n", "")
    (t,) = traces()
    assert [one.kind for one in t.spans] == ["session", *CALL]
    assert t.name == "shop"
    assert t.session.status == "ok"
    assert t.hyperparameters["__main__.capital"]["instruction"] == "The capital of the country."
    assert "-shop-" in t.path.name


def test_a_pyproject_turns_it_on_as_well(run, traces):
    table = '[tool.llm_strategy]\ntrace = "traces"\ntrace_content = false\n'
    run("capital(model, 'France')", pyproject=table)

    (t,) = traces()
    assert t.totals.calls == 1
    assert "France" not in t.path.read_text()


@pytest.mark.parametrize("off", ["0", "off", ""])
def test_the_environment_turns_it_off(run, traces, off):
    table = '[tool.llm_strategy]\ntrace = "traces"\n'
    assert run("capital(model, 'France')", pyproject=table, LLM_STRATEGY_TRACE=off).returncode == 0
    assert traces() == []


def test_without_a_word_about_it_there_is_no_trace_and_nothing_is_loaded_for_one(run, traces):
    ran = run("capital(model, 'France'); print('llm_strategy.tracing.open_span' in sys.modules)")
    assert ran.stdout == "False\n"
    assert traces() == []


def test_its_name_may_be_given(run, traces):
    run("capital(model, 'France')", LLM_STRATEGY_TRACE="traces", LLM_STRATEGY_TRACE_NAME="evening shift")
    assert traces()[0].name == "evening shift"


def test_threads_and_tasks_belong_to_the_trace_of_the_process(run, traces):
    code = """
thread = threading.Thread(target=capital, args=(model, "a"))
thread.start()
with ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda name: capital(model, name), ["b", "c"]))
async def go():
    await asyncio.gather(*(asyncio.to_thread(capital, model, name) for name in "de"))
asyncio.run(go())
thread.join()
"""
    run(code, LLM_STRATEGY_TRACE="traces")

    (t,) = traces()
    assert t.totals.calls == 5
    assert [node.span.kind for node in t.tree().children] == ["function"] * 5


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("1 / 0", 1, ("error", "ZeroDivisionError: division by zero")),
        ("sys.exit(3)", 3, ("ok", "")),
        ("sys.exit()", 0, ("ok", "")),
        ("raise KeyboardInterrupt", -2, ("unset", "interrupted by Ctrl-C")),
    ],
)
def test_however_a_script_ends_its_trace_ends(run, traces, code, status, told):
    ran = run(f"capital(model, 'France')\n{code}", LLM_STRATEGY_TRACE="traces")

    assert ran.returncode == status
    (t,) = traces()
    assert t.totals.calls == 1
    assert (t.session.status, t.session.message) == told
    assert t.session.end is not None


def test_a_trace_inside_is_a_part_of_it(run, traces):
    code = """
from llm_strategy.tracing import trace
with trace("part") as t:
    capital(model, "France")
print(t.path, t.totals.calls)
"""
    assert run(code, LLM_STRATEGY_TRACE="traces").stdout == "None 1\n"
    (t,) = traces()
    assert [one.name for one in t.spans[:3]] == ["shop", "part", "capital"]


def test_each_process_has_a_file_of_its_own(run, traces):
    code = """
import subprocess
capital(model, "France")
if len(sys.argv) < 2:
    subprocess.run([sys.executable, "shop.py", "child"], check=True)
"""
    run(code, LLM_STRATEGY_TRACE="traces")
    assert [t.totals.calls for t in traces()] == [1, 1]


def test_langchain_itself_is_seen_once_the_trace_has_begun(run, traces):
    run("capital(model, 'France'); model.invoke('hi')", LLM_STRATEGY_TRACE="traces")
    assert traces()[0].totals.chats == 2


def test_a_model_that_traces_while_the_trace_starts_is_not_waited_for(run, traces):
    code = """
from llm_strategy.tracing import settings, process, span
import llm_strategy.tracing.process as process
inner = process.trace_settings
def asking():
    with span("while it starts") as nothing:
        assert nothing is None
    return inner()
process.trace_settings = asking
capital(model, "France")
"""
    ran = run(code, LLM_STRATEGY_TRACE="traces")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert traces()[0].totals.calls == 1


def test_threads_that_come_first_at_once_share_one_trace(run, traces):
    code = """
threads = [threading.Thread(target=capital, args=(model, str(n))) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    run(code, LLM_STRATEGY_TRACE="traces")
    (t,) = traces()
    assert t.totals.calls == 8


def test_a_mistake_in_the_settings_is_an_error_of_the_first_call(run):
    ran = run("capital(model, 'France')", pyproject="[tool.llm_strategy]\ntrcae = 'x'\n")
    assert ran.returncode == 1
    assert "Did you mean 'trace'?" in ran.stderr.splitlines()[-1]


def test_the_trace_of_a_project_is_sent_by_a_process_of_its_own(run, traces, tmp_path):
    sender = tmp_path / "sender"
    sender.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        "json.dump([sys.argv[1:], os.environ['LLM_STRATEGY_TRACE']], open('sent', 'w'))\n"
    )
    sender.chmod(0o755)
    table = '[tool.llm_strategy]\ntrace = "traces"\ntrace_wandb = "ours"\n'
    ran = run("capital(model, 'France')\nsys.executable = './sender'", pyproject=table)

    assert ran.stderr == ""
    arguments, variable = json.loads((tmp_path / "sent").read_text())
    path = str(traces()[0].path)
    assert arguments == ["-m", "llm_strategy.cli.main", "trace", "wandb", path, "--project", "ours"]
    assert variable == "0"


def test_a_sender_that_fails_is_a_warning(run):
    table = '[tool.llm_strategy]\ntrace = "traces"\ntrace_wandb = "ours"\n'
    ran = run("capital(model, 'France')\nsys.executable = '/bin/false'", pyproject=table)
    assert ran.returncode == 0
    assert "did not reach Weights & Biases: CalledProcessError. It is in '" in ran.stderr


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(process, "_STARTED", [])
    monkeypatch.setattr(process, "_UNDER_WAY", [])


def test_the_first_question_decides(fresh, monkeypatch):
    asked = []
    monkeypatch.setattr(process, "trace_settings", lambda: asked.append(1) or TraceSettings())
    assert process.process_span() is None
    assert process.process_span() is None
    assert asked == [1]


def test_a_mistake_decides_nothing(fresh, monkeypatch):
    def wrong():
        raise ConfigurationError("wrong")

    monkeypatch.setattr(process, "trace_settings", wrong)
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            process.process_span()


def test_a_question_in_the_middle_of_deciding_is_answered_with_nothing(fresh, monkeypatch):
    inner = []
    monkeypatch.setattr(process, "trace_settings", lambda: inner.append(process.process_span()) or TraceSettings())
    assert process.process_span() is None
    assert inner == [None]


def test_the_settings_begin_it(fresh, monkeypatch, tmp_path):
    begun = []
    monkeypatch.setattr(process, "trace_settings", lambda: TraceSettings(directory=tmp_path))
    monkeypatch.setattr(process_session, "start", lambda settings, directory: begun.append(directory) or "the span")
    assert process.process_span() == process.process_span() == "the span"
    assert begun == [tmp_path]


def test_who_waits_while_another_thread_decides_gets_what_it_decided(fresh, monkeypatch):
    deciding, found = threading.Event(), []

    def slow():
        deciding.set()
        waiting.start()
        waiting.join(0.05)
        return TraceSettings()

    waiting = threading.Thread(target=lambda: found.append(process.process_span()))
    monkeypatch.setattr(process, "trace_settings", slow)
    assert process.process_span() is None
    waiting.join()
    assert deciding.is_set()
    assert found == [None]


@pytest.fixture
def at_exit(monkeypatch):
    """What is registered for the end of the process, and the scopes that were made to hold for all of it."""
    registered, scopes = [], []
    monkeypatch.setattr(process_session.atexit, "register", lambda *call: registered.append(call))
    monkeypatch.setattr(process_session, "add_base_scope", scopes.append)
    return SimpleNamespace(registered=registered, scopes=scopes)


@pytest.mark.parametrize("sends", [None, OSError("no"), subprocess.CalledProcessError(1, "x")])
def test_the_session_of_a_process_begins_and_ends(tmp_path, monkeypatch, at_exit, sends):
    sent = []

    def run(command, **options):
        sent.append(command)
        if sends:
            raise sends

    monkeypatch.setattr(process_session.subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", [])
    settings = TraceSettings(directory=tmp_path, wandb="ours")
    span = process_session.start(settings, tmp_path)
    assert at_exit.scopes == [span.session.hyperparameters]
    assert span.name == "python"

    ((finish, *arguments),) = at_exit.registered
    monkeypatch.setattr(sys, "last_value", None, raising=False)
    if sends:
        with pytest.warns(RuntimeWarning, match="did not reach Weights & Biases"):
            finish(*arguments)
    else:
        finish(*arguments)
    assert sent[0][-2:] == ["--project", "ours"]
    (path,) = tmp_path.glob("*.jsonl")
    assert RecordedTrace.read(path).session.status == "ok"
