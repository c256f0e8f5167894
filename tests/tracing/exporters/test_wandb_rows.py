"""What goes into a run, before wandb sees it."""

import json
import math
from dataclasses import replace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.wandb_config import config_of
from llm_strategy.tracing.exporters.wandb_rows import call_rows, total_row
from llm_strategy.tracing.exporters.wandb_tables import COLUMNS, span_rows
from llm_strategy.tracing.exporters.wandb_trace_tree import trace_tree
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord


def span(name, parent, kind, start, **attributes):
    return SpanRecord("t", name, parent, name, kind, start, start + 1_000_000_000, "ok", attributes=attributes)


def chat(name, parent, start, tokens, **attributes):
    return span(name, parent, "chat", start, **{semconv.INPUT_TOKENS: tokens, **attributes})


def priced(name, parent, start, tokens):
    return chat(name, parent, start, tokens, **{semconv.COST: 0.5})


def column(rows, name):
    return [row.get(f"llm_strategy/{name}") for row in rows]


def test_rows_add_up_to_the_totals():
    trace = sample_trace(12)
    rows = call_rows(trace)

    assert len(rows) == trace.totals.calls
    for name in ("chats", "retries", "input_tokens", "output_tokens"):
        assert sum(column(rows, name)) == getattr(trace.totals, name)
    assert math.isclose(sum(column(rows, "cost_usd")), trace.totals.cost)
    assert column(rows, "error") == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert column(rows, "first_chunk_seconds") == [0.05] * 12


def test_what_a_function_inside_another_asks_counts_for_the_inner_one():
    outer, inner = span("outer", None, "function", 1), span("inner", "step", "function", 3)
    spans = [outer, span("step", "outer", "step", 2), inner, chat("a", "inner", 4, 10), chat("b", "outer", 5, 3)]
    assert column(call_rows(RecordedTrace.of(spans)), "input_tokens") == [3, 10]


def test_a_request_outside_of_functions_is_a_row_with_the_requests_inside_it():
    spans = [span("s", None, "session", 0), chat("a", "s", 1, 99), chat("b", "a", 2, 5), chat("c", "lost", 3, 7)]
    assert column(call_rows(RecordedTrace.of(spans)), "input_tokens") == [5, 7]


def test_spans_that_are_their_own_parents_are_no_endless_loop():
    spans = [span("a", "b", "step", 1), span("b", "a", "step", 2), span("f", "f", "function", 3)]
    assert len(call_rows(RecordedTrace.of(spans))) == 1


def test_what_is_not_known_is_absent():
    open_call = replace(span("f", None, "function", 1), end=None)
    (row,) = call_rows(RecordedTrace.of([open_call, chat("a", "f", 2, 5)]))

    assert not {"llm_strategy/cost_usd", "llm_strategy/seconds", "llm_strategy/first_chunk_seconds"} & set(row)
    assert row["llm_strategy/input_tokens"] == 5


def test_tokens_that_nobody_reported_are_absent():
    silent = span("a", "f", "chat", 2)
    only, some = (
        RecordedTrace.of([span("f", None, "function", 1), *chats])
        for chats in ([silent], [silent, chat("b", "f", 3, 5)])
    )
    assert not [name for row in (*call_rows(only), total_row([only])) for name in row if name.endswith("tokens")]
    assert column([*call_rows(some), total_row([some])], "input_tokens") == [5, None]
    assert [total_row([some])[f"llm_strategy/trace/{name}"] for name in ("input_tokens", "unmeasured", "unpriced")] == [
        5,
        1,
        2,
    ]


def test_scores_are_numbers_under_names_that_are_allowed():
    told = [("how good?", 0.5), ("a.b", math.nan), ("text", "high")]
    events = tuple(
        EventRecord(semconv.EVALUATION, 1, {semconv.EVALUATION_NAME: name, semconv.EVALUATION_SCORE: score})
        for name, score in told
    )
    call = replace(span("f", None, "function", 1), events=events)
    (row,) = call_rows(RecordedTrace.of([call]))
    assert {name: row[name] for name in row if "score" in name} == {"llm_strategy/score/how_good_": 0.5}


def test_totals_are_those_of_all_traces():
    other = RecordedTrace.of([priced("x", None, 1, 9)])
    row = total_row([sample_trace(3), other])

    assert row["llm_strategy/trace/input_tokens"] == sample_trace(3).totals.input_tokens + 9
    assert row["llm_strategy/trace/seconds"] == sample_trace(3).totals.seconds + 1
    assert row["llm_strategy/trace/score/score"] == 0.75


def test_one_reply_without_a_price_takes_the_cost_away():
    row = total_row([RecordedTrace.of([priced("a", None, 1, 1), chat("b", None, 2, 1)])])
    assert "llm_strategy/trace/cost_usd" not in row
    assert row["llm_strategy/trace/unpriced"] == 1


def test_every_nested_cell_of_the_table_is_json_in_a_text():
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in span_rows([sample_trace(3)])]

    assert len(rows) == len(sample_trace(3).spans)
    assert all(isinstance(cell, str | int | float | None) for row in rows for cell in row.values())
    attributes = [json.loads(row["attributes"]) for row in rows]
    assert attributes[0][semconv.HYPERPARAMETERS_HASH] == "f00d"
    assert json.loads(rows[0]["events"])[0]["attributes"][semconv.EVALUATION_SCORE] == 0.75
    assert [row["parent"] for row in rows].count(None) == 1


def test_texts_without_bytes_are_written_with_a_replacement():
    broken = SpanRecord("t", "s", None, "\ud800x", "step", 1, 2, "error", "\udfff", {"\ud800": ("a\ud800", {"k": 1})})
    (row,) = span_rows([RecordedTrace.of([broken])])
    cells = dict(zip(COLUMNS, row, strict=True))

    assert (cells["name"], cells["message"]) == ("?x", "?")
    assert json.loads(cells["attributes"]) == {"?": ["a?", {"k": 1}]}


def test_numbers_that_json_does_not_know_are_still_a_text():
    (row,) = span_rows([RecordedTrace.of([span("s", None, "step", 1, worst=math.inf)])])
    assert row[COLUMNS.index("attributes")] == '{"worst":Infinity}'


def test_the_configuration_holds_what_was_used_and_what_was_set():
    config = config_of([sample_trace(1)])

    assert config["hyperparameters"]["shop"]["Catalogue"]["describe"] == {
        "instruction": "Describe the article.",
        "temperature": 0.2,
        "attempts": 3,
    }
    assert config["set"] == {"shop": {"Catalogue": {"describe": {"temperature": 0.2}}}}
    assert (config["hash"], config["traces"]) == ("f00d", [sample_trace(1).id])
    assert config["version"]


def test_a_stopped_run_tells_what_its_functions_were_given():
    told = {semconv.HYPERPARAMETERS: '{"shop.buy": {"seed": 7}}'}
    config = config_of([RecordedTrace.of([span("f", "lost", "function", 1, **told)])])
    assert config["hyperparameters"] == config["set"] == {"shop": {"buy": {"seed": 7}}}
    assert "hash" not in config


@pytest.mark.parametrize("damaged", ["[1]", "no JSON", "7"])
def test_damaged_hyperparameters_are_none(damaged):
    told = {semconv.HYPERPARAMETERS: damaged, semconv.HYPERPARAMETERS_OPERATIVE: damaged}
    config = config_of([RecordedTrace.of([span("s", None, "session", 1, **told)])])
    assert config["hyperparameters"] == {}


def test_a_run_that_has_traces_already_keeps_what_they_said():
    before = {"traces": ["old"], "hyperparameters": {"shop": {"buy": {"seed": 7}, "Catalogue": 1}}, "hash": "01d"}
    config = config_of([sample_trace(1)], before)

    assert config["traces"] == ["old", sample_trace(1).id]
    assert config["hyperparameters"]["shop"]["buy"] == {"seed": 7}
    assert config["hyperparameters"]["shop"]["Catalogue"]["describe"]["attempts"] == 3
    assert config["hash"] == "f00d"


def test_the_tree_has_the_ids_kinds_and_states_of_the_spans():
    pytest.importorskip("wandb")
    trace = sample_trace(3)
    told = trace_tree(trace).to_json(None)
    root = json.loads(told["root_span_dumps"])

    def walk(node):
        yield node
        for child in node["child_spans"] or ():
            yield from walk(child)

    nodes = list(walk(root))
    assert {node["span_id"] for node in nodes} == {span.span for span in trace.spans}
    assert {node["span_kind"] for node in nodes} == {"AGENT", "CHAIN", "LLM"}
    assert [node["status_message"] for node in nodes if node["status_code"] == "ERROR"] == [
        "InvalidValueError: `text` is missing in a red bicycle"
    ]
    chats = [node for node in nodes if node["span_kind"] == "LLM"]
    assert json.loads(chats[0]["results"][0]["inputs"][semconv.INPUT_MESSAGES])[0]["role"] == "system"
    assert semconv.OUTPUT_MESSAGES in chats[0]["results"][0]["outputs"]
    assert json.loads(told["model_dict_dumps"])["_kind"] == "llm_strategy"


def test_a_tree_that_is_too_deep_is_cut():
    pytest.importorskip("wandb")
    spans = [span(str(number), str(number - 1) if number else None, "step", number) for number in range(500)]
    told = trace_tree(RecordedTrace.of([*spans, replace(spans[0], span="open", parent="0", end=None)])).to_json(None)
    assert '"name": "100"' in told["root_span_dumps"]
    assert '"name": "101"' not in told["root_span_dumps"]
