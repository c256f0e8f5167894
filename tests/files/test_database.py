import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from llm_strategy.errors import StoredDataError, WorkspaceError
from llm_strategy.files import database
from llm_strategy.files.database import Database, Layout

LAYOUT = Layout("list", 0x1234, 3, "CREATE TABLE things (name TEXT NOT NULL, size INTEGER);")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a #?%list.sqlite"


@pytest.fixture
def opened(path):
    with closing(Database(path, LAYOUT)) as one:
        yield one


def names(one):
    return [name for (name,) in one.rows((str,), "SELECT name FROM things ORDER BY rowid")]


def test_what_is_changed_in_a_transaction_is_there_as_a_whole_or_not_at_all(path, opened):
    with opened.transaction():
        assert opened.change("INSERT INTO things VALUES ('a', 1)") == 1
        with opened.transaction():
            opened.change("INSERT INTO things VALUES ('b', 2)")

    def broken_off():
        with opened.transaction():
            opened.change("INSERT INTO things VALUES ('c', 3)")
            with opened.transaction():
                raise KeyError

    with pytest.raises(KeyError):
        broken_off()

    with closing(Database(path, LAYOUT)) as other:
        assert names(other) == ["a", "b"]


def test_threads_take_turns_in_one_database(opened):
    def add(letter):
        for _ in range(20):
            with opened.transaction():
                opened.change("INSERT INTO things VALUES (?, 1)", letter)
                opened.change("INSERT INTO things VALUES (?, 2)", letter)

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = names(opened)
    assert len(found) == 80
    assert all(found[at] == found[at + 1] for at in range(0, 80, 2))


def test_a_file_that_another_keeps_is_told_after_a_while(path, opened, monkeypatch):
    monkeypatch.setattr(database, "_PATIENCE", 0.01)
    with closing(Database(path, LAYOUT)) as other, opened.transaction():
        opened.change("INSERT INTO things VALUES ('a', 1)")
        with pytest.raises(WorkspaceError, match=r"list .* cannot be used: database is locked"), other.transaction():
            raise AssertionError
        assert names(other) == []  # reading waits for nobody
    assert names(opened) == ["a"]


def test_cells_of_a_wrong_type_are_told(opened):
    opened.change("INSERT INTO things VALUES ('a', 'much')")
    with pytest.raises(StoredDataError, match=r"list .* is damaged: str where int has to be"):
        opened.rows((str, int), "SELECT * FROM things")
    with pytest.raises(StoredDataError, match=r"str where .*int.*NoneType.* has to be"):
        opened.rows((str, (int, type(None))), "SELECT * FROM things")


@pytest.mark.parametrize("pragma", ["application_id = 99", "user_version = 2"])
def test_a_file_of_another_program_or_version_is_left_alone(path, opened, pragma):
    opened.change(f"PRAGMA {pragma}")
    for reading in (False, True):
        with pytest.raises(StoredDataError, match="is no list of this version"):
            Database(path, LAYOUT, reading=reading)


def test_a_file_that_is_no_database_is_left_alone(path):
    path.write_bytes(b"no database " * 100)
    for reading in (False, True):
        with pytest.raises(StoredDataError, match=r"list .* cannot be read: file is not a database\. Move it away"):
            Database(path, LAYOUT, reading=reading)
    assert path.read_bytes() == b"no database " * 100


def test_a_file_of_somebody_without_a_mark_is_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoredDataError, match="is no list"):
        Database(path, LAYOUT)


def test_a_file_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(WorkspaceError, match=r"list .* cannot be used: unable to open"):
        Database(tmp_path / "no folder" / "x", LAYOUT)
    with pytest.raises(WorkspaceError, match="unable to open"):
        Database(tmp_path / "nothing there", LAYOUT, reading=True)
    assert list(tmp_path.iterdir()) == []


def test_nothing_can_be_changed_where_it_is_only_read(path, opened):
    with closing(Database(path, LAYOUT, reading=True)) as reading:
        for statement in ("DELETE FROM things", "PRAGMA user_version = 9"):
            with pytest.raises(WorkspaceError, match="readonly"):
                reading.change(statement)
        with pytest.raises(WorkspaceError, match="readonly"), reading.transaction():
            reading.change("DELETE FROM things")


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="another user is needed")
def test_a_file_is_read_by_who_may_only_read():
    code = """if True:
        import os, sys
        from pathlib import Path
        from llm_strategy.errors import WorkspaceError
        from llm_strategy.planner.state import RunState
        place = Path(sys.argv[1])
        with RunState(place / "w") as state:
            state.begin("the task", "codebase", {})
        place.chmod(0o755)
        (place / "w/.llm-strategy").chmod(0o555)
        if os.geteuid() == 0:
            os.setuid(65534)
        with RunState.reading(place / "w") as record:
            print(record.task)
        try:
            RunState(place / "w")
        except WorkspaceError as error:
            print(error)
    """
    with tempfile.TemporaryDirectory() as place:  # others may not look into the folder of the tests
        done = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, check=True)
        (Path(place) / "w/.llm-strategy").chmod(0o755)
    task, refused = done.stdout.splitlines()
    assert task == "the task"
    assert "cannot be locked: Permission denied" in refused


def test_a_closed_database_is_a_mistake_of_the_program(opened):
    opened.close()
    with pytest.raises(sqlite3.ProgrammingError):
        opened.rows((), "SELECT 1")


def test_a_full_disk_leaves_the_file_as_it_was(opened):
    opened.change("INSERT INTO things VALUES ('a', 1)")
    (pages,) = opened.rows((int,), "PRAGMA page_count")[0]
    opened.change(f"PRAGMA max_page_count = {pages}")

    def fill():
        with opened.transaction():
            opened.change("INSERT INTO things VALUES ('b', 2)")
            opened.change("INSERT INTO things VALUES (?, 2)", "b" * 100_000)

    with pytest.raises(WorkspaceError, match="database or disk is full"):
        fill()
    assert names(opened) == ["a"]


def test_a_database_in_memory_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(Database(None, LAYOUT)) as one:
        one.change("INSERT INTO things VALUES ('a', 1)")
        assert names(one) == ["a"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_what_is_durable_is_on_the_disk_when_it_is_written(path, durable, level):
    with closing(Database(path, Layout("list", 0x1234, 3, LAYOUT.tables, durable))) as one:
        assert one.rows((int,), "PRAGMA synchronous") == [(level,)]
