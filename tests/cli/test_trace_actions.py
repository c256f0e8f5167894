"""What `llm-strategy trace` shows of code that was run."""

import json

import pytest
from typer.testing import CliRunner

from llm_strategy.cli.main import app
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.records import SpanRecord, line_of

CODE = "\n".join(f"name_{number} = {number}" for number in range(40))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "traces").mkdir()
    session = next(span for span in sample_trace(1).spans if span.kind == "session")
    told = {semconv.CODE: CODE, semconv.CODE_OUTPUT: "done", semconv.SANDBOX: "monty"}
    where = (session.trace, "a" * 16, session.span, "action", "code", session.start + 1, session.start + 5)
    action = SpanRecord(*where, "ok", "", told)
    lines = b"".join(map(line_of, [*sample_trace(1).spans, action]))
    (tmp_path / "traces" / "acting.jsonl").write_bytes(lines)
    return tmp_path / "traces"


def run(*arguments):
    return CliRunner().invoke(app, ["trace", *arguments])


def test_code_is_shown_without_its_middle_and_whole_on_demand(folder):
    short, full = run("show").stdout, run("show", "--full").stdout
    assert ">>> name_0 = 0" in short
    assert "(30 more lines)" in short
    assert "name_20 = 20" not in short
    assert "name_20 = 20" in full
    assert "in monty" in full
    assert "1 action" in short.splitlines()[-1]


def test_the_whole_of_nothing_is_refused(folder):
    result = run("show", "--full", "--no-content")
    assert result.exit_code == 2
    assert "choose one" in result.stderr


def test_the_list_counts_actions_only_where_there_are_any(folder):
    titles, row = run("list").stdout.splitlines()
    assert "actions" in titles.split()
    assert row.split()[titles.split().index("actions") + 2] == "1"  # a moment and a time are two words each
    assert json.loads(run("list", "--json").stdout)[0]["actions"] == 1
    (folder / "acting.jsonl").write_bytes(b"".join(map(line_of, sample_trace(1).spans)))
    assert "actions" not in run("list").stdout
