"""The store: what is found, what goes, and what becomes of files that are not as they should be."""

import sqlite3
import stat

import pytest

from llm_strategy.flow.cache.entry import Entry, Found
from llm_strategy.flow.cache.store import Store

LARGE = 2**30


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
