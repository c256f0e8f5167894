"""The file of a journal: whose it is, what may be in it, and what is said where it cannot be used."""

import multiprocessing
import os
import sqlite3
import stat
import sys
from contextlib import closing
from contextvars import copy_context

import pytest

from llm_strategy import durable
from llm_strategy.errors import JournalError, StoredDataError
from llm_strategy.flow import run
from llm_strategy.flow.journal.database import VERSION
from llm_strategy.flow.layers import own_layers


def written(journal, model, ask, *texts):
    with durable(journal):
        run(ask(model(), *(texts or ("a", "b", "c"))))


def change(journal, *statements):
    with closing(sqlite3.connect(journal)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_journal_is_for_its_owner_only(journal, model, ask):
    before = os.umask(0)
    try:
        with durable(journal):
            run(ask(model(), "a"))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in journal.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"run.db", "run.db-wal", "run.db.lock"}
    assert set(modes.values()) == {0o600}


def test_a_finished_run_leaves_one_file(journal, model, ask):
    written(journal, model, ask)
    assert [file.name for file in journal.parent.iterdir()] == ["run.db"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"not a database at all, but a text", "is no journal"), (b"SQLite format 3\0", "is damaged")],
)
def test_another_file_is_never_taken_for_a_journal(journal, content, told):
    journal.write_bytes(content)
    with pytest.raises(JournalError, match=told), durable(journal):
        raise AssertionError
    assert journal.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(journal):
    change(journal, "CREATE TABLE theirs (x)")
    with pytest.raises(JournalError, match="of another program"), durable(journal):
        raise AssertionError


@pytest.mark.parametrize(("version", "told"), [(VERSION + 1, "a newer version"), (0, "another version")])
def test_another_version_is_told(journal, model, ask, version, told):
    written(journal, model, ask)
    change(journal, f"PRAGMA user_version = {version}")
    with pytest.raises(JournalError, match=told), durable(journal):
        raise AssertionError


@pytest.mark.parametrize("start", [100, 4096, 8192, 4096 * 3])
def test_damage_is_told_before_anything_is_asked(journal, model, ask, start):
    written(journal, model, ask, *("x" * 900 + str(number) for number in range(40)))
    content = bytearray(journal.read_bytes())
    content[start : start + 2000] = bytes(2000)
    journal.write_bytes(content)
    with pytest.raises(JournalError, match=r"is damaged.*Restore it from a copy, or delete it"), durable(journal):
        raise AssertionError


def test_a_file_that_was_cut_off_is_told(journal, model, ask):
    written(journal, model, ask, *("x" * 900 + str(number) for number in range(40)))
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) // 2])
    with pytest.raises(JournalError, match="is damaged"), durable(journal):
        raise AssertionError


def test_a_journal_without_its_tables_is_told(journal, model, ask):
    written(journal, model, ask)
    change(journal, "DROP TABLE failures")
    asked = model()
    with pytest.raises(JournalError, match="no such table"), durable(journal):
        run(ask(asked, "x"))
    assert asked.asked == []


def test_an_index_that_lost_its_rows_is_told(journal, model, ask):
    """Else replies would not be found, and paid for again without a word."""
    written(journal, model, ask)
    change(journal, "PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE name = 'steps_by_request'")
    with closing(sqlite3.connect(journal)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchone()
    assert found != ("ok",)
    with pytest.raises(JournalError, match="is damaged"), durable(journal):
        raise AssertionError


def test_two_runs_never_write_to_one_journal(journal, model, ask):
    with durable(journal), pytest.raises(JournalError, match="in use by this program already"), durable(journal):
        raise AssertionError
    written(journal, model, ask)


def test_a_run_inside_of_another_one_is_refused(journal, tmp_path):
    other = tmp_path / "other.db"
    told = r"other\.db'\) is opened inside of durable\(.*run\.db'\)"
    with durable(journal), pytest.raises(JournalError, match=told), durable(other):
        raise AssertionError
    assert not other.exists()


def test_what_goes_on_after_a_run_may_begin_another_one(journal, tmp_path):
    with durable(journal):
        inside = copy_context()
    assert inside.run(durable(tmp_path / "other.db")(lambda: len(own_layers()))) == 2


def in_a_block(journal):
    with durable(journal):
        pass


def in_a_function(journal):
    durable(journal)(list)()


@pytest.mark.parametrize("program", [in_a_block, in_a_function])
def test_the_warning_of_a_changed_program_names_where_the_run_was_opened(journal, model, ask, program):
    written(journal, model, ask)
    with pytest.warns(RuntimeWarning, match="did not ask for") as warned:
        program(journal)
    assert [one.filename for one in warned] == [__file__]


def _holding(journal, ready, done):
    with durable(journal):
        ready.set()
        done.wait(30)


def test_two_processes_never_write_to_one_journal(journal):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_holding, args=(journal, ready, done))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(JournalError, match=f"another program .process {other.pid}"), durable(journal):
            raise AssertionError
    finally:
        done.set()
        other.join()
    with durable(journal):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_does_not_write_into_the_journal_of_its_parent(journal, model, ask):
    reading, writing = os.pipe()
    with durable(journal):
        child = os.fork()
        if not child:
            try:
                run(ask(model(), "a"))
            except JournalError as error:
                os.write(writing, str(error).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        told = os.read(reading, 1000).decode()
        os.close(reading)
        os.close(writing)
        run(ask(model(), "a"))
    assert "was forked from it" in told
    assert str(child) in told


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_to_is_told(journal):  # pragma: no cover
    journal.parent.chmod(0o500)
    try:
        with pytest.raises(JournalError, match="cannot be written"), durable(journal):
            raise AssertionError
    finally:
        journal.parent.chmod(0o700)


def test_a_directory_that_is_not_there_is_told(tmp_path):
    with pytest.raises(JournalError, match="cannot be written: No such file"), durable(tmp_path / "no" / "run.db"):
        raise AssertionError


def test_a_directory_is_no_journal(tmp_path):
    with pytest.raises(JournalError, match="cannot be used"), durable(tmp_path):
        raise AssertionError


def test_a_full_disk_is_told_and_nothing_is_lost(journal, model, ask):
    import resource

    written(journal, model, ask)
    asked = model()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    texts = ["a", "b", "c", *("x" * 1000 + str(number) for number in range(100))]

    def program_on_a_full_disk():
        with durable(journal):
            resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, limits[1]))
            try:
                run(ask(asked, *texts))
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with pytest.raises(JournalError, match="make room"):
        program_on_a_full_disk()
    with durable(journal) as resumed:
        run(ask(model(), *texts))
    assert resumed.replayed == 3 + len(asked.asked) - (resumed.in_flight != ())


def test_the_lock_of_a_program_that_died_is_no_obstacle(journal, model, ask):
    journal.with_name("run.db.lock").write_text("99999999\n")
    written(journal, model, ask)


def test_a_name_with_signs_is_a_name(tmp_path, model, ask):
    journal = tmp_path / "50% of it? #1 & more.db"
    written(journal, model, ask)
    with durable(journal):
        run(ask(model(dies_at=1), "a", "b", "c"))


def test_a_checksum_tells_of_an_answer_that_was_changed(journal, model, ask):
    written(journal, model, ask, "a")
    change(journal, "UPDATE steps SET answer = replace(answer, '#1', '#2')")
    with pytest.raises(StoredDataError, match="not the one that was written"), durable(journal):
        run(ask(model(), "a"))


def test_a_program_may_change_its_directory(tmp_path, model, ask, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with durable("run.db"):
        monkeypatch.chdir(tmp_path / "elsewhere")
        run(ask(model(), "a"))
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["run.db"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the locks there are others")
def test_a_lock_that_is_removed_while_it_is_taken_is_taken_anew(journal, monkeypatch):
    import fcntl

    locked, lock = fcntl.flock, journal.with_name("run.db.lock")
    seen = []

    def overtaken(descriptor, how):
        locked(descriptor, how)
        seen.append(descriptor)
        if len(seen) == 1:
            lock.unlink()  # by the program that held it until now

    monkeypatch.setattr(fcntl, "flock", overtaken)
    with durable(journal):
        assert lock.exists()
    assert len(seen) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the locks there are others")
def test_a_file_system_without_locks_is_told(journal, monkeypatch):
    import fcntl

    def refused(descriptor, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(JournalError, match="cannot be locked: No locks available"), durable(journal):
        raise AssertionError
