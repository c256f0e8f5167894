"""Leases: who asks, and for how long."""

import os
import sqlite3
import subprocess
import sys

import pytest

from llm_strategy.flow.cache import leases
from llm_strategy.flow.cache.entry import Entry, Found
from llm_strategy.flow.cache.leases import LEASE

LARGE = 2**30


def entry(key="a", data='"x"', **fields):
    return Entry(key=key, data=data, **fields)


def rows(path, what="key"):
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute(f"SELECT {what} FROM replies ORDER BY id")]
    connection.close()
    return found


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
