"""A search by a response surface that is killed, or broken off, goes on: nothing runs twice, and it ends as it would."""

import signal
import subprocess
import sys

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Case, optimize
from llm_strategy.optimize.events import Done, Proposing
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.rollouts import current_rollout
from llm_strategy.optimize.store import OptimizationRecord
from llm_strategy.optimize.streams import stream

pytest.importorskip("numpy")

PROGRAM = """
import os, signal, sys
from typing import Literal
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Case, optimize
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.rollouts import current_rollout
from pydantic import Field

place, last = sys.argv[1], int(sys.argv[2])
diary = os.open(f"{place}.diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
begun = 0

@track_hyperparameters
def shaped(number: float, *, _digits: int = Field(0, ge=0, le=6), _off: float = Field(0.3, ge=0, le=1),
           _mode: Literal["up", "down"] = "down") -> float:
    global begun
    begun += 1
    if begun == last:
        os.kill(os.getpid(), signal.SIGKILL)
    os.write(diary, f"{current_rollout().order.key}\\n".encode())
    return round(number, _digits) + _off * (1 if _mode == "up" else -1)

@metric(deterministic=True)
def near(case, value):
    return max(0.0, 1 - abs(case.expected - value))

data = [Case({"number": one / 7}, one / 7) for one in range(40)]
report = optimize(shaped, data, metric=near, budget=120, store=place)
assert "response" in {one.proposer for one in report.members}
print(report.model_dump_json(exclude={"seconds": True, "task_spent": {"seconds"}, "members": {"__all__": {"cost"}}}))
"""


def test_a_search_that_is_killed_again_and_again_goes_on_without_repeating_anything(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)

    def begun(name, last=0):
        command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path / name), str(last)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    whole = begun("whole.db")
    assert whole.returncode == 0, whole.stderr
    for last in (5, 30, 17, 40):  # in the seed's batch, among candidates twice, near the end
        assert begun("broken.db", last).returncode == -signal.SIGKILL
    broken = begun("broken.db")
    assert broken.returncode == 0, broken.stderr
    keys = (tmp_path / "broken.db.diary").read_text().split()
    assert len(keys) == len(set(keys))
    assert sorted(keys) == sorted((tmp_path / "whole.db.diary").read_text().split())
    assert broken.stdout == whole.stdout
    logs = []
    for name in ("whole.db", "broken.db"):
        with OptimizationRecord(tmp_path / name) as record:
            logs.append(record.log())
    assert logs[0] == logs[1]


class Stop(BaseException):
    """As Ctrl-C is one."""


def stopping(kind, after):
    """Watch until something happened so many times."""
    seen = []

    def watch(event):
        seen.append(isinstance(event, kind))
        if seen[-1] and sum(seen) == after:
            raise Stop

    return watch


@track_hyperparameters
def shaken(number: float, *, _digits: int = Field(0, ge=0, le=6), _exact: bool = False) -> float:
    key = current_rollout().order.key
    BEGUN.append(key)
    return (number if _exact else round(number, _digits)) + stream("luck", key).uniform(-0.2, 0.2)


BEGUN = []


@metric
def close(case, value):
    return 1 - abs(case.expected - value)


def noisy(place, **options):
    data = [Case({"number": one / 7}, one / 7) for one in range(24)]
    report = optimize(shaken, data, metric=close, budget=90, store=place, **options)
    with OptimizationRecord(place) as record:
        return report, record.log()


@pytest.mark.parametrize(
    ("kind", "after"), [(Done, 1), (Done, 11), (Done, 33), (Done, 61), (Done, 84), (Proposing, 1), (Proposing, 5)]
)
@pytest.mark.parametrize("workers", [1, 4])
def test_a_noisy_search_that_is_broken_off_ends_as_it_would(tmp_path, kind, after, workers):
    whole, log = noisy(tmp_path / "whole.db")
    assert "response" in {one.proposer for one in whole.members}
    BEGUN.clear()
    with pytest.raises(Stop):
        noisy(tmp_path / "broken.db", workers=workers, watch=stopping(kind, after))
    with OptimizationRecord(tmp_path / "broken.db") as record:
        known = {key for (key,) in record._database.rows((str,), "SELECT key FROM rollout")}
    before = len(BEGUN)
    report, other = noisy(tmp_path / "broken.db", workers=workers)
    assert not known & set(BEGUN[before:])
    assert other == log
    for name in ("best", "gain", "reason", "steps", "test_scores", "front", "rollouts", "cautions"):
        assert getattr(report, name) == getattr(whole, name)
    assert [one.scores for one in report.members] == [one.scores for one in whole.members]
