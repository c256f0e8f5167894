"""What `limited` opens."""

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import layers_in_force
from llm_strategy.flow.limits import LimitsLayer, limited
from llm_strategy.flow.limits.shared_books import SharedBooks


def in_force():
    (layer,) = (layer for layer in layers_in_force() if isinstance(layer, LimitsLayer))
    return layer


def test_limits_of_a_process_are_counted_in_it():
    with limited(requests_per_minute=5, tokens_per_minute=100, concurrency=3, shared=False):
        layer = in_force()
    assert (layer.rates.requests, layer.rates.tokens, layer.concurrency, layer.books) == (5, 100, 3, None)


def test_limits_of_all_processes_are_counted_in_a_file_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / name)
    with limited(requests_per_minute=5):
        books = in_force().books
    assert isinstance(books, SharedBooks)
    assert books.path == tmp_path / "llm-strategy" / "limits.sqlite"


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_file_may_be_named(tmp_path, kind):
    with limited(requests_per_minute=5, shared=kind(tmp_path / "ours.sqlite")):
        assert in_force().books.path == tmp_path / "ours.sqlite"


def test_what_a_scope_does_not_limit_stays_as_it_is_around_it(tmp_path):
    with limited(requests_per_minute=5, concurrency=7, shared=tmp_path / "ours.sqlite"):
        around = in_force()
        with limited(concurrency=2):
            inner = in_force()
        with limited(tokens_per_minute=100, shared=False):
            other = in_force()

    assert (inner.rates, inner.concurrency, inner.books) == (around.rates, 2, around.books)
    assert (other.rates.requests, other.rates.tokens, other.concurrency, other.books) == (5, 100, 7, None)


def test_without_a_scope_the_standing_limits_are_in_force():
    layer = in_force()
    assert layer.rates.requests is None
    assert layer.concurrency is None


@pytest.mark.parametrize("limits", [{}, {"concurrency": 0}, {"requests_per_minute": 1.5}, {"tokens_per_minute": True}])
def test_limits_that_make_no_sense_are_refused(limits):
    with pytest.raises(ConfigurationError, match=r"limited\("), limited(**limits):
        pass


def test_requests_of_models_that_stand_alone_are_counted_in_their_process(bench, served, tmp_path, hand):
    with limited(requests_per_minute=1, shared=tmp_path / "ours.sqlite"):
        limits = bench(in_force().rates, books=in_force().books, model=served(account=""))
        first, second = limits.ask(), limits.ask()

        assert first.sent
        assert second.waits > 50
    assert not (tmp_path / "ours.sqlite").exists()


def test_requests_that_all_processes_count_wait_no_longer_than_a_second_at_once(bench, tmp_path, said):
    with limited(requests_per_minute=1, shared=tmp_path / "ours.sqlite"):
        limits = bench(in_force().rates, books=in_force().books)
        first, second = limits.ask(), limits.ask()

        assert first.sent
        assert second.waits == 1.0
        first.go(said())
        second.close()
