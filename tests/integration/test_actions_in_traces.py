"""What an action leaves in a trace, and what becomes of it wherever traces go."""

import json

import pytest

from llm_strategy import trace
from llm_strategy.sandbox import Limits, Session
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tools import tool
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.chrome import chrome_events
from llm_strategy.tracing.exporters.html.payload import payload_of
from llm_strategy.tracing.exporters.openinference import openinference_attributes
from llm_strategy.tracing.exporters.terminal_rows import TreeView
from llm_strategy.tracing.exporters.trace_data import trace_data
from llm_strategy.tracing.exporters.wandb_rows import total_row
from llm_strategy.tracing.exporters.wandb_tables import COLUMNS, span_rows
from llm_strategy.tracing.index import TraceIndex
from llm_strategy.tracing.recorded import RecordedTrace

CODE = "with open('prices.txt', 'w') as file:\n    file.write(str(price('apple')))\n41 + 1"


@tool
def price(article: str) -> float:
    """Price of an article."""
    return {"apple": 1.5}[article]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traces")
    with (
        trace("acting", directory=folder),
        Session("unsafe-process", tools=[price], limits=Limits(seconds=20)) as session,
    ):
        session.run(CODE)
        session.run("1 / 0")
    (path,) = folder.glob("*.jsonl")
    return RecordedTrace.read(path)


def actions(trace):
    return [span for span in trace.spans if span.kind == "code"]


def test_every_action_is_a_span_with_code_output_and_error(recorded):
    first, second = actions(recorded)
    assert (first.text(semconv.CODE), first.text(semconv.CODE_OUTPUT)) == (CODE, "42")
    assert (second.failed, second.text(semconv.ERROR_TYPE)) == (True, "ZeroDivisionError")
    assert second.text(semconv.CODE_OUTPUT).endswith("ZeroDivisionError: division by zero")
    assert recorded.totals.actions == 2


def test_a_tool_stands_inside_the_action_that_called_it(recorded):
    (called,) = [span for span in recorded.spans if span.kind == "tool"]
    assert called.parent == actions(recorded)[0].span


def test_the_map_of_files_knows_what_an_action_wrote(recorded):
    (access,) = recorded.file_accesses()
    assert (access.path, access.operation, access.span) == ("prices.txt", "create", actions(recorded)[0].span)
    (shown,) = payload_of([recorded])["traces"]
    assert shown["files"]["cells"] == [[0, 0, [0, 0, 1, 0, 0]]]


def test_openinference_takes_an_action_for_a_tool_with_plain_texts(recorded):
    first, _ = actions(recorded)
    told = openinference_attributes(first)
    assert told["openinference.span.kind"] == "TOOL"
    assert (told["input.value"], told["input.mime_type"]) == (CODE, "text/plain")
    assert (told["output.value"], told["output.mime_type"]) == ("42", "text/plain")


def test_chrome_gets_a_category_and_a_colour_for_what_failed(recorded):
    events = [event for event in chrome_events(recorded) if event.get("cat") == "code" and event["ph"] == "X"]
    assert [event["args"][semconv.CODE] for event in events] == [CODE, "1 / 0"]
    assert [event.get("cname") for event in events] == [None, "terrible"]


def test_tables_for_wandb_hold_code_and_output(recorded):
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in span_rows([recorded])]
    (first, second) = [row for row in rows if row["kind"] == "code"]
    assert json.loads(first["attributes"])[semconv.CODE] == CODE
    assert semconv.FILE in first["events"]
    assert second["status"] == "error"
    assert total_row([recorded])["llm_strategy/trace/actions"] == 2


def test_data_without_content_tells_no_code(recorded):
    data = json.dumps(trace_data(recorded, TreeView(content=False)))
    assert "apple" not in data
    assert '"code"' in data


def test_the_index_counts_actions(recorded):
    with TraceIndex(recorded.path.parent) as index:
        index.refresh()
        assert [one.actions for one in index.traces()] == [2]


def test_a_trace_without_actions_has_none():
    assert sample_trace(3).totals.actions == 0
