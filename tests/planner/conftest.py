import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def killed_everywhere():
    """Workspaces in which a piece of work was killed at each of its touches of the disk."""
    if not hasattr(os, "fork"):
        pytest.skip("forks are needed")
    # Some ten thousand times something is put on the disk for good: in memory that is fast, and a kill is the same.
    root = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))

    def killed(kind):
        script = Path(__file__).with_name("killed_everywhere.py")
        done = subprocess.run([sys.executable, script, kind, root], capture_output=True, text=True, check=True)
        assert done.stdout.strip().isdigit(), done.stderr
        return [root / str(number) for number in range(1, int(done.stdout) + 1)]

    yield killed
    shutil.rmtree(root)


@pytest.fixture
def python():
    """Start a program that says `ready`, and waits for a line before it goes on; killed at the end."""
    started = []

    def start(code, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
