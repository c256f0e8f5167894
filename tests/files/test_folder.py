import os
import shutil
import threading
from contextlib import suppress

import pytest

from llm_strategy.errors import InputError
from llm_strategy.files import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "work")


def test_files_are_written_read_and_listed(folder):
    folder.write("b/c.txt", b"\r\nbytes\x00")
    folder.write("a.txt", b"")

    assert list(folder.paths()) == ["a.txt", "b/c.txt"]
    assert folder.read("b/c.txt") == b"\r\nbytes\x00"
    assert folder.read("b/c.txt", 3) == b"\r\nb"


def test_deleting_a_file_removes_the_folders_that_are_empty_then(folder):
    folder.write("a/b/c.txt", b"1")
    folder.write("a/d.txt", b"2")

    folder.delete("a/b/c.txt")

    assert not (folder.root / "a/b").exists()
    assert folder.read("a/d.txt") == b"2"


def test_a_file_that_is_not_there_is_told_apart(folder):
    assert not folder.holds("a/b.txt")
    with pytest.raises(FileNotFoundError):
        folder.read("a/b.txt")
    with pytest.raises(FileNotFoundError):
        folder.delete("b.txt")


@pytest.mark.parametrize("path", ["link.txt", "linked/x.txt", "pipe", "sub"])
def test_links_pipes_and_folders_are_neither_read_nor_written_nor_deleted(folder, tmp_path, path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.txt").write_text("secret")
    (folder.root / "link.txt").symlink_to(outside / "x.txt")
    (folder.root / "linked").symlink_to(outside)
    (folder.root / "sub").mkdir()
    os.mkfifo(folder.root / "pipe")

    for work in (folder.read, folder.delete, lambda one: folder.write(one, b"changed")):
        with pytest.raises(InputError, match="link"):
            work(path)
    assert (outside / "x.txt").read_text() == "secret"
    assert [one.name for one in outside.iterdir()] == ["x.txt"]


def test_a_folder_that_is_swapped_for_a_link_again_and_again_is_never_left(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder.write("sub/x.txt", b"inside")
    stop = threading.Event()

    sub, kept = folder.root / "sub", folder.root / "kept"

    def swap():
        while not stop.is_set():
            with suppress(OSError):  # a write may make the folder in the moment in which it is away
                sub.rename(kept)
                sub.symlink_to(outside)
                sub.unlink()
                kept.rename(sub)
            if kept.exists() and sub.exists():
                shutil.rmtree(kept)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        refused = 0
        for number in range(400):
            try:
                folder.write("sub/y.txt", b"%d" % number)
            except (InputError, OSError):
                refused += 1
    finally:
        stop.set()
        thread.join()

    assert list(outside.iterdir()) == []
    assert refused < 400


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(folder, monkeypatch):
    folder.write("a.txt", b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("a.txt", b"new")

    assert [one.name for one in folder.root.iterdir()] == ["a.txt"]
    assert folder.read("a.txt") == b"old"


def test_permissions_outlive_a_change(folder):
    folder.write("run.sh", b"1")
    (folder.root / "run.sh").chmod(0o755)

    folder.write("run.sh", b"2")

    assert (folder.root / "run.sh").stat().st_mode & 0o777 == 0o755


def test_files_in_folders_of_programs_are_listed_on_demand(folder):
    ours = [".env", ".github/workflows/test.yml", ".gitignore", "src/.htaccess"]
    theirs = [".git/config", ".venv/bin/x", "node_modules/a/b.js", "src/__pycache__/a.pyc", "x/.Mypy_Cache/y"]
    for path in ours + theirs:
        folder.write(path, b"")

    assert list(folder.paths()) == sorted(ours)
    assert list(folder.paths(hidden=True)) == sorted(ours + theirs)


def test_what_stands_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(FileExistsError):
        Folder(tmp_path / "file")


def test_files_that_were_left_half_written_are_found_wherever_they_are(tmp_path):
    folder = Folder(tmp_path)
    folder.write("a/b.txt", b"whole")
    (tmp_path / "a/.llm-strategy-0123456789abcdef").write_bytes(b"ha")
    for name in (".llm-strategy-0123", ".llm-strategy-0123456789abcdefa", "llm-strategy-0123456789abcdef"):
        (tmp_path / name).write_bytes(b"theirs")

    assert list(folder.half_written()) == ["a/.llm-strategy-0123456789abcdef"]
