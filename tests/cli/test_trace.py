import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from llm_strategy.cli import trace_show, trace_wandb
from llm_strategy.cli.main import app
from llm_strategy.cli.trace_files import write_whole
from llm_strategy.errors import ConfigurationError, TraceFileError, TransportError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.wandb import ExportedRun
from llm_strategy.tracing.records import line_of
from llm_strategy.tracing.sinks import FileSink

SPANS = sample_trace(3).spans


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLM_STRATEGY_TRACE", raising=False)
    return tmp_path


@pytest.fixture
def traces(here):
    """A directory with two traces; the second one is the latest."""
    write(here / "traces" / "20260921T141320-small-a.jsonl", sample_trace(1), "a", "small")
    write(here / "traces" / "20260922T141320-large-b.jsonl", sample_trace(7), "b", "large", later=86_400 * 10**9)
    return here / "traces"


def write(path, trace, letter, name, later=0):
    path.parent.mkdir(exist_ok=True)
    spans = [
        replace(
            span,
            trace=letter * 32,
            start=span.start + later,
            end=span.end + later,
            name=name if span.kind == "session" else span.name,
        )
        for span in trace.spans
    ]
    path.write_bytes(b"".join(map(line_of, spans)))


def run(*arguments):
    result = CliRunner().invoke(app, ["trace", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def listed(*arguments):
    return [one["name"] for one in json.loads(run("list", "--json", *arguments).stdout)]


def test_list_shows_the_newest_first_with_figures(traces):
    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["name", "id", "began", "time", "calls", "tokens", "cost", "errors", "state"]
    assert [line.split()[0] for line in lines[1:]] == ["large", "small"]
    assert lines[2].split()[-5:] == ["1", "150", "$0.0000195", "0", "finished"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        pytest.param(["--error", "exhausted"], ["large"], id="error"),
        pytest.param(["--function", "describe"], ["large", "small"], id="function"),
        pytest.param(["--function", "other"], [], id="no-function"),
        pytest.param(["-p", "temperature=0.2"], ["large", "small"], id="hyperparameter"),
        pytest.param(["-p", "temperature>1"], [], id="no-hyperparameter"),
        pytest.param(["--min-cost", "0.0001"], ["large"], id="min-cost"),
        pytest.param(["--max-cost", "0.0001"], ["small"], id="max-cost"),
        pytest.param(["--since", "2026-09-22T00:00:00+00:00"], ["large"], id="since"),
        pytest.param(["--until", "2026-09-22T00:00:00+00:00"], ["small"], id="until"),
        pytest.param(["--until", "1970-01-02"], [], id="until-long-ago"),
        pytest.param(["--min-seconds", "1"], ["large"], id="min-seconds"),
        pytest.param(["--max-seconds", "1"], ["small"], id="max-seconds"),
        pytest.param(["--since", "2000w"], ["large", "small"], id="ago"),
        pytest.param(["--error", ""], ["large"], id="any-error"),
        pytest.param(["--limit", "1"], ["large"], id="limit"),
    ],
)
def test_list_finds_traces_by_what_happened_in_them(traces, options, names):
    assert listed(*options) == names


def test_list_says_what_is_not_shown_and_where_nothing_fits(traces):
    assert "1 older trace not shown; --limit 2 shows all." in run("list", "--limit", "1").stderr
    nothing = run("list", "--function", "none")
    assert (nothing.stdout, nothing.stderr, nothing.exit_code) == ("", "No trace fits.\n", 0)


def test_list_shows_calls_on_request(traces):
    lines = run("list", "--calls", "--error", "exhausted").stdout.splitlines()
    assert len(lines) == 2
    assert "shop.Catalogue.describe" in lines[1]
    assert lines[1].endswith("AttemptsExhaustedError: no value in a red bicycle")
    [call] = json.loads(run("list", "--calls", "--error", "exhausted", "--json").stdout)
    assert call["retries"] == 1
    assert call["started"].startswith("2026-09-22T")


def test_an_unknown_cost_is_listed_as_a_question_mark(traces):
    spans = [replace(span, attributes={}) if span.kind == "chat" else span for span in SPANS]
    (traces / "c.jsonl").write_bytes(b"".join(map(line_of, spans)))
    [unknown] = [line for line in run("list").stdout.splitlines() if line.startswith("sample")]
    assert unknown.split()[-4:] == ["?", "?", "1", "finished"]
    [plain] = [one for one in json.loads(run("list", "--json").stdout) if one["name"] == "sample"]
    assert (plain["input_tokens"], plain["output_tokens"], plain["cost"]) == (None, None, None)


def test_list_keeps_control_sequences_from_the_terminal(here):
    write(here / "traces" / "x.jsonl", sample_trace(1), "a", "\x1b[31mred[bold]\u202e")
    assert "[31mred[bold]" in run("list").stdout
    assert not {"\x1b", "\u202e"} & set(run("list").stdout + run("list", "--json").stdout)


def test_show_draws_the_latest_trace_with_totals(traces):
    lines = run("show").stdout.splitlines()
    assert lines[0].startswith("trace large  bbbbbbbbbbbb  2026-09-22")
    assert lines[-1].startswith("total  7 calls, 10 chats, 3 retries, 5 errors")
    assert sum("✗ attempt" in line for line in lines) == 4


@pytest.mark.parametrize("name", ["small", "aaaa", "20260921", "traces/20260921T141320-small-a.jsonl"])
def test_a_trace_is_named_by_its_session_its_id_its_file_or_its_beginning(traces, name):
    assert "trace small" in run("show", name).stdout


def test_show_narrows_to_functions_errors_and_levels(traces):
    assert run("show", "--depth", "1").stdout.count("shop.Catalogue") == 7
    assert run("show", "--errors").stdout.count("shop.Catalogue") == 3
    assert run("show", "--function", "shop.*").stdout.count("shop.Catalogue") == 7
    assert "article" not in run("show", "--no-content").stdout
    nothing = run("show", "small", "--errors")
    assert "Nothing failed." in nothing.stderr
    assert nothing.exit_code == 0


def test_show_sums_up_what_is_alike_unless_all_is_asked_for(here):
    write(here / "traces" / "x.jsonl", sample_trace(60), "a", "many")
    assert " more shop.Catalogue.describe" in run("show").stdout
    assert " more shop" not in run("show", "--all").stdout
    assert len(json.loads(run("show", "--json").stdout)["spans"]) == len(sample_trace(60).spans)


def test_show_names_the_functions_that_are_there_when_none_fits(traces):
    with pytest.raises(TraceFileError, match=r"is called 'describr'. Functions there: 'shop.Catalogue.describe'"):
        run("show", "--function", "describr")


def test_show_names_no_function_where_there_is_none(here):
    (here / "x.jsonl").write_bytes(line_of(SPANS[0]))
    with pytest.raises(TraceFileError, match="It has no call of a function"):
        run("show", "x.jsonl", "--function", "describe", "--json")


def test_show_draws_conversations(traces):
    output = run("show", "small", "--chats").stdout
    assert output.splitlines()[1:6] == [
        "system",
        "  Describe the article.",
        "user",
        "  article: a red bicycle 0",
        "assistant",
    ]


@pytest.mark.parametrize("option", ["--no-content", "--follow"])
def test_conversations_have_content_and_are_not_followed(traces, option):
    result = run("show", "--chats", option)
    assert result.exit_code == 2
    assert "--chats" in result.output


def test_show_prints_data(traces):
    data = json.loads(run("show", "small", "--json", "--depth", "1").stdout)
    assert (data["name"], data["totals"]["cost"], data["scores"]) == ("small", 0.0000195, {"score": 0.75})
    assert [span["kind"] for span in data["spans"]] == ["session", "function"]
    chats = json.loads(run("show", "small", "--json", "--chats").stdout)["chats"]
    assert [(one["role"], one["after"], one["reply"]) for one in chats] == [
        ("system", None, False),
        ("user", 0, False),
        ("assistant", 1, True),
    ]


def test_a_trace_that_is_not_there_is_an_error_with_near_names(traces):
    with pytest.raises(TraceFileError, match=r"There is no trace 'smal1'.*20260921T141320-small-a"):
        run("show", "smal1")


@pytest.mark.parametrize("command", [["list"], ["show"], ["html"], ["chrome"], ["show", "name"], ["diff", "a", "b"]])
def test_without_any_trace_it_says_how_to_make_one(here, command):
    with pytest.raises(TraceFileError, match=r"no trace in 'traces'.*LLM_STRATEGY_TRACE=traces"):
        run(*command)


def test_the_directory_is_the_given_one_else_that_of_the_settings(traces, monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_TRACE", "elsewhere")
    with pytest.raises(TraceFileError, match="'elsewhere'"):
        run("list")
    assert listed("-d", "traces") == ["large", "small"]
    monkeypatch.delenv("LLM_STRATEGY_TRACE")
    Path("pyproject.toml").write_text('[tool.llm_strategy]\ntrace = "from-settings"\n')
    with pytest.raises(TraceFileError, match="from-settings"):
        run("list")


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "5x", "99999999d", "999999w"])
def test_what_is_no_time_is_refused(traces, time):
    with pytest.raises(ConfigurationError, match=r"--since .* is no time"):
        run("list", "--since", time)


def test_html_writes_one_page_for_one_trace_or_many(traces):
    assert "Wrote 20260921T141320-small-a.html" in run("html", "small").stderr
    assert "<html" in Path("20260921T141320-small-a.html").read_text()
    run("html", "small", "large", "small", "-o", "both.html")
    both = Path("both.html").read_text()
    assert "small" in both
    assert "large" in both
    assert run("html", "small", "large").stderr == "Wrote traces.html\n"


def test_html_opens_a_browser_on_request(traces, monkeypatch):
    opened = []
    monkeypatch.setattr("typer.launch", opened.append)
    run("html", "small", "-o", "page.html", "--open")
    assert opened == [Path("page.html").resolve().as_uri()]
    run("html", "small", "-o", "-", "--open")
    assert len(opened) == 1


def test_chrome_writes_trace_events(traces):
    run("chrome", "small")
    assert json.loads(Path("20260921T141320-small-a.chrome.json").read_text())["traceEvents"]
    printed = run("chrome", "small", "-o", "-")
    assert json.loads(printed.stdout)["displayTimeUnit"] == "ms"
    assert printed.stderr == ""


def test_a_file_is_written_whole_or_not_at_all(here, monkeypatch):
    path = here / "page.html"
    path.write_text("before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ConfigurationError, match="cannot be written: No space left on device"):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert [one.name for one in here.iterdir()] == ["page.html"]


def test_a_directory_that_is_not_there_cannot_be_written_to(traces):
    with pytest.raises(ConfigurationError, match=r"'nowhere/page.html' cannot be written: No such file"):
        run("html", "-o", "nowhere/page.html")


def test_a_file_that_is_no_plain_file_is_written_to_and_not_replaced(here):
    os.mkfifo(here / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((here / "pipe").read_text()))
    reader.start()
    write_whole(here / "pipe", "text")
    reader.join()
    assert read == ["text"]


def test_diff_shows_two_traces_side_by_side(traces):
    output = run("diff", "small", "large").stdout
    assert output.splitlines()[0] == "small -> large"
    assert "calls                     1 ->            7  +600%" in output


def test_export_refuses_what_is_no_header(traces):
    with pytest.raises(ConfigurationError, match="--header wants NAME=VALUE"):
        run("export", "--otlp", "http://127.0.0.1:1", "--header", "secret-key")


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_export_ends_with_an_error_where_nobody_answers(traces):
    with pytest.raises(TransportError, match="no connection"):
        run("export", "--otlp", "http://127.0.0.1:1", "-H", "key=secret", "--resource", "service.name=shop")


def test_export_says_what_was_sent(traces, monkeypatch):
    targets = []

    def export(found, target):
        targets.append(target)
        return sum(len(trace.spans) for trace in found)

    monkeypatch.setattr("llm_strategy.tracing.exporters.otlp.export_over_otlp", export)
    options = ["-H", "a=b=c", "--resource", "x=y", "--openinference", "--no-gzip", "--timeout", "5"]
    assert run("export", "small", "large", "--otlp", "http://h", *options).stdout == "Sent 40 spans of 2 traces.\n"
    [target] = targets
    assert (dict(target.headers), dict(target.resource)) == ({"a": "b=c"}, {"x": "y"})
    assert (target.openinference, target.gzip, target.timeout) == (True, False, 5.0)


def test_wandb_says_where_the_runs_are_and_what_went_wrong(traces, monkeypatch):
    asked = []

    def export_traces(found, *, settings, together):
        asked.append(([trace.name for trace in found], settings, together))
        return (
            ExportedRun("r1", "offline", directory=Path("wandb/offline-run-r1")),
            ExportedRun("r2", "online", url="https://host/r2", problems=("The table is missing.\x1b[31m",)),
            ExportedRun("", "none", problems=("No run could be opened.",)),
        )

    monkeypatch.setattr(trace_wandb, "export_traces", export_traces)
    result = run("wandb", "small", "large", "--project", "shop", "--mode", "offline", "--run-dir", "w", "--together")
    assert asked == [(["small", "large"], {"project": "shop", "mode": "offline", "dir": "w"}, True)]
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "run r1, offline: wandb/offline-run-r1  (send it with: wandb sync wandb/offline-run-r1)",
        "run r2, online: https://host/r2",
    ]
    assert result.stderr == "The table is missing.[31m\nNo run could be opened.\n"


def test_wandb_ends_well_where_nothing_went_wrong(traces, monkeypatch):
    monkeypatch.setattr(trace_wandb, "export_traces", lambda *_, **__: (ExportedRun("r", "disabled"),))
    result = run("wandb")
    assert (result.exit_code, result.stdout) == (0, "run r, disabled: nowhere\n")


class Clock:
    """Time in which a file grows: a command that waits finds one more line of it after each pause."""

    time_ns = staticmethod(time.time_ns)

    def __init__(self, path, spans, beginning=None):
        begun = [] if beginning is None else [replace(beginning, end=None)]
        self.path, self.lines = path, list(map(line_of, [*begun, *spans]))

    def sleep(self, seconds):
        assert self.lines, "it waits for more, and the session has ended"
        with self.path.open("ab") as file:
            file.write(self.lines.pop(0))


@pytest.fixture
def growing(monkeypatch):
    """Let a file grow while a command follows it."""

    def begin(path, spans, beginning=None):
        clock = Clock(path, spans, beginning)
        monkeypatch.setattr(trace_show, "time", clock)
        return clock

    return begin


def by_end(spans):
    return sorted(spans, key=lambda span: span.end)


def test_following_a_trace_that_is_not_there_yet_waits_for_it(here, growing):
    clock = growing(here / "later.jsonl", by_end(SPANS), beginning=SPANS[0])
    result = run("show", "later.jsonl", "--follow")
    lines = result.stdout.splitlines()
    assert "Waiting for 'later.jsonl'." in result.stderr
    assert lines[0].startswith("trace sample")
    assert [line.split()[1] for line in lines if line[:1].isdigit()] == [span.kind for span in by_end(SPANS)]
    assert lines[-1].startswith("total  3 calls")
    assert clock.lines == []


def test_following_without_a_name_waits_for_the_next_trace(traces, growing):
    growing(traces / "new.jsonl", by_end(SPANS))
    result = run("show", "-f")
    assert "Waiting for a new trace in 'traces'" in result.stderr
    assert "new.jsonl" in result.stdout


def test_following_without_a_name_takes_the_one_that_is_running(traces, growing):
    writer = FileSink(traces / "running.jsonl")
    writer.add(replace(SPANS[0], end=None))
    growing(traces / "running.jsonl", by_end(SPANS))
    result = run("show", "-f")
    writer.close()
    assert result.stderr == ""
    assert "running.jsonl" in result.stdout


def test_following_prints_data_line_by_line(traces):
    lines = run("show", "small", "--follow", "--json", "--no-content").stdout.splitlines()
    assert len([json.loads(line) for line in lines]) == 5
    assert "bicycle" not in "".join(lines)


def test_following_refuses_what_is_no_trace(traces):
    with pytest.raises(TraceFileError, match="There is no trace 'nothing'"):
        run("show", "nothing", "--follow")


def test_following_in_a_terminal_draws_a_tree_in_place_and_the_whole_one_at_the_end(here, growing, monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=20, highlight=False)
    monkeypatch.setattr(trace_show, "console_for_output", lambda: console)
    growing(here / "later.jsonl", by_end(SPANS), beginning=SPANS[0])
    run("show", "later.jsonl", "--follow")
    text = console.file.getvalue()
    assert "Waiting for 'later.jsonl'" in text
    last = text.rpartition("trace ")[2]
    assert last.count("shop.Catalogue") == 3
    assert "[running]" not in last


def test_ctrl_c_ends_following_without_an_error(here):
    (here / "open.jsonl").write_bytes(line_of(replace(SPANS[0], end=None)) + line_of(SPANS[1]))
    command = [sys.executable, "-m", "llm_strategy.cli.main", "trace", "show", "open.jsonl", "-f"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert first.startswith("trace sample")
    assert "total  1 call" in rest
    assert (process.returncode, errors) == (0, "")


def test_help_names_every_command():
    output = run("--help").output
    for command in ("list", "show", "html", "chrome", "export", "diff", "wandb"):
        assert f" {command} " in output
