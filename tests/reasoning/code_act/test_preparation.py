"""Opening a sandbox before anything is asked, and taking files out of it at the end."""

import asyncio
import threading

import pytest

from llm_strategy.errors import StoredDataError
from llm_strategy.flow import arun
from llm_strategy.reasoning.code_act.keeping import KeepFiles
from llm_strategy.reasoning.code_act.preparation import OpenSession
from llm_strategy.sandbox import Limits, Session
from llm_strategy.sandbox.choosing import sandbox_named


class Slow:
    """A sandbox that takes its time to start."""

    name = "slow"

    def __init__(self):
        self.asked, self.may = threading.Event(), threading.Event()
        self.workers = []

    def findings(self):
        return ()

    def start(self, setup):
        self.asked.set()
        self.may.wait(20)
        self.workers.append(sandbox_named("monty").start(setup))
        return self.workers[-1]


def opening(sandbox):
    return OpenSession(sandbox, (), Limits(), (), tainted=False, finish="")


def test_a_session_that_nobody_waits_for_any_more_is_closed_when_it_is_open():
    slow = Slow()

    async def main():
        task = asyncio.create_task(opening(slow).aperform())
        await asyncio.to_thread(slow.asked.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.may.set()
        for _ in range(1000):
            if slow.workers and not slow.workers[0].alive:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it was never closed")

    asyncio.run(main())


def test_an_opening_that_fails_after_nobody_waits_is_passed_over():
    slow = Slow()

    def start(setup):
        slow.asked.set()
        slow.may.wait(20)
        raise RuntimeError("no")

    slow.start = start

    async def main():
        task = asyncio.create_task(opening(slow).aperform())
        await asyncio.to_thread(slow.asked.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.may.set()
        await asyncio.sleep(0.05)

    asyncio.run(main())


@pytest.fixture
def session():
    with Session("unsafe-process", files={"a.txt": b"a", "sub/b.txt": b"b"}) as opened:
        yield opened.open()


def keeping(session, folder, *paths):
    return KeepFiles(session, paths, str(folder))


def test_files_are_copied_with_their_folders(session, tmp_path):
    assert keeping(session, tmp_path / "out", "a.txt", "sub/b.txt").perform() == ("a.txt", "sub/b.txt")
    assert (tmp_path / "out/a.txt").read_bytes() == b"a"
    assert (tmp_path / "out/sub/b.txt").read_bytes() == b"b"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "sub"]


@pytest.mark.parametrize("path", ["../a.txt", "/etc/passwd", "sub/../../a.txt", "", ".", "nothing.txt", "sub"])
def test_what_is_no_file_or_leads_outside_is_left_out(session, tmp_path, path):
    assert keeping(session, tmp_path / "out", path).perform() == ()
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    assert list((tmp_path / "out").iterdir()) == []


def test_links_in_the_folder_are_not_followed(session, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").symlink_to(outside / "mine.txt")
    (out / "sub").symlink_to(outside)
    assert keeping(session, out, "a.txt", "sub/b.txt").perform() == ("a.txt",)
    assert (outside / "mine.txt").read_bytes() == b"mine"
    assert not (out / "a.txt").is_symlink()
    assert [path.name for path in outside.iterdir()] == ["mine.txt"]


def test_a_folder_in_the_place_of_a_file_stays(session, tmp_path):
    (tmp_path / "a.txt").mkdir()
    assert keeping(session, tmp_path, "a.txt").perform() == ()
    assert (tmp_path / "a.txt").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_files_are_copied_without_blocking_the_loop(session, tmp_path):
    def flow():
        return (yield keeping(session, tmp_path, "a.txt"))

    assert asyncio.run(arun(flow())) == ("a.txt",)


def test_what_is_stored_of_kept_files_is_read_back(session, tmp_path):
    request = keeping(session, tmp_path, "a.txt")
    assert request.journal_data() == {"paths": ["a.txt"], "folder": str(tmp_path)}
    assert request.answer_from(request.answer_data(("a.txt",))) == ("a.txt",)
    with pytest.raises(StoredDataError):
        request.answer_from(3)
