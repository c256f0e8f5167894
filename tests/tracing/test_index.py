"""Finding traces and calls."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.index import TraceIndex
from llm_strategy.tracing.query import TraceQuery
from llm_strategy.tracing.records import SpanRecord, line_of
from llm_strategy.tracing.sinks import FileSink

SECOND = 10**9
BEGAN = 1_790_000_000 * SECOND


def span(name, parent, kind, *, start=0, end=1, **changes):
    attributes = changes.pop("attributes", {})
    ended = None if end is None else BEGAN + int(end * SECOND)
    title, trace = changes.pop("title", name), changes.pop("trace", "abc1")
    return SpanRecord(
        trace, name, parent, title, kind, BEGAN + int(start * SECOND), ended, attributes=attributes, **changes
    )


def small(
    *, function="shop.describe", cost=0.1, scoped=None, operative=None, error="", start=0, seconds=1, title="run"
):
    """A trace of one call."""
    scope = (
        {semconv.HYPERPARAMETERS: json.dumps({function: scoped}), semconv.HYPERPARAMETERS_HASH: "h"} if scoped else {}
    )
    status = {"status": "error", "message": error} if error else {}
    told = {} if operative is None else {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps({function: operative})}
    billed = {semconv.INPUT_TOKENS: 5, semconv.OUTPUT_TOKENS: 2, **({} if cost is None else {semconv.COST: cost})}
    times = {"start": start, "end": start + seconds}
    return [
        span("s", None, "session", title=title, attributes=told, **times),
        span("f", "s", "function", attributes={semconv.FUNCTION: function, **scope}, **times, **status),
        span("c", "f", "chat", attributes=billed, **times),
    ]


def write(path, spans, mode="wb"):
    with path.open(mode) as file:
        file.writelines(map(line_of, spans))


@pytest.fixture
def index(tmp_path):
    with TraceIndex(tmp_path) as opened:
        yield opened


@pytest.fixture
def found(index):
    """Names of the traces that are found, and of the calls' traces."""

    def find(**query):
        index.refresh()
        asked = TraceQuery(**query)
        return {one.path.stem for one in index.find(asked)}, {one.path.stem for one in index.find(asked, of="call")}

    return find


def test_traces_are_listed_with_the_newest_first(tmp_path, index):
    write(tmp_path / "a.jsonl", small(title="first"))
    write(tmp_path / "b.jsonl", small(title="second", start=100, seconds=2, cost=None))
    assert index.refresh() == 2
    second, first = index.traces()
    assert (first.name, first.id, first.path, first.seconds) == ("first", "abc1", tmp_path / "a.jsonl", 1.0)
    assert (first.calls, first.chats, first.tokens, first.cost, first.errors) == (1, 1, 7, 0.1, 0)
    assert (second.name, second.cost, second.seconds) == ("second", None, 2.0)
    assert first.started == datetime.fromtimestamp(1_790_000_000, timezone.utc)
    assert (tmp_path / "traces.db").exists()


def test_the_state_of_a_trace(tmp_path, index):
    opened = [span("s", None, "session", end=None), span("f", "s", "function")]
    writer = FileSink(tmp_path / "running.jsonl")
    for one in opened:
        writer.add(one)
    write(tmp_path / "stopped.jsonl", opened)
    write(tmp_path / "finished.jsonl", small())
    index.refresh()
    found = {one.path.stem: one.state for one in index.traces()}
    writer.close()
    assert found == {
        "running": "running",
        "stopped": "stopped",
        "finished": "finished",
    }


@pytest.mark.parametrize(("modified", "state"), [(None, "running"), (1, "stopped")])
def test_where_files_cannot_be_locked_a_file_that_rests_is_that_of_a_stopped_program(
    tmp_path, index, monkeypatch, modified, state
):
    monkeypatch.setattr("llm_strategy.tracing.index.is_held", lambda _path: None)
    path = tmp_path / "a.jsonl"
    write(path, [span("s", None, "session", end=None)])
    if modified is not None:
        os.utime(path, (modified, modified))
    index.refresh()
    assert index.traces()[0].state == state


def test_sums_are_those_of_the_trace(tmp_path, index):
    trace = sample_trace(20)
    write(tmp_path / "a.jsonl", trace.spans)
    index.refresh()
    (listed,) = index.traces()
    assert (listed.tokens, listed.cost, listed.errors) == (trace.totals.tokens, trace.totals.cost, trace.totals.errors)
    calls = index.find(TraceQuery(), of="call")
    assert {(one.span, one.error, one.input_tokens, one.retries) for one in calls} == {
        (one.span, one.error, one.input_tokens, one.retries) for one in trace.calls()
    }


def test_only_what_was_appended_is_read(tmp_path, index):
    path = tmp_path / "a.jsonl"
    first, rest = small()[:1], small()[1:]
    padding = [span(f"p{number}", "s", "step") for number in range(100)]
    write(path, first + padding)
    index.refresh()
    assert index.refresh() == 0
    data = bytearray(path.read_bytes())
    middle = data.index(b'"p50"') + 1
    data[middle : middle + 3] = b"zzz"  # were it read again, there would be one span more
    with path.open("r+b") as file:
        file.write(data)
    write(path, rest, "ab")
    assert index.refresh() == 1
    with closing(sqlite3.connect(tmp_path / "traces.db")) as database:
        assert database.execute("SELECT count(*) FROM spans").fetchone() == (103,)
    assert index.traces()[0].calls == 1


def test_a_line_that_comes_in_two_halves_is_read_when_it_is_whole(tmp_path, index):
    path = tmp_path / "a.jsonl"
    lines = b"".join(map(line_of, small()))
    path.write_bytes(lines[:-30])
    index.refresh()
    assert index.traces()[0].chats == 0
    with path.open("ab") as file:
        file.write(lines[-30:-1])
    index.refresh()
    assert index.traces()[0].chats == 1  # whole, though its line break is not there yet
    with path.open("ab") as file:
        file.write(b"\n" + line_of(span("d", "f", "chat")))
    index.refresh()
    assert index.traces()[0].chats == 2


def test_an_open_span_makes_room_for_its_end(tmp_path, index):
    path = tmp_path / "a.jsonl"
    write(path, [span("s", None, "session", end=None)])
    index.refresh()
    assert index.traces()[0].state == "stopped"
    write(path, [span("s", None, "session"), span("s", None, "session", end=None)], "ab")
    index.refresh()
    assert index.traces()[0].state == "finished"


@pytest.mark.parametrize("longer", [False, True])
def test_a_file_that_was_written_anew_is_read_anew(tmp_path, index, longer):
    path = tmp_path / "a.jsonl"
    write(path, small(title="old") * (1 if longer else 3))
    index.refresh()
    write(path, small(title="new") * (3 if longer else 1))
    os.utime(path, (5, 5))
    index.refresh()
    assert [one.name for one in index.traces()] == ["new"]


def test_a_file_that_was_replaced_is_read_anew(tmp_path, index):
    write(tmp_path / "a.jsonl", small(title="old"))
    index.refresh()
    write(tmp_path / "other", [*small(title="new"), *small()])
    (tmp_path / "other").replace(tmp_path / "a.jsonl")
    index.refresh()
    assert [one.calls for one in index.traces()] == [1]


def test_a_file_that_is_gone_is_forgotten(tmp_path, index, found):
    write(tmp_path / "a.jsonl", small())
    assert found() == ({"a"}, {"a"})
    (tmp_path / "a.jsonl").unlink()
    assert found() == (set(), set())


def test_tokens_that_were_not_reported_are_unknown(tmp_path, index):
    write(tmp_path / "a.jsonl", [*small(), span("d", "f", "chat", end=0.5, status="error")])
    index.refresh()
    for one in (*index.traces(), *index.find(TraceQuery(), of="call")):
        assert (one.input_tokens, one.output_tokens, one.tokens, one.cost) == (None, None, None, None)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_may_read_the_index(tmp_path, index):
    write(tmp_path / "a.jsonl", small())
    index.refresh()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("traces.db*")}
    assert modes == dict.fromkeys(("traces.db", "traces.db-wal", "traces.db-shm"), 0o600)


def test_junk_is_no_trace(tmp_path, index):
    (tmp_path / "junk.jsonl").write_bytes(bytes(range(256)) * 50 + b"\n{}\n")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / os.fsdecode(b"odd\xff\n.jsonl")).write_bytes(b"".join(map(line_of, small())))
    index.refresh()
    assert [one.path for one in index.traces()] == [tmp_path / os.fsdecode(b"odd\xff\n.jsonl")]


def test_hostile_values_are_indexed(tmp_path, index, found):
    told = {semconv.INPUT_TOKENS: 10**300, semconv.OUTPUT_TOKENS: float("nan"), semconv.COST: float("inf")}
    scoped = {"huge": 10**400, "nan": float("nan"), "text": "\ud800\x00'\"; DROP TABLE files; --", "deep": [[[]]]}
    spans = [
        *small(scoped=scoped, operative=scoped, error="\x1b\ud800' OR 1=1"),
        span("x\x00\ud800", "f", "chat", attributes={**told, semconv.OUTPUT_TOKENS: 1}, end=0.5),
        *(span(f"m{n}", "f", "chat", attributes={semconv.INPUT_TOKENS: 2**53 - 1}) for n in range(1100)),
    ]
    write(tmp_path / "a.jsonl", spans)
    assert found(error="' or 1=1") == ({"a"}, {"a"})
    assert index.traces()[0].input_tokens == 2**63 - 1
    assert found(hyperparameters=("huge>5",)) == (set(), set())
    assert found(hyperparameters=(f"huge={10**400}",)) == ({"a"}, {"a"})
    assert found(function="' OR '1'='1", error="\ud800") == (set(), set())


@pytest.mark.parametrize(
    ("function", "matches"),
    [
        ("shop.describe", {"a"}),
        ("describe", {"a"}),
        ("shop.*", {"a"}),
        ("desc*", {"a"}),
        ("d?scribe", {"a"}),
        ("*", {"a", "b"}),
        ("scribe", set()),
        ("shop", set()),
        ("[", set()),
    ],
)
def test_calls_are_found_by_function(tmp_path, found, function, matches):
    write(tmp_path / "a.jsonl", small())
    write(tmp_path / "b.jsonl", small(function="other.sell"))
    assert found(function=function) == (matches, matches)


def test_calls_are_found_by_error(tmp_path, found):
    write(tmp_path / "good.jsonl", small())
    write(tmp_path / "bad.jsonl", small(error="InvalidValueError: 100% wrong"))
    inside = span("t", "f", "attempt", status="error", attributes={semconv.ERROR_TYPE: "NoValueError"})
    write(tmp_path / "retried.jsonl", [*small(), inside])
    write(tmp_path / "beside.jsonl", [*small(), span("x", "s", "code", status="error", message="SyntaxError")])
    assert found(error="") == ({"bad", "retried", "beside"}, {"bad", "retried"})
    assert found(error="invalidvalue") == ({"bad"}, {"bad"})
    assert found(error="novalue") == ({"retried"}, {"retried"})
    assert found(error="100%") == ({"bad"}, {"bad"})
    assert found(error="%") == ({"bad"}, {"bad"})


@pytest.mark.parametrize(
    ("comparison", "calls"),
    [
        ("rate=0.5", {"a"}),
        ("rate = 0.50", {"a"}),
        ("rate=0.1", {"b"}),
        ("shop.describe.rate=0.5", {"a"}),
        ("describe.rate>0.3", {"a"}),
        ("rate>=0.5", {"a"}),
        ("rate<0.5", {"b"}),
        ("rate<=0.1", {"b"}),
        ("rate!=0.1", {"a"}),
        ("kind=fast", {"a", "b"}),
        ("kind!=fast", set()),
        ("kind=", set()),
        ("flag=true", {"a", "b"}),
        ("flag=True", {"a", "b"}),
        ("nothing=None", {"a", "b"}),
        ("model.size>2", {"a", "b"}),
        ("size=3", {"a", "b"}),
        ("ize=3", set()),
        ("other.rate=0.5", set()),
    ],
)
def test_calls_are_found_by_hyperparameter(tmp_path, found, comparison, calls):
    operative = {"rate": 0.1, "kind": "fast", "flag": True, "nothing": None, "model": {"size": 3}}
    write(tmp_path / "a.jsonl", small(scoped={"rate": 0.5}, operative=operative))
    write(tmp_path / "b.jsonl", small(operative=operative))
    assert found(hyperparameters=(comparison,))[1] == calls


def test_traces_are_found_by_any_value_that_was_used(tmp_path, found):
    write(tmp_path / "a.jsonl", small(scoped={"rate": 0.5}, operative={"rate": 0.1}))
    assert found(hyperparameters=("rate=0.5", "rate=0.1")) == ({"a"}, set())


def test_a_value_of_another_function_is_found_by_its_full_name_only(tmp_path, found):
    told = {semconv.HYPERPARAMETERS_OPERATIVE: json.dumps({"other.g": {"rate": 7}})}
    write(tmp_path / "a.jsonl", [span("s", None, "session", attributes=told), *small()[1:]])
    assert found(hyperparameters=("rate=7",)) == ({"a"}, set())
    assert found(hyperparameters=("g.rate=7",)) == ({"a"}, {"a"})


@pytest.mark.parametrize("comparison", ["", "rate", "=1", "rate>fast", "rate<", "a<b=c>"])
def test_a_comparison_that_is_none_is_refused(index, comparison):
    with pytest.raises(ConfigurationError, match="compar"):
        index.find(TraceQuery(hyperparameters=(comparison,)))
    with pytest.raises(ConfigurationError, match="compar"):
        index.find(TraceQuery(hyperparameters=(comparison,)), of="call")


def test_traces_are_found_by_cost_and_time(tmp_path, found):
    write(tmp_path / "cheap.jsonl", small(cost=0.01, seconds=5))
    write(tmp_path / "dear.jsonl", small(cost=3, seconds=1, start=3600))
    write(tmp_path / "unknown.jsonl", small(cost=None, seconds=2, start=7200))
    began = datetime.fromtimestamp(1_790_000_000, timezone.utc)
    assert found(min_cost=0.01, max_cost=1) == ({"cheap"}, {"cheap"})
    assert found(min_cost=1) == ({"dear"}, {"dear"})
    assert found(min_seconds=2) == ({"cheap", "unknown"}, {"cheap", "unknown"})
    assert found(max_seconds=1) == ({"dear"}, {"dear"})
    assert found(since=began + timedelta(hours=1)) == ({"dear", "unknown"}, {"dear", "unknown"})
    assert found(until=began) == ({"cheap"}, {"cheap"})
    assert found(since=datetime.fromtimestamp(1_790_003_600), max_cost=5) == ({"dear"}, {"dear"})  # noqa: DTZ006
    assert found(since=datetime.max.replace(tzinfo=timezone.utc), min_cost=float("nan")) == (set(), set())
    everything = {"cheap", "dear", "unknown"}
    assert found(until=datetime.max.replace(tzinfo=timezone.utc)) == (everything, everything)


def foreign(path):
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE files (x); CREATE VIEW spans AS SELECT 1; PRAGMA user_version = 1;")


def newer(path):
    with TraceIndex(path.parent):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.executescript("PRAGMA user_version = 999; DROP TABLE settings;")


def lacking(path):
    with TraceIndex(path.parent):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE settings; DROP TABLE files;")


def torn(path):
    with TraceIndex(path.parent) as opened:
        write(path.parent / "a.jsonl", sample_trace(200).spans)
        opened.refresh()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.write_bytes(b"junk" * 5000), lambda path: path.touch(), foreign, newer, lacking, torn],
    ids=["junk", "empty", "foreign", "newer", "lacking", "torn"],
)
def test_an_index_that_is_not_right_is_made_anew(tmp_path, damage):
    damage(tmp_path / "traces.db")
    write(tmp_path / "a.jsonl", small())
    for expected in (1, 0):
        with TraceIndex(tmp_path) as index:
            assert index.refresh() <= expected
            assert [one.calls for one in index.traces()] == [1]


def test_an_index_that_is_damaged_while_it_is_open_is_made_anew(tmp_path, index):
    write(tmp_path / "a.jsonl", small())
    index.refresh()
    with closing(sqlite3.connect(tmp_path / "traces.db")) as database:
        database.executescript("DROP TABLE calls; DROP TABLE files")
    assert [one.calls for one in index.traces()] == [1]


def test_an_index_that_is_deleted_while_it_is_open_still_answers(tmp_path, index):
    write(tmp_path / "a.jsonl", small())
    index.refresh()
    for path in tmp_path.glob("traces.db*"):
        path.unlink()
    write(tmp_path / "b.jsonl", small())
    index.refresh()
    assert len(index.traces()) == 2
    with TraceIndex(tmp_path) as other:
        assert other.refresh() == 2


def test_an_index_that_another_process_holds_on_to_is_done_without(tmp_path, index):
    write(tmp_path / "a.jsonl", small())
    index._database.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "traces.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        index.refresh()
        assert len(index.traces()) == 1
        assert other.execute("SELECT count(*) FROM files").fetchone() == (0,)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read")  # noqa: PTH110
def test_a_file_that_cannot_be_read_stays_out(tmp_path, index):
    (tmp_path / "a.jsonl").symlink_to("/proc/self/mem")
    write(tmp_path / "b.jsonl", small())
    assert index.refresh() == 1
    assert [one.path.stem for one in index.traces()] == ["b"]


@pytest.mark.parametrize("shape", ["folder", "nowhere"])
def test_where_nothing_can_be_written_the_index_is_in_memory(tmp_path, shape):
    directory = tmp_path / "traces"
    if shape == "folder":
        (directory / "traces.db").mkdir(parents=True)
        (directory / "traces.db" / "x").touch()
        write(directory / "a.jsonl", small())
    with TraceIndex(directory) as index:
        index.refresh()
        assert len(index.traces()) == (shape == "folder")
    assert directory.exists() == (shape == "folder")


def test_an_index_that_may_only_be_read_is_left_alone(tmp_path):
    with TraceIndex(tmp_path):
        pass
    os.chmod(tmp_path / "traces.db", 0o400)  # noqa: PTH101
    write(tmp_path / "a.jsonl", small())
    with TraceIndex(tmp_path) as index:
        index.refresh()
        assert len(index.traces()) == 1


READING = """
import sys
from pathlib import Path
from llm_strategy.tracing.index import TraceIndex
from llm_strategy.tracing.sinks import FileSink
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    with TraceIndex(Path(sys.argv[1])) as index:
        index.refresh()
        assert [one.calls for one in index.traces()] == [30] * 6, index.traces()
"""


@pytest.mark.parametrize("before", [None, b"junk" * 3000], ids=["new", "damaged"])
def test_processes_may_read_at_once(tmp_path, before):
    for number in range(6):
        write(tmp_path / f"{number}.jsonl", sample_trace(30).spans)
    if before:
        (tmp_path / "traces.db").write_bytes(before)
    command = [sys.executable, "-c", READING, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 3
    told = [process.communicate("go\n")[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], told
    with closing(sqlite3.connect(tmp_path / "traces.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM calls").fetchone() == (180,)
