"""wandb itself, in processes of its own: offline runs read back record by record, and runs sent to the stand-in server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.testing.wandb_reader import read_wandb_run
from llm_strategy.testing.wandb_stub import WandbStub
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.html.page import html_page
from llm_strategy.tracing.exporters.wandb_rows import call_rows, total_row
from llm_strategy.tracing.exporters.wandb_tables import COLUMNS, span_rows
from llm_strategy.tracing.records import line_of

pytest.importorskip("wandb")

TEXT = '</script><b>é"'
TRACE = sample_trace(8, text=TEXT)
PAGE = html_page([TRACE]).encode()
LINES = b"".join(map(line_of, TRACE.spans))
BOUND = 120
"""Seconds after which a process counts as hanging."""

EXPORT = f"""
import json
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.wandb import export_trace
from llm_strategy.tracing.exporters.wandb_parts import PARTS

def told(exported):
    print(json.dumps([exported.mode, str(exported.directory), exported.problems]))

trace = sample_trace(8, text={TEXT!r})
"""
WHOLE = EXPORT + 'told(export_trace(trace, {"project": "shop", "parts": {*PARTS, "tree"}}))'

loopback = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]


def marked(test):
    for mark in loopback:
        test = mark(test)
    return test


def ran(home, *command, **variables):
    """Run a program that uses wandb, with nothing of this machine's accounts and settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_X_DISABLE_META": "true"}
    env = {**kept, "HOME": str(home), "WANDB_DIR": str(home), **quiet, **variables}
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stderr
    return done


def python(home, code, **variables):
    done = ran(home, sys.executable, "-c", code, **variables)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")], done.stderr


def sync(home, stub, *arguments):
    return ran(home, sys.executable, "-m", "wandb", "sync", "--yes", *map(str, arguments), **stub.environment())


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """An offline run, and the files of its artifacts: `wandb sync` takes those away."""
    home = tmp_path_factory.mktemp("offline")
    ((mode, directory, problems),), warned = python(home, WHOLE, WANDB_MODE="offline")
    assert (mode, problems) == ("offline", [])
    assert "RuntimeWarning" not in warned
    run = read_wandb_run(Path(directory))
    staged = {one.type: {path: file.read_bytes() for path, file in one.files.items()} for one in run.artifacts}
    return SimpleNamespace(home=home, directory=Path(directory), run=run, staged=staged)


@pytest.fixture(scope="module")
def arrived(offline, tmp_path_factory):
    """What came to a server of one run that was online, and of the offline one when it was synced."""
    with WandbStub() as stub:
        ((mode, _, problems),), _ = python(tmp_path_factory.mktemp("online"), WHOLE, **stub.environment())
        assert (mode, problems) == ("online", [])
        sync(offline.home, stub, offline.directory)
        assert stub.unknown == ()
        online, synced = stub.runs
        return {"online": online, "synced": synced}


def rows_of_calls(history):
    return [
        {key: value for key, value in row.items() if key[0] != "_"} for row in history if "llm_strategy/call" in row
    ]


EXPECTED_ROWS = [{"llm_strategy/call": number, **row} for number, row in enumerate(call_rows(TRACE))]


def test_an_offline_run_holds_everything(offline):
    run = offline.run

    assert (run.project, run.name, run.exit_code) == ("shop", "sample", 0)
    assert run.config["llm_strategy"]["hyperparameters"]["shop"]["Catalogue"]["describe"]["attempts"] == 3
    assert rows_of_calls(run.history) == EXPECTED_ROWS
    assert [row["_step"] for row in run.history] == list(range(len(run.history)))
    assert {key: run.summary[key] for key in total_row([TRACE])} == total_row([TRACE])
    assert {metric.step for metric in run.metrics if metric.name == "llm_strategy/cost_usd"} == {"llm_strategy/call"}
    assert "llm_strategy/cost_usd" not in run.summary  # that of the last call alone would mislead
    assert run.media("llm_strategy/page") == PAGE
    assert run.table("llm_strategy/spans") == [dict(zip(COLUMNS, row, strict=True)) for row in span_rows([TRACE])]
    assert offline.staged["trace"] == {f"{TRACE.id}.jsonl": LINES}


def test_the_classic_tree_is_logged_once_with_our_ids(offline):
    (told,) = [row["llm_strategy/tree"] for row in offline.run.history if "llm_strategy/tree" in row]

    assert told["_type"] == "wb_trace_tree"
    assert json.loads(told["root_span_dumps"])["span_id"] == TRACE.session.span


def test_a_run_that_is_cut_off_anywhere_gives_what_was_written_before(offline, tmp_path):
    content = offline.run.path.read_bytes()
    counts = []
    for cut in range(7, len(content) + 1, max(1, len(content) // 50)):
        (tmp_path / "run-cut.wandb").write_bytes(content[:cut])
        counts.append(len(read_wandb_run(tmp_path).history))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert len(set(counts)) > 5


@marked
@pytest.mark.parametrize("way", ["online", "synced"])
def test_everything_arrives(arrived, way):
    run = arrived[way]

    assert (run.project, run.name, run.exit_code) == ("shop", "sample", 0)
    assert run.config["llm_strategy"]["set"] == {"shop": {"Catalogue": {"describe": {"temperature": 0.2}}}}
    assert rows_of_calls(run.history) == EXPECTED_ROWS
    assert {key: run.summary[key] for key in total_row([TRACE])} == total_row([TRACE])
    assert run.media("llm_strategy/page") == PAGE
    assert json.loads(run.media("llm_strategy/spans")) == {"columns": list(COLUMNS), "data": span_rows([TRACE])}
    trace = run.artifact("trace")
    assert (trace.name, trace.complete, trace.files) == ("trace-sample", True, {f"{TRACE.id}.jsonl": LINES})
    table = run.artifact("run_table")
    assert table.complete
    assert [json.loads(content)["data"] for content in table.files.values()] == [span_rows([TRACE])]
    named = {metric["1"]: metric.get("5") for metric in run.metrics}
    assert run.metrics[named["llm_strategy/seconds"] - 1]["1"] == "llm_strategy/call"  # metrics count from 1


@marked
def test_a_run_that_was_synced_is_the_run_that_was_online(arrived):
    def told(run):
        own = {"_timestamp", "_runtime", "_wandb", "artifact_path", "_latest_artifact_path"}

        def plain(value):
            inner = value.items() if isinstance(value, dict) else ()
            return {key: plain(one) for key, one in inner if key not in own} if isinstance(value, dict) else value

        # wandb tells of the machine in these, and when it was
        described = {"wandb-metadata.json", "wandb-summary.json", "config.yaml", "requirements.txt"}
        files = {path: content for path, content in run.files.items() if path not in described}
        return plain(run.config), [plain(row) for row in run.history], plain(run.summary), files, run.exit_code

    assert told(arrived["online"]) == told(arrived["synced"])


def test_a_run_of_somebody_else_goes_on_and_others_stand_beside_it(tmp_path):
    code = f"""{EXPORT}
import wandb
run = wandb.init(project="theirs", config={{"lr": 1}})
run.log({{"loss": 3}})
told(export_trace(sample_trace(2), run))
told(export_trace(sample_trace(1), True))
told(export_trace(sample_trace(1), "ours"))
told(export_trace(sample_trace(1), {{"mode": "disabled"}}))
assert wandb.run is run
run.log({{"loss": 2}})
run.alert("still open", "")
run.finish()
"""
    told, warned = python(tmp_path, code, WANDB_MODE="offline")
    theirs, ours = read_wandb_run(Path(told[0][1])), read_wandb_run(Path(told[2][1]))

    assert "RuntimeWarning" not in warned
    assert told[0] == told[1]
    assert told[3] == ["disabled", "None", []]
    assert len(list(tmp_path.glob("wandb/*run-*/*.wandb"))) == 2
    assert (theirs.project, ours.project) == ("theirs", "ours")
    assert [row["loss"] for row in theirs.history if "loss" in row] == [3, 2]
    assert [row["llm_strategy/call"] for row in rows_of_calls(theirs.history)] == [0, 1, 2]
    assert theirs.config["lr"] == 1
    assert theirs.config["llm_strategy"]["traces"] == [sample_trace(1).id] * 2
    assert (theirs.alerts, theirs.exit_code) == (["still open"], 0)
    assert len(rows_of_calls(ours.history)) == 1


@pytest.mark.parametrize("key", ["0" * 40, ""], ids=["signed in", "not signed in"])
def test_without_a_network_or_a_key_the_program_ends_as_ever_and_the_run_is_kept(tmp_path, key):
    code = EXPORT + 'told(export_trace(trace, "shop")); print(json.dumps(["the program went on"]))'
    where = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_HTTP_TIMEOUT": "2"}
    told, warned = python(tmp_path, code, **where, **({"WANDB_API_KEY": key} if key else {}))

    (mode, directory, problems), after = told
    assert (mode, len(problems), after) == ("offline", 1, ["the program went on"])
    assert warned.count("RuntimeWarning: ") == 1
    assert f"`wandb sync {directory}` sends it" in warned
    run = read_wandb_run(Path(directory))
    assert (rows_of_calls(run.history), run.exit_code) == (EXPECTED_ROWS, 0)
    assert run.media("llm_strategy/page") == PAGE


@marked
def test_a_server_that_falls_silent_is_not_waited_for_and_the_run_can_be_sent_later(tmp_path):
    code = EXPORT + 'told(export_trace(trace, {"project": "shop", "settings": {"finish_timeout": 1}}))'
    with WandbStub(deaf=True) as stub:
        ((mode, directory, problems),), _ = python(tmp_path, code, **stub.environment())
    assert mode == "online"
    assert "within 1 s" in problems[0]

    with WandbStub() as stub:
        sync(tmp_path, stub, "--no-skip-online", directory)
        (run,) = stub.runs
    assert rows_of_calls(run.history) == EXPECTED_ROWS
    assert run.media("llm_strategy/page") == PAGE


def test_attributes_arrive_as_texts_of_json(offline):
    (session,) = [row for row in offline.run.table("llm_strategy/spans") if row["kind"] == "session"]
    assert json.loads(session["attributes"])[semconv.HYPERPARAMETERS_HASH] == "f00d"
