"""What a cache holds, counted."""

import pytest

from llm_strategy import caching
from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import run
from llm_strategy.flow.cache.contents import cache_stats, clear_cache
from llm_strategy.tracing.prices import register_price


def asked(request):
    return (yield request)


@pytest.fixture
def filled(models, path):
    register_price("priced", input=1_000_000, output=0)
    priced, free = models(name="priced"), models(name="unpriced")
    with caching(path):
        for _ in range(3):
            run(asked(priced.request("a", asker="f")))
        run(asked(free.request("b", asker="g")))
        run(asked(free.request("c", asker="f")))
        run(asked(free.request("c", asker="f")))
    return path


def test_what_is_kept_and_what_it_saved(filled):
    found = cache_stats(filled)
    assert (found.whole.entries, found.whole.hits, found.whole.tokens, found.whole.unpriced) == (3, 3, 36, 1)
    assert found.whole.cost == pytest.approx(20)
    assert found.whole.oldest <= found.whole.newest
    assert [(one.name, one.entries, one.hits) for one in found.models] == [("priced", 1, 2), ("unpriced", 2, 1)]
    assert [(one.name, one.entries) for one in found.functions] == [("f", 2), ("g", 1)]
    assert found.whole.bytes == sum(one.bytes for one in found.models)


def test_there_may_be_none(path):
    assert cache_stats(path) is None
    assert clear_cache(path) is None
    assert not path.exists()


def test_clearing_by_model_and_time(filled):
    assert clear_cache(filled, before=1.0) == 0
    assert clear_cache(filled, model="priced") == 1
    assert clear_cache(filled) == 2
    assert cache_stats(filled).whole.entries == 0
    assert cache_stats(filled).whole.oldest is None


def test_clearing_gives_the_space_back(models, path):
    with caching(path):
        run(asked(models("x" * 3_000_000).request()))
    assert path.stat().st_size > 2_000_000
    clear_cache(path)
    assert path.stat().st_size < 200_000


def test_a_file_of_something_else_is_told(path):
    path.write_text("These are my notes." * 500)
    for look in (cache_stats, clear_cache):
        with pytest.raises(ConfigurationError, match=r"calls.db.*cannot be"):
            look(path)
    assert path.read_text().startswith("These")


def test_what_cannot_be_written_to_cannot_be_cleared(filled, monkeypatch):
    from llm_strategy.flow.cache import database

    def not_allowed(path, patience):
        raise PermissionError(13, "not allowed")

    monkeypatch.setattr(database, "_writer", not_allowed)
    assert cache_stats(filled).whole.entries == 3
    with pytest.raises(ConfigurationError, match="cannot be changed"):
        clear_cache(filled)
