"""Files that are damaged, full, locked, read-only or of somebody else."""

import sqlite3
import subprocess
import sys

import pytest

from llm_strategy.flow.cache.entry import Entry
from llm_strategy.flow.cache.store import Store
from llm_strategy.flow.cache.trouble import ForeignFileError, trouble_of

LARGE = 2**30


def entry(key="a", data='"x"', **fields):
    return Entry(key=key, data=data, **fields)


def rows(path, what="key"):
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute(f"SELECT {what} FROM replies ORDER BY id")]
    connection.close()
    return found


def spoiled(path, data):
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "data", [b"These are my notes." * 500, b"SQLite format 3\0" + b"\xff" * 8000], ids=["text", "damaged head"]
)
def test_what_is_no_database_is_moved_aside(path, opened, warned, data):
    spoiled(path, data)
    store = opened()
    store.put(entry(), LARGE)
    assert store.find("a")
    (aside,) = path.parent.glob("calls.db.damaged-*")
    assert aside.read_bytes() == data
    assert len(warned()) == 1
    assert aside.name in warned()[0]


def test_an_empty_file_is_begun(path, opened, warned):
    spoiled(path, b"")
    store = opened()
    store.put(entry(), LARGE)
    assert store.find("a")
    assert not warned()


@pytest.mark.parametrize("how", ["find", "claim", "put"])
def test_pages_that_are_damaged_while_it_is_open_are_found_out(path, opened, warned, how):
    first = opened()
    for number in range(200):
        first.put(entry(f"{number}", data=f'"{"x" * 500}"'), LARGE)
    first.close()
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 300] = b"\xa5" * 300
    spoiled(path, bytes(data))
    store = opened()
    call = {
        "find": lambda: store.find("7"),
        "claim": lambda: store.claim("7", "t"),
        "put": lambda: store.put(entry(), LARGE),
    }
    assert call[how]() in {None, True}
    store.open()
    assert store.is_ready
    store.put(entry(), LARGE)
    assert store.find("a")
    assert len(warned()) == 1
    assert len(list(path.parent.glob("calls.db.damaged-*"))) >= 1


@pytest.mark.parametrize("how", ["find", "put"])
def test_a_file_that_is_damaged_under_its_users_is_begun_anew(path, opened, warned, how):
    store = opened()
    for number in range(300):
        store.put(entry(f"{number}", data=f'"{"x" * 500}"'), LARGE)
    store.close()
    store.open()
    with path.open("r+b") as file:
        for start in range(4096, path.stat().st_size, 4096):
            file.seek(start)
            file.write(b"\xa5" * 4096)
    if how == "find":
        assert store.find("7") is None
        assert not store.is_ready
        assert store.find("7") is None
        assert not store.is_leased("7")
        store.open()
    store.put(entry(), LARGE)
    assert store.find("a")
    assert len(warned()) == 1
    assert len(list(path.parent.glob("calls.db.damaged-*"))) >= 1


def test_a_file_that_is_damaged_while_it_can_only_be_read_stays(path, opened, warned, monkeypatch):
    from llm_strategy.flow.cache import database

    first = opened()
    for number in range(300):
        first.put(entry(f"{number}", data=f'"{"x" * 500}"'), LARGE)
    first.close()
    monkeypatch.setattr(database, "_writer", not_allowed)
    store = opened()
    with path.open("r+b") as file:
        for start in range(4096, path.stat().st_size, 4096):
            file.seek(start)
            file.write(b"\xa5" * 4096)
    assert store.find("7") is None
    assert not list(path.parent.glob("*damaged*"))
    assert len(warned()) == 2  # that it is read-only, and that it cannot be used


def test_a_file_of_another_program_is_left_alone(path, opened, warned):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text)")
    other.commit()
    other.close()
    before = path.read_bytes()
    store = opened()
    assert store.find("a") is None
    assert store.claim("a", "mine") is True
    store.put(entry(), LARGE)
    store.close()
    assert path.read_bytes() == before
    assert len(warned()) == 1
    assert "of another program" in warned()[0]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER more AFTER INSERT ON replies BEGIN DELETE FROM leases; END",
        "CREATE VIEW more AS SELECT 1",
        "DROP TRIGGER removed",
        "PRAGMA user_version = 99",
    ],
)
def test_tables_that_are_not_ours_word_by_word_are_not_used(path, opened, warned, statement):
    opened().close()
    other = sqlite3.connect(path)
    other.execute(statement)
    other.commit()
    other.close()
    store = opened()
    store.put(entry(), LARGE)
    assert store.find("a")
    assert len(warned()) == 1
    assert len(list(path.parent.glob("calls.db.damaged-*"))) == 1


def test_a_locked_file_is_a_miss_and_left_alone_for_a_while(path, opened, warned, monkeypatch):
    store = opened()
    store.put(entry(), LARGE)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store.put(entry("b"), LARGE)
    assert store.find("a")
    assert store.claim("b", "mine") is True
    holder.execute("ROLLBACK")
    holder.close()
    store.put(entry("c"), LARGE)
    assert store.find("c") is None
    assert len(warned()) == 1
    monkeypatch.setattr(store, "_writes_again", 0.0)
    store.put(entry("c"), LARGE)
    assert store.find("c")


def test_a_file_that_cannot_be_opened_for_a_lock_is_left_alone_for_a_while(path, opened, warned):
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store = opened()
    assert store.is_ready
    assert store.find("a") is None
    store.put(entry(), LARGE)
    holder.close()
    assert len(warned()) == 1
    assert "locked" in warned()[0]


def test_a_folder_in_its_place_is_told(tmp_path, warned):
    store = Store(tmp_path)
    store.put(entry(), LARGE)
    assert store.find("a") is None
    assert len(warned()) == 1
    store.close()


def test_a_damaged_file_that_cannot_be_moved_is_left_alone(path, opened, warned, monkeypatch):
    def not_allowed(self, target):
        raise PermissionError(13, "not allowed")

    spoiled(path, b"These are my notes." * 500)
    monkeypatch.setattr("pathlib.Path.rename", not_allowed)
    store = opened()
    store.put(entry(), LARGE)
    assert store.find("a") is None
    assert len(warned()) == 1
    assert path.read_bytes().startswith(b"These")


def test_a_file_that_another_process_has_moved_already_stays(path, opened):
    from llm_strategy.flow.cache.database import move_aside

    opened().put(entry(), LARGE)
    assert move_aside(path, path.stat().st_ino + 1) == "calls.db"
    assert rows(path) == ["a"]


IN_ANOTHER_PROCESS = """
import logging, sys, os, resource
from pathlib import Path
from llm_strategy.flow.cache.store import Store
from llm_strategy.flow.cache.entry import Entry
import encodings.idna, platformdirs, platform
platform.node()
handler = logging.Handler()
told = []
handler.emit = lambda record: told.append(record.getMessage())
logging.getLogger("llm_strategy.cache").addHandler(handler)
path = Path(sys.argv[1])
{limit}
store = Store(path)
store.open()
for number in range(50):
    store.claim(str(number), "token")
    store.put(Entry(key=str(number), data='"' + "x" * 5000 + '"'), 2**30, "token")
print(store.find("a") is not None, len(told), *told)
store.close()
"""
LIMITS = {
    "full": "resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 40000,) * 2)",
    "read-only": "os.geteuid() or (os.setgid(65534), os.setuid(65534))",
}


@pytest.mark.skipif(sys.platform == "win32", reason="limits and rights of POSIX")
@pytest.mark.parametrize(
    ("limit", "mode", "folder"), [("full", 0o666, 0o777), ("read-only", 0o444, 0o777), ("read-only", 0o444, 0o555)]
)
def test_what_cannot_be_written_to_is_only_read(tmp_path, limit, mode, folder):
    place = tmp_path / "open"
    place.mkdir()
    for each in (place, *place.parents):
        if each.owner() == place.owner() and each != each.parent and len(each.parts) > 2:
            each.chmod(each.stat().st_mode | 0o055)
    path = place / "calls.db"
    store = Store(path)
    store.put(entry(), LARGE)
    store.close()
    path.chmod(mode)
    place.chmod(folder)
    try:
        code = IN_ANOTHER_PROCESS.format(limit=LIMITS[limit])
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    finally:
        place.chmod(0o777)
    assert done.stdout.startswith("True 1 "), done.stdout + done.stderr
    assert ("disk is full" if limit == "full" else "cannot be written") in done.stdout


def test_a_file_that_was_read_only_is_written_to_later(path, opened, monkeypatch, warned):
    from llm_strategy.flow.cache import database

    opened().put(entry(), LARGE)
    with monkeypatch.context() as readonly:

        def not_allowed(path, patience):
            raise PermissionError(13, "not allowed")

        readonly.setattr(database, "_writer", not_allowed)
        store = opened()
        store.put(entry("b"), LARGE)
    assert store.find("a")
    assert store.find("b") is None
    monkeypatch.setattr(store, "_writes_again", 0.0)
    store.put(entry("b"), LARGE)
    assert store.find("b")
    assert len(warned()) == 1


def test_an_error_of_reading_is_a_miss(opened, warned):
    store = opened()
    store.put(entry(), LARGE)
    store._database.reader.close()
    assert store.find("a") is None
    assert len(warned()) == 1


def not_allowed(path, patience):
    raise PermissionError(13, "not allowed")


@pytest.mark.parametrize("how", ["mode=ro", "immutable"])
def test_what_is_read_only_is_opened_to_read(path, opened, monkeypatch, how):
    from llm_strategy.flow.cache import database

    opened().put(entry(), LARGE)
    monkeypatch.setattr(database, "_writer", not_allowed)
    if how == "immutable":
        original, times = database._careful, []

        def fails_once(connection):
            times.append(connection)
            if len(times) == 1:
                error = sqlite3.OperationalError("unable to open database file")
                error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
                raise error
            return original(connection)

        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        monkeypatch.setattr(database, "_careful", fails_once)
    store = opened()
    assert store.find("a")


def test_what_is_read_only_and_of_another_program_is_left_alone(path, opened, monkeypatch, warned):
    from llm_strategy.flow.cache import database

    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text)")
    other.commit()
    other.close()
    monkeypatch.setattr(database, "_writer", not_allowed)
    assert opened().find("a") is None
    assert "of another program" in warned()[0]


def test_what_is_read_only_and_damaged_is_not_moved_while_it_is_read(path, opened, monkeypatch, warned):
    from llm_strategy.flow.cache import database

    first = opened()
    for number in range(200):
        first.put(entry(f"{number}", data=f'"{"x" * 500}"'), LARGE)
    first.close()
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 300] = b"\xa5" * 300
    spoiled(path, bytes(data))
    monkeypatch.setattr(database, "_writer", not_allowed)
    store = opened()
    assert store.find("7") is None
    assert not list(path.parent.glob("*damaged*"))
    assert path.exists()


def test_a_file_that_is_locked_while_it_is_begun_is_waited_for():
    from llm_strategy.flow.cache import database

    nothing = sqlite3.connect(":memory:")

    class Connection:
        tries = 0

        def execute(self, statement):
            self.tries += 1
            if self.tries < 3:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
            return nothing.execute("SELECT 1")

    patient = Connection()
    database._in_wal_mode(patient, 5)
    assert patient.tries == 3
    with pytest.raises(sqlite3.OperationalError):
        database._in_wal_mode(Connection(), -1)
    nothing.close()


def test_a_change_that_fails_at_its_end_is_undone(opened):
    from llm_strategy.flow.cache.database import writing

    store = opened()
    writer = store._database.writer

    class Failing:
        in_transaction = True
        log = []

        def execute(self, statement):
            self.log.append(statement)
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return writer.execute("SELECT 1")

    with pytest.raises(sqlite3.OperationalError), writing(Failing()):
        pass
    assert Failing.log == ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]


def test_what_errors_say():
    error = sqlite3.OperationalError()
    for code, trouble in (
        (5, "locked"),
        (261, "locked"),
        (11, "damaged"),
        (522, "damaged"),
        (778, "full"),
        (8, "read-only"),
        (1, "unusable"),
    ):
        error.sqlite_errorcode = code
        assert trouble_of(error) == trouble
    assert trouble_of(OSError(28, "full")) == "full"
    assert trouble_of(OSError(5, "io")) == "unusable"
    assert trouble_of(ForeignFileError()) == "foreign"


def test_a_store_that_was_closed_opens_again(opened):
    store = opened()
    store.put(entry(), LARGE)
    store.close()
    store.close()
    assert not store.is_ready
    store.put(entry("b"), LARGE)
    assert store.find("a")
