"""Runs of a task on a cluster of Ray, in processes of its own."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "ray_program.py"


@pytest.mark.ray
@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra 'ray'")
@pytest.mark.skipif(sys.platform != "linux", reason="kills processes as on Linux")
def test_runs_on_a_cluster_are_what_they_are_here():
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told == {
        "orders": [True] * 6,
        "scores": [0.0, 0.0, 0.0, 1.0, 1.0, 0.0],
        "errors": ["", "", "ValueError: no", "", "", "ValueError: no"],
        "calls": [1, 1, 0, 1, 1, 0],
        "chats": [1, 1, 0, 1, 1, 0],
        "spent": 4,
        "told": "The task unreachable could ask no model at val/one (cand",
        "spans": 7,
        "inside": 4,
    }
