"""What is counted under rates, in a process and in a file for all of them."""

import os
import random
import sqlite3
import stat
import sys
import warnings

import pytest

from llm_strategy.flow.limits.books import LocalBooks
from llm_strategy.flow.limits.rates import Count, Rates, wait_for
from llm_strategy.flow.limits.shared_books import _WARNED, SharedBooks


@pytest.fixture(params=["local", "shared"])
def books(request, hand, tmp_path):
    if request.param == "local":
        yield LocalBooks(hand)
    else:
        books = SharedBooks(tmp_path / "limits" / "limits.sqlite", hand, hand)
        yield books
        assert books.shared
        books.close()


@pytest.fixture
def shared(hand, tmp_path):
    """Opens the books of one more process."""
    opened = []

    def make(path=None, clock=hand):
        books = SharedBooks(path or tmp_path / "limits.sqlite", clock)
        opened.append(books)
        return books

    yield make
    for books in opened:
        books.close()
    _WARNED.clear()


@pytest.mark.parametrize("rates", [Rates(requests=50), Rates(tokens=4_000)])
def test_no_window_of_a_minute_has_more_than_the_rate_and_nearly_all_of_it_is_used(books, hand, rates):
    dice = random.Random(7)
    sent = []
    while hand.now < 2_500:
        tokens = dice.choice([10, 30, 50, 70])
        wait, place = books.take("a", rates, tokens + 20)
        if wait == 0:
            books.settle("a", rates, place, -20)
            sent.append((hand.now, tokens))
        else:
            hand.now += wait

    for start, _ in sent:
        window = [tokens for time, tokens in sent if start <= time < start + 60.9]
        assert (len(window) if rates.requests else sum(window)) <= (rates.requests or rates.tokens)
    minutes = (hand.now - 1_000) / 60
    used = len(sent) / 50 if rates.requests else sum(tokens for _, tokens in sent) / 4_000
    assert used / minutes >= 0.95


def test_what_was_settled_cannot_fall_below_nothing(books):
    rates = Rates(tokens=100)
    _, place = books.take("a", rates, 100)
    books.settle("a", rates, place, -500)

    assert books.take("a", rates, 100)[0] == 0
    assert books.take("a", rates, 1)[0] > 0


def test_what_is_settled_too_late_is_of_no_matter(books, hand):
    rates = Rates(tokens=100)
    _, place = books.take("a", rates, 100)
    hand.now += 1_000
    books.take("a", rates, 100)
    books.settle("a", rates, place, -100)

    assert books.take("a", rates, 100)[0] > 0


def test_accounts_are_counted_apart(books):
    rates = Rates(requests=1)
    assert books.take("a", rates, 0)[0] == 0
    assert books.take("b", rates, 0)[0] == 0
    assert books.take("a", rates, 0)[0] > 0


def test_the_longest_pause_counts(books, hand):
    assert books.paused("a") == 0
    books.pause("a", 30)
    books.pause("a", 10)
    assert books.paused("a") == 30
    hand.now += 12.5
    assert books.paused("a") == 17.5
    hand.now += 20
    assert books.paused("a") == 0
    assert books.paused("b") == 0


def test_a_count_that_makes_no_sense_lets_wait_a_minute():
    assert wait_for(Rates(requests=1), [Count(0, 1), Count(1, -5), Count(2, 9)], 0, 0) == 62.5
    assert wait_for(Rates(requests=0), [], 0, 0) == 60


def test_processes_count_together(shared):
    one, other = shared(), shared()
    rates = Rates(requests=2)

    assert one.take("a", rates, 0)[0] == 0
    assert other.take("a", rates, 0)[0] == 0
    assert one.take("a", rates, 0)[0] > 0
    assert other.take("a", rates, 0)[0] > 0


def test_processes_keep_to_the_pauses_of_others(shared):
    one, other = shared(), shared()
    one.pause("a", 30)

    assert other.paused("a") == 30


def test_the_file_is_for_its_owner_and_names_no_account(shared, tmp_path):
    books = shared()
    books.take("https://provider/secret", Rates(requests=2), 0)
    books.pause("https://provider/secret", 5)
    path = tmp_path / "limits.sqlite"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    books.close()
    assert b"provider" not in path.read_bytes()


def test_books_that_were_closed_are_opened_again(shared):
    books, rates = shared(), Rates(requests=1)
    books.take("a", rates, 0)
    books.close()

    assert books.take("a", rates, 0)[0] > 0


def test_a_clock_that_is_put_back_makes_nobody_wait_longer_than_a_minute(shared, hand):
    books, rates = shared(), Rates(requests=2)
    books.take("a", rates, 0)
    hand.now += 30
    books.take("a", rates, 0)
    hand.now -= 3_600

    wait, _ = books.take("a", rates, 0)
    assert 60 <= wait <= 61.5
    hand.now += wait
    assert books.take("a", rates, 0)[0] == 0


def test_a_clock_that_is_put_back_makes_no_pause_longer(shared, hand):
    one, other = shared(), shared()
    one.pause("a", 30)
    hand.now -= 3_600

    assert other.paused("a") == 30


def test_a_file_that_is_held_is_asked_again(shared, tmp_path):
    books, rates = shared(), Rates(requests=5)
    books.take("a", rates, 0)
    holder = sqlite3.connect(tmp_path / "limits.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    assert books.take("a", rates, 0) == (0.02, 0)
    holder.execute("ROLLBACK")
    holder.close()
    assert books.take("a", rates, 0)[0] == 0


def test_a_file_that_is_never_let_go_is_given_up(shared, tmp_path):
    books, rates = shared(), Rates(requests=1)
    books.take("a", rates, 0)
    books._busy = 500
    holder = sqlite3.connect(tmp_path / "limits.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.warns(RuntimeWarning, match="database is locked"):
        books.take("a", rates, 0)
    holder.close()
    assert not books.shared


def damaged(path):
    path.write_bytes(b"no database" * 1_000)


def folder(path):
    path.mkdir()


def other_tables(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sent (other TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("harm", [damaged, folder, other_tables])
def test_a_file_that_cannot_be_used_is_warned_of_once_and_the_process_counts_by_itself(shared, tmp_path, harm):
    harm(tmp_path / "limits.sqlite")
    one, other = shared(), shared()
    rates = Rates(requests=1)

    def use():
        assert one.take("a", rates, 0)[0] == 0
        assert one.take("a", rates, 0)[0] > 0
        one.pause("a", 30)
        assert 29 < one.paused("a") <= 30
        one.settle("a", rates, 0, 5)
        assert other.take("a", rates, 0)[0] == 0

    with pytest.warns(RuntimeWarning, match=r"limits\.sqlite' of limited\(shared=\.\.\.\) cannot be used") as caught:
        use()
    assert len(caught) == 1
    assert not one.shared


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_file_that_cannot_be_written_is_given_up(shared, tmp_path):
    (tmp_path / "limits.sqlite").touch(mode=0o400)
    with pytest.warns(RuntimeWarning):
        shared().take("a", Rates(requests=1), 0)


def test_a_forked_process_opens_the_file_anew(shared, monkeypatch):
    books, rates = shared(), Rates(requests=1)
    books.take("a", rates, 0)
    first = books._connection
    monkeypatch.setattr(os, "getpid", lambda: -1)

    with warnings.catch_warnings():
        assert books.take("a", rates, 0)[0] > 0
    assert books._connection is not first
    books.close()
    first.close()


def test_pauses_can_be_forgotten(books):
    books.pause("a", 36_000)
    books.pause("b", 10)
    books.forget_pauses()
    assert (books.paused("a"), books.paused("b")) == (0, 0)


def test_pauses_are_forgotten_for_all_processes(shared):
    one, other = shared(), shared()
    one.pause("a", 36_000)
    assert other.paused("a") > 0
    one.forget_pauses()
    assert other.paused("a") == 0
