"""How spans end, what they may hold, and what never reaches them."""

import asyncio
import json
import math
from collections.abc import Iterator
from enum import IntEnum, StrEnum

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from llm_strategy import llm_function
from llm_strategy.errors import AttemptsExhaustedError, TransportError, UnsupportedError
from llm_strategy.flow import Profile
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.messages import Message, Reply
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import record_file, record_score, semconv, span, trace
from llm_strategy.tracing.recording import current_span

KEY = "k3y-0f-mine/with+signs"
"""Of no known form: it is only removed since the model, or the environment, holds it."""


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
def number(model, text: str) -> int:
    """The number in the text."""


@llm_function
def cities(model, country: str) -> Iterator[str]:
    """Cities of the country."""


@llm_function
async def acapital(model, country: str) -> str:
    """The capital of the country."""


class Secretive(ScriptedModel):
    api_key: SecretStr = SecretStr(KEY)


def only(t, kind):
    return [one for one in t.spans if one.kind == kind]


def status(t, kind):
    return [(one.status, one.message) for one in only(t, kind)]


def test_what_goes_well_is_ok():
    with trace() as t:
        capital(ScriptedModel(['{"return_value": "Paris"}']), "France")

    assert {(one.status, one.message) for one in t.spans} == {("ok", "")}
    assert all(one.end is not None and one.end >= one.start for one in t.spans)


def test_a_failed_attempt_is_an_error_and_what_is_around_it_is_not():
    with trace() as t:
        number(ScriptedModel(["no number", '{"return_value": 3}']), "three")

    (first, second), (prompt,) = only(t, "attempt"), only(t, "prompt")
    assert (first.status, second.status, prompt.status) == ("error", "ok", "ok")
    assert first.attributes[semconv.ERROR_TYPE] == "NoValueError"
    assert first.events[0].name == semconv.EXCEPTION
    assert semconv.EXCEPTION_STACK not in first.events[0].attributes
    assert [one.attributes[semconv.ATTEMPT] for one in (first, second)] == [1, 2]
    assert [one.status for one in only(t, "chat")] == ["ok", "ok"]
    assert (t.totals.retries, t.totals.errors) == (1, 1)


def test_a_call_without_a_value_is_an_error_up_to_the_session():
    with pytest.raises(AttemptsExhaustedError), trace() as t:
        number(ScriptedModel(["no"] * 3), "three")

    assert [one.status for one in t.spans if one.kind in {"session", "function", "prompt"}] == ["error"] * 3
    (function,) = only(t, "function")
    assert function.message.startswith("AttemptsExhaustedError: ")
    assert "Traceback" in function.events[0].text(semconv.EXCEPTION_STACK)


def test_a_model_that_gives_no_reply_is_an_error_of_its_leaf():
    with trace() as t, pytest.raises(TransportError):
        capital(ScriptedModel([OSError("line is dead")]), "France")

    (leaf,) = only(t, "chat")
    assert leaf.attributes[semconv.ERROR_TYPE] == "TransportError"
    assert "line is dead" in leaf.message


def test_a_step_down_to_the_next_method_is_seen():
    class Choosy:
        name = "choosy"
        profile = Profile(("json_schema", "prompt"))

        def reply(self, request):
            if request.output.method == "json_schema":
                raise UnsupportedError("no schemas here")
            return Reply(Message.assistant('{"return_value": "Paris"}'), "stop")

        areply = stream = astream = reply

    with trace() as t:
        assert capital(Choosy(), "France") == "Paris"

    told = [(one.attributes[semconv.METHOD], one.status) for one in only(t, "attempt")]
    assert told == [("json_schema", "error"), ("prompt", "ok")]
    assert [one.attributes[semconv.ATTEMPT] for one in only(t, "attempt")] == [1, 1]
    assert only(t, "prompt")[0].status == "ok"
    assert t.totals.retries == 0


def test_a_cancelled_task_is_told_as_such():
    class Waiting:
        name, profile = "waiting", Profile()

        async def areply(self, request):
            await asyncio.sleep(60)

        reply = stream = astream = areply

    async def go():
        task = asyncio.create_task(acapital(Waiting(), "France"))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with trace() as t:
        asyncio.run(go())

    for kind in ("function", "prompt", "attempt", "chat"):
        assert status(t, kind) == [("unset", "cancelled")]
        assert only(t, kind)[0].attributes[semconv.CANCELLED] is True
    assert status(t, "session") == [("ok", "")]
    assert t.totals.errors == 0


def test_a_closed_iterator_is_told_with_what_its_caller_has_of_it():
    with trace() as t:
        items = cities(ScriptedModel(['{"return_value": ["Paris", "Lyon", "Lille"]}'], chunk_characters=4), "France")
        next(items)
        items.close()

    assert status(t, "function") == [("unset", "closed before its end")]
    assert only(t, "function")[0].data(semconv.RESULT) == ["Paris"]


def test_an_iterator_closed_before_its_first_item_has_asked_nobody():
    with trace() as t:
        cities(ScriptedModel([]), "France").close()

    assert [one.kind for one in t.spans] == ["session"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyboardInterrupt(), ("unset", "interrupted by Ctrl-C")),
        (GeneratorExit(), ("unset", "closed before its end")),
        (asyncio.CancelledError(), ("unset", "cancelled")),
        (type("Halt", (BaseException,), {})(), ("unset", "stopped by Halt")),
        (SystemExit(), ("ok", "")),
        (SystemExit(0), ("ok", "")),
        (SystemExit(3), ("error", "SystemExit: 3")),
    ],
)
def test_what_is_no_exception_reads_well(error, told):
    with pytest.raises(type(error)), trace() as t, span("work"):
        raise error

    assert status(t, "session") == status(t, "step") == [told]


def test_ctrl_c_in_a_model_ends_every_span():
    with pytest.raises(KeyboardInterrupt), trace() as t:
        capital(ScriptedModel([KeyboardInterrupt()]), "France")

    assert {(one.status, one.message) for one in t.spans} == {("unset", "interrupted by Ctrl-C")}


def test_an_error_that_cannot_be_shown_is_an_error_all_the_same():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    with trace() as t, pytest.raises(Mute), span("work"):
        raise Mute

    assert status(t, "step") == [("error", "Mute: (its message raises RuntimeError)")]


def test_a_span_ends_once():
    with trace() as t, span("work") as work:
        work.end("error", "given up")

    assert status(t, "step") == [("error", "given up")]


def test_values_of_every_kind_stand_in_a_span():
    class Colour(StrEnum):
        RED = "red"

    class Level(IntEnum):
        HIGH = 3

    values = {
        "text": Colour.RED,
        "level": Level.HIGH,
        "truth": True,
        "share": 0.5,
        "infinite": math.inf,
        "huge": 10**30,
        "texts": ["a", "b"],
        "mixed": ["a", 1],
        "nothing": None,
        "data": {"a": {1}},
        "hidden": SecretStr(KEY),
        "object": object,
        "none": (),
    }
    with trace() as t, span("work", values):
        pass

    told = only(t, "step")[0].attributes
    assert told["text"] == "red"
    assert type(told["text"]) is str
    assert (told["level"], told["truth"], told["share"], told["infinite"]) == (3, True, 0.5, math.inf)
    assert json.loads(told["huge"]) == 10**30
    assert (told["texts"], told["mixed"], told["none"]) == (("a", "b"), '["a",1]', ())
    assert told["data"] == '{"a":[1]}'
    assert "nothing" not in told
    assert KEY not in str(told)


def test_long_texts_are_cut_and_that_is_told():
    with trace(max_characters=100) as t, span("work", {"text": "x" * 1000}) as work:
        work.set("more", "y" * 1000)

    told = only(t, "step")[0].attributes
    assert len(told["text"]) <= 100
    assert "characters dropped" in told["text"]
    assert told[semconv.DROPPED] > 1800


MARK = "m4rk-of-content"


@pytest.mark.parametrize("way", ["value", "error"])
def test_without_content_nothing_of_it_is_anywhere(way):
    hparams = Hyperparameters()
    hparams[capital].instruction = f"Say {MARK}"
    hparams[capital].temperature = 0.25
    replies = [f'{{"return_value": "{MARK}"}}'] if way == "value" else [ValueError(MARK)]
    with hparams, trace(content=False) as t:
        try:
            capital(ScriptedModel(replies), MARK)
        except TransportError as error:
            assert MARK in str(error)  # noqa: PT017 (the mark is there to be left out)
        with pytest.raises(ValueError, match=MARK), span("work"):
            raise ValueError(MARK)

    assert MARK not in repr(t.spans)
    assert "Traceback" not in repr(t.spans)
    assert only(t, "function")[0].data(semconv.HYPERPARAMETERS)[f"{__name__}.capital"]["temperature"] == 0.25
    assert only(t, "step")[0].attributes[semconv.ERROR_TYPE] == "ValueError"
    assert only(t, "step")[0].message == "ValueError"


def test_the_hook_changes_every_text():
    with trace(redact=lambda text: text.replace("Ann", "someone")) as t:
        capital(ScriptedModel(['{"return_value": "Ann lives there"}']), "Ann")
        with pytest.raises(ValueError), span("of Ann", {"who": "Ann"}):
            raise ValueError("Ann")

    assert "Ann" not in repr(t.spans)
    assert "someone" in repr(t.spans)


@pytest.mark.parametrize(
    ("hook", "told"), [(lambda text: None, "TypeError"), (lambda text: 1 / 0, "ZeroDivisionError")]
)
def test_a_hook_that_fails_leaves_the_text_out(hook, told):
    with trace(redact=hook) as t:
        assert capital(ScriptedModel(['{"return_value": "Ann"}']), "Ann") == "Ann"

    assert "Ann" not in repr(t.spans)
    assert f"[redaction failed: {told}]" in repr(t.spans)


def everywhere(model, key):
    """Put a key wherever a call, and those around it, may show it."""
    hparams = Hyperparameters()
    hparams[capital].instruction = f"Say {key}"
    with hparams, span(f"step {key}", {"first": key, key: 1, "list": [key], "data": {"deep": [key]}}):
        capital(model, f"of {key}")
        record_file(f"/tmp/{key}", "read")
        record_score(1.0, name=key)
        with pytest.raises(ValueError), span(f"again {key}"):
            raise ValueError(json.dumps({"key": key}))
        with pytest.raises(TransportError):
            capital(type(model)([OSError(f"Authorization: {key}")]), key)


@pytest.mark.parametrize("known_by", ["model", "environment", "name"])
def test_a_secret_never_reaches_memory_file_or_exporter(known_by, monkeypatch, tmp_path):
    exporter = InMemorySpanExporter()
    if known_by == "environment":
        monkeypatch.setenv("OUR_API_KEY", KEY)
    kind = Secretive if known_by == "model" else ScriptedModel
    options = {"secrets": KEY} if known_by == "name" else {}
    with (
        trace("outer", directory=tmp_path) as outer,
        trace(processors=[SimpleSpanProcessor(exporter)], **options) as inner,
    ):
        everywhere(kind([json.dumps({"return_value": f"I know {KEY}"})]), KEY)

    shown = [outer.path.read_text(), repr(outer.spans), repr(inner.spans)]
    shown += [one.to_json() + repr(dict(one.attributes)) for one in exporter.get_finished_spans()]
    assert len(shown) > 8
    for text in shown:
        assert KEY not in text
        assert KEY.replace("/", "\\/") not in text
    assert "***" in repr(inner.spans)


def test_what_one_trace_has_learned_the_one_around_knows_as_well():
    with trace("outer") as outer:
        with trace("inner"):
            capital(Secretive(['{"return_value": "Paris"}']), "France")
        with span("after", {"key": KEY}):
            pass

    assert KEY not in repr(outer.spans)


def test_hyperparameters_stand_on_sessions_and_functions_and_their_hash_everywhere():
    hparams = Hyperparameters()
    hparams[capital].temperature = 0.25
    with hparams, trace() as t:
        capital(ScriptedModel(['{"return_value": "Paris"}']), "France")

    hashes = {one.attributes[semconv.HYPERPARAMETERS_HASH] for one in t.spans}
    assert len(hashes) == 1
    assert {one.kind for one in t.spans if semconv.HYPERPARAMETERS in one.attributes} == {"session", "function"}
    operative = t.recorded().hyperparameters[f"{__name__}.capital"]
    assert operative["temperature"] == 0.25


def test_scopes_of_the_caller_do_not_leak_into_an_iterator_that_is_held_open():
    later = Hyperparameters()
    later[cities].temperature = 0.75
    with trace() as t:
        items = cities(ScriptedModel(['{"return_value": ["Paris", "Lyon"]}'], chunk_characters=4), "France")
        next(items)
        with later:
            list(items)

    assert all(semconv.HYPERPARAMETERS_HASH not in one.attributes for one in t.spans)


def test_an_open_span_knows_where_it_is():
    with trace(), span("outer") as outer, span("inner") as inner:
        assert current_span() is inner
        assert inner.is_inside(outer)
        assert inner.is_inside(inner)
        assert not outer.is_inside(inner)
