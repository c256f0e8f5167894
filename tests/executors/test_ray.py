"""Work on a real cluster of two nodes, in processes of its own, against a provider on the loopback interface."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.ray,
    pytest.mark.loopback,
    pytest.mark.enable_socket,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra 'ray'"),
    pytest.mark.skipif(sys.platform != "linux", reason="kills processes as on Linux"),
]

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).parent / "cluster_program.py"
SECONDS = 240


@contextmanager
def provided():
    """Start a provider; what it counts is asked by one test, in whatever order tests run."""
    command = [sys.executable, "-m", "benchmarks.cancellation_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture
def provider():
    with provided() as base:
        yield base


def stats(base):
    with urllib.request.urlopen(f"{base}/stats") as reply:
        return json.load(reply)


def begun(folder, *arguments):
    """Start the program in a group of processes of its own."""
    environment = {**os.environ, "MARKS": str(folder), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    with (folder / "errors").open("w") as errors:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, start_new_session=True
        )


def ended(program, folder):
    """Return what the program printed last."""
    try:
        out, _ = program.communicate(timeout=SECONDS)
    finally:
        kill(program)
    assert program.returncode == 0, (folder / "errors").read_text()
    return json.loads(out.splitlines()[-1])


def kill(program):
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    program.stdout.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ray")
    with provided() as base:
        return {**ended(begun(folder, "all", base), folder), "errors": (folder / "errors").read_text()}


def test_a_rollout_runs_on_both_nodes(seen):
    assert seen["right"]
    assert seen["nodes"] == 2
    assert seen["of our class"]


def test_every_request_of_a_map_is_sent_once(seen):
    assert seen["asked"] == [*range(100), *range(10_000, 10_100)]


def test_the_trace_has_what_the_workers_recorded(seen):
    assert seen["calls in the trace"] == 200
    assert seen["tokens in the trace"] == 200 * 25
    assert seen["one tree"]


def test_a_budget_is_kept_by_all_workers_together(seen):
    assert seen["sent within the budget"] == seen["spent"] == seen["values within the budget"] == 30
    assert seen["results"] == 60
    assert seen["kinds of errors"] == ["BudgetExceededError"]
    assert seen["tokens told"] == 30 * 25


def test_errors_come_back_as_they_are(seen):
    assert seen["error"] == ["BudgetExceededError", "mine", "calls", [1]]
    assert seen["noted"]
    assert seen["unsendable"] == "PicklingError"


def test_hyperparameters_in_force_hold_in_workers(seen):
    assert seen["scope"] == "Say the number."


def test_a_cache_is_shared_by_the_workers_of_one_machine(seen):
    assert seen["asked with a cache"] == 1


def test_leaving_a_map_ends_its_items_at_once(seen):
    assert seen["closed within"] < 5
    assert seen["gone within"] < 5
    assert seen["still works"]


def test_what_a_journal_has_is_not_paid_again_where_a_worker_dies(seen):
    alone, crowded = seen["deaths"]

    assert alone == {"right": True, "lost": [], "replies in the journal": 10, "paid twice": 0, "counted": 0}
    assert crowded["right"]
    assert crowded["lost"] == []
    assert crowded["replies in the journal"] == 40
    assert crowded["paid twice"] <= 5 * 7  # what was under way beside the five that killed their processes
    assert crowded["counted"] >= 0


def test_no_key_is_shown(seen):
    assert "sk-planted-secret" not in seen["errors"]


def test_a_run_whose_driver_is_killed_goes_on_where_it_was_on_a_cluster_and_without_one(provider, tmp_path):
    journal = tmp_path / "run.db"
    program = begun(tmp_path, "journal", provider, journal)
    end = time.monotonic() + SECONDS
    while stats(provider)["asked"] < 35 and program.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    kill(program)

    second = ended(begun(tmp_path, "journal", provider, journal), tmp_path)
    finished = Counter(stats(provider)["finished"])
    third = ended(begun(tmp_path, "threads", provider, journal), tmp_path)

    assert second["values"] == third["values"] == list(range(60))
    assert second["rolled"] == third["rolled"] == [10_200 + 2 * number for number in range(10)]
    assert 20 <= second["replayed"] < 60
    assert second["calls"] == third["calls"] == third["replayed"] == 80
    assert sum(finished.values()) - 80 <= second["in flight"]
    assert Counter(stats(provider)["finished"]) == finished
