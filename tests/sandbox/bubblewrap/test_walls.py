"""Each wall of the hardened body, switched off: the self-test notices, and no code is run."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap, start_walled
from llm_strategy.sandbox.walls.canaries import WALLS, canaries

pytestmark = pytest.mark.usefixtures("bubblewrap_works")
ROOT = sys.platform == "linux" and os.geteuid() == 0
LIMITS = Limits(memory_mib=512, processes=32, disk_mib=64, files=4096)


@pytest.fixture
def launch():
    return Bubblewrap().launch(LIMITS)


def with_data(launch, **changes):
    return replace(launch, prelude=replace(launch.prelude, data={**launch.prelude.data, **changes}))


def with_words(launch, *words):
    place = launch.command.index("--remount-ro")
    return replace(launch, command=(*launch.command[:place], *words, *launch.command[place:]))


def without(launch, *words):
    return replace(launch, command=tuple(one for one in launch.command if one not in words))


def canary_folder(launch):
    return str(Path(launch.prelude.data["plan"]["secret"]).parent)


def way_to(folder):
    """Folders that bubblewrap makes by itself are open to root only, and the canaries may lie deep."""
    return [word for one in reversed(Path(folder).parents) for word in ("--dir", str(one))]


def shown(launch):
    folder = canary_folder(launch)
    return with_words(launch, *way_to(folder), "--ro-bind", folder, folder)


def open_to_write(launch):
    folder = str(Path(launch.prelude.data["plan"]["target"]).parent)
    return with_words(launch, *way_to(folder), "--bind", folder, folder)


def with_environment(launch):
    os.environ["SOME_API_KEY"] = "a-key-that-nobody-may-see"
    plan = {**launch.prelude.data["plan"], "environment": canaries().marks({})}
    return replace(with_data(launch, plan=plan), environment={**launch.environment, **os.environ})


def without_limit(name):
    return lambda launch: replace(launch, rlimits={one: most for one, most in launch.rlimits.items() if one != name})


OFF = {
    "read": shown,
    "write": open_to_write,
    "connect": lambda launch: without(launch, "--unshare-net"),
    "environment": with_environment,
    "namespaces": lambda launch: without(launch, "--unshare-ipc"),
    "fork": without_limit("NPROC"),
    "memory": without_limit("AS"),
    "disk": lambda launch: with_data(launch, disk=1 << 30),
    "system calls": lambda launch: with_data(launch, filter=""),
}


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "")


def test_with_all_walls_up_it_starts(launch):
    worker = start_walled(launch, Setup(limits=LIMITS))
    worker.close()

    assert worker.told == {wall: [True, ""] for wall in WALLS}


@pytest.mark.parametrize("wall", OFF)
def test_a_wall_that_is_switched_off_is_noticed(launch, wall):
    with pytest.raises(SandboxUnavailableError, match=f"no code was run:(.|\n)*  {wall}: "):
        start_walled(OFF[wall](launch), Setup(limits=LIMITS))


@pytest.mark.parametrize("wall", ["read", "write"])
def test_it_is_noticed_wherever_the_canaries_lie(wall, tmp_path, monkeypatch):
    canaries().close()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(SandboxUnavailableError, match=f"no code was run:(.|\n)*  {wall}: "):
        start_walled(OFF[wall](Bubblewrap().launch(LIMITS)), Setup(limits=LIMITS))


def test_without_a_pid_namespace_it_does_not_start(launch):
    with pytest.raises(SandboxUnavailableError, match=r"namespaces: shared with the machine: pid|cannot"):
        start_walled(without(launch, "--unshare-pid"), Setup(limits=LIMITS))


def test_a_limit_of_files_that_is_missing_is_noticed(launch):
    with pytest.raises(SandboxUnavailableError, match="disk: /workspace has 67108864 bytes and 0 files"):
        start_walled(with_data(launch, files=0), Setup(limits=LIMITS))


@pytest.mark.skipif(not ROOT, reason="an ordinary user cannot become root")
def test_staying_root_is_noticed(launch):
    with pytest.raises(SandboxUnavailableError, match="privileges: the code is root"):
        start_walled(with_data(launch, user=0), Setup(limits=LIMITS))


def test_a_tmpfs_that_is_refused_is_no_sandbox(launch):
    place = launch.command.index("CAP_SYS_ADMIN")
    less = replace(launch, command=(*launch.command[: place - 1], *launch.command[place + 1 :]))

    with pytest.raises(SandboxUnavailableError, match=r"did not start: PermissionError: .* cannot mount a tmpfs"):
        start_walled(less, Setup(limits=LIMITS))


def test_a_filter_that_is_refused_is_no_sandbox(launch):
    with pytest.raises(SandboxUnavailableError, match=r"did not start: OSError: .* cannot load the filter"):
        start_walled(with_data(launch, filter="AAAAAAAAAAA="), Setup(limits=LIMITS))


@pytest.mark.parametrize("answer", ["[]", "None", "'all good'", "{wall: [True, ''] for wall in ['read']}"])
def test_a_probe_that_says_something_else_is_no_sandbox(launch, answer):
    source = f"def close_walls(data): return {answer}"
    lying = replace(launch, prelude=replace(launch.prelude, source=source))

    with pytest.raises(SandboxUnavailableError, match="no clear answer"):
        start_walled(lying, Setup(limits=LIMITS))
