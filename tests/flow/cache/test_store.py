"""The store: what is found, what goes, and what becomes of files that are not as they should be."""

import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from llm_strategy.flow.cache import leases
from llm_strategy.flow.cache.entry import Entry, Found
from llm_strategy.flow.cache.leases import LEASE
from llm_strategy.flow.cache.store import Store
from llm_strategy.flow.cache.trouble import ForeignFileError, trouble_of

LARGE = 2**30


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(path, clock):
    stores = []

    def make(**options):
        store = Store(path, **{"patience": 0.05, "clock": clock, **options})
        stores.append(store)
        store.open()
        return store

    yield make
    for store in stores:
        store.close()


def entry(key="a", data='"x"', **fields):
    return Entry(key=key, data=data, **fields)


def rows(path, what="key"):
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute(f"SELECT {what} FROM replies ORDER BY id")]
    connection.close()
    return found


def test_what_was_put_is_found_by_all(opened):
    opened().put(entry(), LARGE)
    assert opened().find("a") == Found('"x"')
    assert opened().find("b") is None


def test_nothing_is_found_in_a_store_that_was_not_opened(path):
    assert Store(path).find("a") is None
    assert not Store(path).is_leased("a")


def test_the_file_is_for_its_owner_only(opened, path):
    opened().put(entry(), LARGE)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("calls.db", "calls.db-wal", "calls.db-shm"), 0o600)


def test_a_folder_is_made(tmp_path):
    store = Store(tmp_path / "new" / "folder" / "calls.db")
    store.put(entry(), LARGE)
    assert store.find("a")
    store.close()


def test_a_later_reply_takes_the_place_of_an_earlier_one(opened, path):
    store = opened()
    for data in ('"x"', '"y"'):
        store.put(entry(data=data), LARGE)
    assert store.find("a") == Found('"y"')
    assert rows(path) == ["a"]


@pytest.mark.parametrize(("later", "found"), [(0, True), (60, True), (61, False), (-1, True), (-3600, False)])
def test_a_reply_is_good_for_a_while(opened, clock, later, found):
    """A clock that went back makes the age unknown: then the reply is asked for again."""
    store = opened()
    store.put(entry(), LARGE)
    clock.now += later
    assert bool(store.find("a", ttl=60)) is found
    assert (store.claim("a", "token", 60) != True) is found  # noqa: E712 (a find is neither True nor False)
    assert store.find("a")


@pytest.mark.parametrize(
    ("column", "value"),
    [("data", '"y"'), ("data", 7), ("data", b"x"), ("digest", "0"), ("key", "b")],
    ids=["other text", "a number", "bytes", "other digest", "other key"],
)
def test_what_was_changed_by_accident_is_not_found(opened, path, column, value):
    store = opened()
    store.put(entry(), LARGE)
    other = sqlite3.connect(path)
    other.execute(f"UPDATE replies SET {column} = ?", (value,))
    other.commit()
    other.close()
    assert store.find("a") is None
    assert store.find("b") is None
    store.put(entry(), LARGE)
    assert store.find("a")


def test_strange_values_beside_a_reply_do_no_harm(opened, path):
    store = opened()
    store.put(entry(), LARGE)
    other = sqlite3.connect(path)
    other.execute("UPDATE replies SET created = 'yesterday', used = 'never', size = 'large', hits = 'many'")
    other.commit()
    other.close()
    assert store.find("a", ttl=60) is None
    assert store.find("a")
    store.put(entry("b"), 10_000)


# --- the bound


def test_what_was_not_used_for_longest_goes_first(opened, clock, path):
    store = opened()
    size = entry("a").size
    for key in "abcd":
        clock.now += 1
        store.put(entry(key), 4 * size)
    clock.now += 1
    assert store.find("a")
    store.put(entry("e"), 4 * size)
    assert set(rows(path)) == {"a", "d", "e"}


def test_the_bound_holds_in_bytes(opened, path):
    store = opened()
    for number in range(100):
        store.put(entry(f"{number}", data=f'"{"x" * number * 10}"'), 20_000)
    assert sum(rows(path, "size")) <= 20_000
    assert rows(path)[-1] == "99"


def test_what_is_larger_than_the_bound_is_not_kept(opened, path):
    store = opened()
    store.put(entry("a"), LARGE)
    store.claim("b", "token")
    store.put(entry("b", data='"' + "x" * 1000 + '"'), 1000, "token")
    assert rows(path) == ["a"]
    assert not store.is_leased("b")


def test_one_that_fills_the_bound_alone_stays(opened, path):
    store = opened()
    store.put(entry("a"), entry().size)
    store.put(entry("b"), entry().size)
    assert rows(path) == ["b"]


def test_uses_are_noted_with_the_next_change_and_at_the_end(opened, path):
    store = opened()
    store.put(entry("a"), LARGE)
    for _ in range(3):
        store.find("a")
    assert rows(path, "hits") == [0]
    store.put(entry("b"), LARGE)
    assert rows(path, "hits") == [3, 0]
    store.find("b")
    store.close()
    assert rows(path, "hits") == [3, 1]


def test_uses_that_are_never_noted_do_not_pile_up(opened, monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.cache.store._MOST_HITS", 3)
    store = opened()
    for key in "abcde":
        store.note_hit(key)
    assert list(store._hits) == ["c", "d", "e"]


def test_a_use_while_uses_are_noted_is_not_lost(opened):
    store = opened()
    store.note_hit("a")
    noted = dict(store._hits)
    store.note_hit("a")
    store._forget_hits({**noted, "gone": (1, 0.0)})
    assert store._hits["a"][0] == 1


def test_clearing_and_removing(opened, path):
    store = opened()
    store.put(entry("a", kind="langchain"), LARGE)
    store.put(entry("b"), LARGE)
    store.put(entry("c"), LARGE)
    store.clear("langchain")
    store.remove(["b", "unknown"])
    assert rows(path) == ["c"]


# --- leases


def test_one_may_ask_at_a_time(opened):
    store, other = opened(), opened()
    assert store.claim("a", "mine") is True
    assert other.is_leased("a")
    assert other.claim("a", "theirs") is False
    other.release("a", "theirs")
    assert other.is_leased("a")
    store.put(entry("a"), LARGE, "mine")
    assert not other.is_leased("a")
    assert other.claim("a", "theirs") == Found('"x"')


def test_a_lease_ends_where_it_is_not_renewed(opened, clock):
    store = opened()
    store.claim("a", "mine")
    clock.now += LEASE - 1
    store.renew(["mine"])
    clock.now += LEASE - 1
    assert store.is_leased("a")
    clock.now += 2
    assert not store.is_leased("a")
    assert store.claim("a", "theirs") is True


def test_leases_that_nobody_has_held_for_long_are_removed(opened, clock, path):
    store = opened()
    store.claim("a", "mine")
    clock.now += 100 * LEASE
    store.renew([])
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM leases").fetchone() == (0,)
    connection.close()


def test_a_clock_that_went_back_makes_no_lease_last(opened, clock):
    store = opened()
    store.claim("a", "mine")
    clock.now -= 3600
    assert not store.is_leased("a")


def test_an_owner_that_was_killed_blocks_nobody(opened):
    store = opened()
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    store.claim("a", "mine")
    store._database.writer.execute("UPDATE leases SET process = ?", (dead.pid,))
    assert not store.is_leased("a")
    store._database.writer.execute("UPDATE leases SET machine = 'another'")
    assert store.is_leased("a")


@pytest.mark.parametrize("expires", ["later", None, float("inf")])
def test_a_lease_that_makes_no_sense_is_none(opened, expires):
    store = opened()
    store.claim("a", "mine")
    store._database.writer.execute("PRAGMA ignore_check_constraints = ON")
    if expires is not None:
        store._database.writer.execute("UPDATE leases SET expires = ?", (expires,))
        assert not store.is_leased("a")


@pytest.mark.parametrize("number", [0, -1, 2**31])
def test_no_process_has_a_strange_number(number):
    assert not leases._is_dead(number)


def test_a_process_that_may_not_be_asked_is_alive(monkeypatch):
    def not_allowed(process, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", not_allowed)
    assert not leases._is_dead(os.getpid())


# --- files that are not as they should be


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
