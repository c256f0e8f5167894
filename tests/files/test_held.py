import os
import subprocess
import sys

import pytest

from llm_strategy.files import HeldFile

HOLD = """
import sys, time
from pathlib import Path
from llm_strategy.files import HeldFile
held = HeldFile(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_one_program_holds_a_file_at_a_time_and_says_which(tmp_path):
    held = HeldFile(tmp_path / "a.lock")
    with pytest.raises(BlockingIOError, match="this program already"):
        HeldFile(tmp_path / "a.lock")
    HeldFile(tmp_path / "b.lock").release()
    held.release()

    assert list(tmp_path.iterdir()) == []
    HeldFile(tmp_path / "a.lock").release()


def test_a_program_that_is_killed_holds_nothing_any_more(tmp_path):
    path = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError, match=rf"another program .process {process.pid}\b"):
            HeldFile(path)
        process.kill()
        process.wait()
        HeldFile(path).release()


def test_who_has_not_said_its_name_yet_is_another_program(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "a.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError, match=r"another program($|[^ ])"):
            HeldFile(path)


def test_a_file_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        HeldFile(tmp_path / "no" / "a.lock")
    (tmp_path / "a.lock").symlink_to(tmp_path / "b")
    with pytest.raises(OSError, match=r"a\.lock"):
        HeldFile(tmp_path / "a.lock")
    assert not (tmp_path / "b").exists()


def test_a_relative_path_stays_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    held = HeldFile((tmp_path / "a.lock").relative_to(tmp_path))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    held.release()

    assert not (tmp_path / "a.lock").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are needed")
def test_many_that_race_hold_it_one_after_the_other(tmp_path):
    path, count = tmp_path / "a.lock", tmp_path / "count"
    count.write_text("0")
    code = """if True:
        import sys
        from pathlib import Path
        from llm_strategy.files import HeldFile
        path, count = map(Path, sys.argv[1:])
        done = 0
        while done < 50:
            try:
                held = HeldFile(path)
            except BlockingIOError:
                continue
            count.write_text(str(int(count.read_text()) + 1))
            held.release()
            done += 1
    """
    racers = [subprocess.Popen([sys.executable, "-c", code, path, count]) for _ in range(3)]
    assert [racer.wait() for racer in racers] == [0, 0, 0]
    assert count.read_text() == "150"


def test_a_file_that_is_removed_while_it_is_taken_is_taken_anew(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    locked, path, seen = fcntl.flock, tmp_path / "a.lock", []

    def overtaken(descriptor, how):
        locked(descriptor, how)
        seen.append(descriptor)
        if len(seen) == 1:
            path.unlink()  # by the program that held it until now

    monkeypatch.setattr(fcntl, "flock", overtaken)
    HeldFile(path).release()
    assert len(seen) == 2


def test_a_folder_without_locks_is_told(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refused(descriptor, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(OSError, match="No locks available") as error:
        HeldFile(tmp_path / "a.lock")
    assert error.value.filename is None
