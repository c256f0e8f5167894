"""Folders that a killed program has left behind."""

import os
import shutil
import sys

import pytest

from llm_strategy.sandbox.walls.left_folders import hold, sweep

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = tmp_path / "left-1"
    made.mkdir()
    os.utime(made, (0, 0))
    return made


def test_what_nobody_holds_any_more_is_removed(folder):
    os.close(hold(folder))

    sweep("left-", shutil.rmtree)

    assert not folder.exists()


def test_what_is_in_use_stays(folder):
    lock = hold(folder)

    sweep("left-", shutil.rmtree)

    os.close(lock)
    assert folder.exists()


def test_what_was_made_just_now_or_has_another_name_or_is_a_link_stays(folder, tmp_path):
    (tmp_path / "left-new").mkdir()
    (tmp_path / "left-link").symlink_to(folder, target_is_directory=True)
    folder.rename(tmp_path / "other")

    sweep("left-", shutil.rmtree)

    assert {path.name for path in tmp_path.iterdir()} == {"left-new", "left-link", "other"}


def test_a_folder_that_is_not_there_cannot_be_held(tmp_path):
    with pytest.raises(FileNotFoundError):
        hold(tmp_path / "missing")
