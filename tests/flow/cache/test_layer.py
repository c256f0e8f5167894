"""The cache between requests and models, in both drivers."""

import pytest

from llm_strategy import caching, trace
from llm_strategy.errors import ConfigurationError, TransportError
from llm_strategy.flow import layered, run
from llm_strategy.flow.cache.layer import CacheLayer
from llm_strategy.flow.cache.options import CacheOptions
from llm_strategy.flow.cache.shared import borrowed
from llm_strategy.flow.fingerprint import fingerprint
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.tracing import semconv


def asked(request):
    return (yield request)


def test_the_same_question_is_asked_once(drive, asking, model, path):
    with caching(path):
        first = drive(asking(model.request()))
        second = drive(asking(model.request()))
    assert (first.cached, first.usage) == (False, Usage(10, 2))
    assert (second.cached, second.usage, second.message) == (True, Usage(), first.message)
    assert model.asked == ["capital?"]


def test_what_is_kept_is_there_for_the_next_program(drive, asking, models, path):
    with caching(path):
        drive(asking(models().request()))
    other = models("another answer")
    with caching(path):
        assert drive(asking(other.request())).message.content == "Paris"
    assert not other.asked


@pytest.mark.parametrize("changed", [{"sample": 1}, {"messages": (Message.user("other"),)}], ids=["sample", "messages"])
def test_another_request_is_another_question(drive, asking, model, path, changed):
    from dataclasses import replace

    with caching(path):
        drive(asking(model.request()))
        assert not drive(asking(replace(model.request(), **changed))).cached
    assert len(model.asked) == 2


def test_a_function_may_stay_out_of_the_cache(drive, asking, model, path):
    with caching(path):
        for _ in range(2):
            assert not drive(asking(model.request(cached=False))).cached
    assert len(model.asked) == 2


def test_a_cache_may_be_for_those_functions_only_that_ask_for_it(drive, asking, model, path):
    with caching(path, every=False):
        for _ in range(2):
            drive(asking(model.request()))
        for _ in range(2):
            drive(asking(model.request(cached=True)))
    assert len(model.asked) == 3


def test_without_reading_all_is_asked_again_and_kept_anew(drive, asking, models, path):
    with caching(path):
        drive(asking(models("old").request()))
    with caching(path, read=False):
        drive(asking(models("new").request()))
    with caching(path):
        assert drive(asking(models().request())).message.content == "new"


def test_without_writing_nothing_is_kept(drive, asking, model, path):
    with caching(path, write=False):
        for _ in range(2):
            drive(asking(model.request()))
    with caching(path, read=False, write=False):
        drive(asking(model.request()))
    assert len(model.asked) == 3


def test_the_innermost_cache_counts(drive, asking, model, tmp_path):
    with caching(tmp_path / "outer.db"), caching(tmp_path / "inner.db"):
        drive(asking(model.request()))
    with caching(tmp_path / "outer.db"):
        assert not drive(asking(model.request())).cached


@pytest.mark.parametrize(
    "limits", [{"ttl": -1}, {"max_bytes": -1}, {"ttl": "1h"}, {"max_bytes": None}, {"ttl": float("nan")}]
)
def test_a_limit_that_is_none_is_told_at_once(path, limits):
    with pytest.raises(ConfigurationError, match=next(iter(limits))), caching(path, **limits):
        pass


@pytest.mark.parametrize(
    "reply",
    [
        Reply(Message.assistant("Par"), "length"),
        Reply(Message.assistant(""), "stop"),
        Reply(Message.assistant(""), refusal="No."),
    ],
    ids=["cut off", "empty", "refused"],
)
def test_what_is_no_whole_reply_is_asked_for_again(drive, asking, models, path, reply):
    model = models(reply)
    with caching(path):
        for _ in range(2):
            assert drive(asking(model.request())) == reply
    assert len(model.asked) == 2


def test_an_error_is_not_kept(drive, asking, models, path):
    model = models(TransportError("down"))
    with caching(path):
        for _ in range(2):
            with pytest.raises(TransportError, match="down"):
                drive(asking(model.request()))
    assert len(model.asked) == 2


def test_a_model_that_does_not_say_what_it_is_in_json_is_not_cached(drive, asking, models, path, warned):
    class Strange(models):
        identity = {"client": object()}

    model = Strange(name=f"strange {drive!r}")
    with caching(path):
        for _ in range(2):
            drive(asking(model.request()))
    assert len(model.asked) == 2
    (warning,) = warned()
    assert "no JSON" in warning


def spoil(path, key, data):
    from llm_strategy.flow.cache.entry import Entry

    with borrowed(path) as cache:
        cache.store.put(Entry(key=key, data=data), 2**20)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"message": 3}',
        '{"message": {"role": "pope"}}',
        '{"__class__": "os.system"}',
        "[" * 10_000,
        '{"message": {"role": "assistant"}, "usage": {"input_tokens": -1}}',
    ],
    ids=range(9),
)
def test_what_is_no_reply_is_a_miss_and_makes_place(drive, asking, model, path, data):
    request = model.request()
    with caching(path):
        spoil(path, fingerprint(request), data)
        assert drive(asking(request)).message.content == "Paris"
        assert drive(asking(request)).cached
    assert len(model.asked) == 1


def leaves(t):
    return [one for one in t.spans if one.kind == "chat"]


def test_a_known_reply_leaves_a_span_without_usage_and_cost(drive, asking, model, path):
    with caching(path):
        drive(asking(model.request()))
        with trace() as t:
            drive(asking(model.request()))
    (leaf,) = leaves(t)
    assert leaf.attributes[semconv.CACHE_HIT] is True
    assert semconv.INPUT_TOKENS not in leaf.attributes
    assert semconv.COST not in leaf.attributes
    assert (t.totals.cache_hits, t.totals.input_tokens, t.totals.unmeasured, t.totals.unpriced) == (1, 0, 0, 0)
    assert leaf.data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Paris"


def test_what_is_asked_leaves_the_span_of_the_model_only(drive, asking, model, path):
    with caching(path), trace() as t:
        drive(asking(model.request()))
    (leaf,) = leaves(t)
    assert semconv.CACHE_HIT not in leaf.attributes
    assert t.totals.input_tokens == 10


def test_a_layer_below_never_sees_what_is_known(drive, asking, model, path):
    seen = []

    def below(request, where, onward):
        seen.append(request)
        return onward(request)

    below.rank = 40
    with caching(path), layered(below):
        for _ in range(3):
            drive(asking(model.request()))
    assert len(seen) == 1


def test_other_requests_pass(drive, asking, path):
    class Tell:
        def perform(self):
            return 3

        async def aperform(self):
            return 3

    with caching(path):
        assert drive(asking(Tell())) == 3


def test_a_layer_works_without_its_scope(model, path):
    """As one that was carried out of it does: the file is opened for each request."""
    with layered(CacheLayer(CacheOptions(path))):
        assert [run(asked(model.request())).cached for _ in range(2)] == [False, True]
