"""What the hardened body needs of a machine: each thing that is missing is named, with what to do about it."""

import os
import platform
import sys
from pathlib import Path

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Setup
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap
from llm_strategy.sandbox.bubblewrap.command import View, bubblewrap_arguments
from llm_strategy.sandbox.bubblewrap.keeper import Keeper
from llm_strategy.sandbox.bubblewrap.needs import bubblewrap_needs, try_namespaces
from llm_strategy.sandbox.bubblewrap.watch import memory_of, processes_below
from llm_strategy.sandbox.walls.free_user import free_user
from llm_strategy.sandbox.walls.python_home import python_home

linux = pytest.mark.skipif(sys.platform != "linux", reason="not Linux")


def script(folder, text):
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "linux", reason="this is Linux")
def test_another_system_is_refused():
    with pytest.raises(SandboxUnavailableError, match="Linux: This is"):
        Bubblewrap().start(Setup())


def test_on_another_system_it_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert [(one.name, one.ok, one.told) for one in Bubblewrap().findings()] == [("Linux", False, "This is darwin.")]
    with pytest.raises(SandboxUnavailableError, match=r"Linux: This is darwin\."):
        Bubblewrap().start(Setup())


@linux
def test_a_program_that_is_missing_is_to_be_installed():
    with pytest.raises(SandboxUnavailableError, match=r"no program 'no-such-bwrap'.*apt-get install bubblewrap"):
        Bubblewrap(program="no-such-bwrap").start(Setup())


@linux
@pytest.mark.parametrize("version", ["bubblewrap 0.4.1", "bubblewrap 0.7", "something else", ""])
def test_a_program_that_is_too_old_is_refused(tmp_path, version):
    sandbox = Bubblewrap(program=script(tmp_path, f"echo {version}"))

    with pytest.raises(SandboxUnavailableError, match=r"bubblewrap 0\.8 or newer is needed"):
        sandbox.start(Setup())


@linux
def test_a_program_that_cannot_be_run_is_refused(tmp_path):
    path = tmp_path / "bwrap"
    path.write_text("no program")
    path.chmod(0o755)

    assert not Bubblewrap(program=str(path)).findings()[0].ok


@linux
def test_a_system_that_forbids_namespaces_is_told_apart(tmp_path):
    program = script(tmp_path, '[ "$1" = --version ] && { echo bubblewrap 0.9.0; exit; }; echo "bwrap: no" >&2; exit 1')

    *found, last = Bubblewrap(program=program).findings()

    assert all(one.ok for one in found)
    assert (last.name, last.ok) == ("namespaces", False)
    assert last.told.startswith("bwrap: no.")
    assert "bwrap-userns-restrict" in last.told
    with pytest.raises(SandboxUnavailableError, match="it exited with 1, and said: bwrap: no"):
        Bubblewrap(program=program).start(Setup())


@linux
@pytest.mark.parametrize(("release", "ok"), [("5.10.0-30-amd64", False), ("5.14.0", True), ("6.18.44-fc", True)])
def test_an_ordinary_user_needs_a_kernel_that_counts_by_namespace(monkeypatch, release, ok):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(platform, "release", lambda: release)

    *_, user = bubblewrap_needs("no-such-bwrap", "", ())

    assert user.ok is ok
    assert ("user namespace" if ok else f"Linux {release} counts") in user.told


@linux
def test_user_namespaces_that_are_switched_off_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("llm_strategy.sandbox.bubblewrap.needs.MOST_NAMESPACES", tmp_path / "max")
    program = script(tmp_path, "echo refused >&2; exit 1")
    (tmp_path / "max").write_text("0\n")

    off = try_namespaces(program).told
    (tmp_path / "max").write_text("100\n")
    on = try_namespaces(program).told
    (tmp_path / "max").unlink()
    unknown = try_namespaces(program).told

    assert "User namespaces are switched off" in off
    assert "User namespaces" not in on + unknown


@linux
@pytest.mark.parametrize("uid_map", ["0 0 1", "0 100000 1000\n", ""])
def test_a_container_without_users_has_none_to_give(uid_map):
    with pytest.raises(SandboxUnavailableError, match="No user is free"):
        free_user(uid_map)


@linux
@pytest.mark.parametrize(
    ("uid_map", "low", "high"),
    [("0 0 4294967295", 0x70000000, 0x7FFFFFF0), ("0 100000 65536", 55_535, 65_533), ("0 0 1\n1 1 5000", 1000, 5000)],
)
def test_the_user_is_one_of_those_that_are_here(uid_map, low, high):
    assert all(low <= free_user(uid_map) <= high for _ in range(20))


@linux
def test_a_user_who_runs_something_is_not_taken(monkeypatch):
    from llm_strategy.sandbox.walls import free_user as bubblewrap_user

    monkeypatch.setattr(bubblewrap_user.secrets, "randbelow", lambda most: 0)
    with pytest.raises(SandboxUnavailableError, match="No user is free"):
        free_user(f"{65_534} 0 {1}")


@linux
def test_the_root_of_the_machine_becomes_another_and_keeps_what_that_needs():
    as_root, as_user = (bubblewrap_arguments("bwrap", View((), user)) for user in (7, None))

    assert "CAP_SETUID" in as_root
    assert "--unshare-user" not in as_root
    assert "CAP_SETUID" not in as_user
    assert as_user[as_user.index("--uid") + 1] == "1000"


@linux
def test_folders_on_the_way_to_another_can_be_entered():
    words = bubblewrap_arguments("bwrap", View(("/opt/some/python",), None))

    assert words.index("/opt/some") < words.index("/opt/some/python")
    assert words[words.index("/opt/some") - 1] == "--dir"


@linux
def test_a_python_whose_home_is_a_whole_home_folder_is_refused(tmp_path, monkeypatch):
    env = tmp_path / "env"
    (env / "bin").mkdir(parents=True)
    (env / "bin/python").write_text(
        f'#!/bin/sh\necho \'["{env}/bin/python", "{tmp_path}", "{tmp_path}", "/usr/lib"]\'\n'
    )
    (env / "bin/python").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(SandboxUnavailableError, match="all of that folder would be shown"):
        python_home(str(env / "bin/python"))


@linux
def test_links_on_the_way_to_a_python_are_shown_too(tmp_path):
    real = tmp_path / "real"
    (real / "bin").mkdir(parents=True)
    (real / "lib/python3.99").mkdir(parents=True)
    (real / "bin/python").write_text(f'#!/bin/sh\necho \'["{tmp_path}/a/python", "/usr", "/usr", "/usr/lib"]\'\n')
    (real / "bin/python").chmod(0o755)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/python").symlink_to("../b")
    (tmp_path / "b").symlink_to(real / "bin/python")

    home = python_home(str(tmp_path / "a/python"))

    assert home.paths == (str(tmp_path / "a/python"), str(tmp_path / "b"), str(real))


@linux
def test_the_processes_below_one_are_found_with_what_they_hold():
    import subprocess

    child = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & cat"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        while len(list(processes_below(child.pid))) < 3:
            pass
        found = list(processes_below(child.pid))

        assert memory_of(found, exact=False) >= memory_of(found, exact=True) > 0
        assert Keeper(1).too_much(child.pid)
        assert not Keeper(1 << 30).too_much(child.pid)
    finally:
        os.killpg(child.pid, 9)
        child.communicate()

    nobody = [1 << 23]
    assert memory_of(nobody, exact=True) == memory_of(nobody, exact=False) == 0
    assert list(processes_below(1 << 23)) == nobody


def test_what_fails_in_the_thread_of_a_worker_is_told_where_it_was_wanted():
    def fails():
        raise SandboxUnavailableError("it does not hold")

    with pytest.raises(SandboxUnavailableError, match="it does not hold"):
        Keeper(1).start(fails)


@pytest.mark.usefixtures("bubblewrap_works")
def test_a_worker_that_nobody_holds_any_more_ends():
    import gc

    worker = Bubblewrap().start(Setup())
    process = worker.process_id

    del worker
    gc.collect()

    assert list(processes_below(process)) == [process]  # it has no children, and no entry of its own
    assert not Path(f"/proc/{process}").exists()
