"""Spans on the OpenTelemetry SDK: a private provider, and the user's own."""

import asyncio
import random
import subprocess
import sys

import pytest
from opentelemetry import context as ambient
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import carried
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import record_score, semconv, span, trace

KINDS = ["session", "function", "prompt", "attempt", "chat"]


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
async def acapital(model, country: str) -> str:
    """The capital of the country."""


def model():
    return ScriptedModel(lambda _: '{"return_value": "Paris"}')


class Memory(InMemorySpanExporter):
    """What was exported, by name."""

    def __init__(self):
        super().__init__()
        self.closed = 0

    def shutdown(self):
        self.closed += 1  # what it holds is still looked at

    @property
    def spans(self):
        return {one.name: one for one in self.get_finished_spans()}

    def parent(self, name):
        spans = self.spans
        ids = {one.context.span_id: one.name for one in spans.values()}
        return ids.get(spans[name].parent.span_id) if spans[name].parent else None


@pytest.fixture
def exported():
    return Memory()


@pytest.fixture
def provider(exported):
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(exported))
    return made


def test_processors_get_the_spans_with_all_that_is_in_them(exported):
    with trace("session", processors=[SimpleSpanProcessor(exported)]) as t:
        capital(model(), "France")
        record_score(0.5)

    spans = exported.spans
    assert sorted(one.attributes[semconv.KIND] for one in spans.values()) == sorted(KINDS)
    assert spans["capital"].attributes[semconv.ARGUMENTS] == '{"country":"France"}'
    assert exported.parent("capital") == "session"
    assert spans["chat ScriptedModel"].kind is otel.SpanKind.CLIENT
    assert spans["session"].events[0].name == semconv.EVALUATION
    assert spans["capital"].status.status_code is otel.StatusCode.OK
    assert {f"{one.context.span_id:016x}" for one in spans.values()} == {one.span for one in t.spans}
    assert exported.closed == 1


def test_times_are_those_of_the_record(exported):
    with trace("session", processors=[SimpleSpanProcessor(exported)]) as t:
        pass

    (one,) = t.spans
    assert (exported.spans["session"].start_time, exported.spans["session"].end_time) == (one.start, one.end)


def test_an_error_is_an_error_there_too(exported):
    with pytest.raises(ValueError), trace("session", processors=[SimpleSpanProcessor(exported)]):
        raise ValueError("no luck")

    status = exported.spans["session"].status
    assert (status.status_code, status.description) == (otel.StatusCode.ERROR, "ValueError: no luck")


def test_the_private_provider_is_nobody_elses_business(exported, provider):
    before = otel.get_tracer_provider()

    with provider.get_tracer("mine").start_as_current_span("foreign") as foreign, trace("session") as t:
        assert otel.get_current_span() is foreign
        capital(model(), "France")

    assert otel.get_tracer_provider() is before
    assert list(exported.spans) == ["foreign"]
    assert t.spans[0].parent is None
    assert t.spans[0].trace != f"{foreign.get_span_context().trace_id:032x}"


def test_with_the_users_provider_our_spans_and_theirs_are_one_tree(exported, provider):
    mine = provider.get_tracer("mine")

    with mine.start_as_current_span("above"), trace("session", provider=provider) as t:
        with mine.start_as_current_span("between"):
            capital(ScriptedModel(lambda _: reply(mine)), "France")
        with span("step"), mine.start_as_current_span("below"):
            pass

    assert exported.parent("session") == "above"
    assert exported.parent("between") == "session"
    assert exported.parent("capital") == "between"
    assert exported.parent("inside the model") == "chat ScriptedModel"
    assert exported.parent("below") == "step"
    assert [one.kind for one in t.spans] == [*KINDS, "step"]
    assert t.recorded().id == f"{exported.spans['above'].context.trace_id:032x}"
    assert exported.closed == 0


def reply(tracer):
    with tracer.start_as_current_span("inside the model"):
        return '{"return_value": "Paris"}'


def test_the_tree_is_one_across_await_and_threads(exported, provider):
    mine = provider.get_tracer("mine")

    async def go():
        with mine.start_as_current_span("task"):
            await asyncio.gather(acapital(model(), "France"))
            await asyncio.to_thread(step, "threaded")
            await asyncio.get_running_loop().run_in_executor(None, carried(lambda: step("carried")))

    def step(name):
        with span(name), mine.start_as_current_span(f"in {name}"):
            pass

    with trace("session", provider=provider):
        asyncio.run(go())

    assert exported.parent("task") == "session"
    assert exported.parent("acapital") == "task"
    for name in ("threaded", "carried"):
        assert exported.parent(name) == "task"
        assert exported.parent(f"in {name}") == name


def test_a_stream_with_the_users_provider_leaves_the_callers_context_alone(exported, provider):
    with trace("session", provider=provider):
        parts = capital.stream(model(), "France")
        next(parts)
        with provider.get_tracer("mine").start_as_current_span("mine"):
            pass
        list(parts)

    assert exported.parent("mine") == "session"
    assert exported.parent("chat ScriptedModel") == "attempt 1"


def test_a_parent_that_is_not_the_open_one_is_named(exported, provider):
    from langchain_core.tools import tool

    @tool
    def look_up(country: str) -> str:
        """Look up."""
        with span("inside"):
            return country

    with trace("session", provider=provider):
        look_up.invoke({"country": "France"})

    assert exported.parent("inside") == "execute_tool look_up"


def test_a_sampler_that_drops_everything_does_not_touch_the_record():
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)

    with trace("session", provider=provider) as t:
        capital(model(), "France")

    assert [one.kind for one in t.spans] == KINDS
    assert len({one.span for one in t.spans}) == 5


@pytest.mark.parametrize("around", [True, False])
def test_a_provider_that_is_none_at_all_does_not_touch_the_record(around, provider):
    token = ambient.attach(otel.set_span_in_context(provider.get_tracer("x").start_span("x"))) if around else None
    try:
        with trace("session", provider=otel.NoOpTracerProvider()) as t:
            capital(model(), "France")
    finally:
        if token is not None:
            ambient.detach(token)

    assert [one.kind for one in t.spans] == KINDS
    assert len({one.span for one in t.spans}) == 5
    assert len({one.trace for one in t.spans}) == 1


def test_where_the_sdk_is_switched_off_the_record_stays_whole(monkeypatch, exported):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    with trace("session", processors=[SimpleSpanProcessor(exported)]) as t:
        capital(model(), "France")

    assert [one.kind for one in t.spans] == KINDS
    assert len({one.span for one in t.spans}) == 5
    assert len(t.tree().children) == 1
    assert not exported.spans


def test_limits_of_the_environment_do_not_cut_anything(monkeypatch, exported):
    for name in ("SPAN_ATTRIBUTE_COUNT", "SPAN_EVENT_COUNT", "EVENT_ATTRIBUTE_COUNT", "ATTRIBUTE_COUNT"):
        monkeypatch.setenv(f"OTEL_{name}_LIMIT", "1")
    for name in ("ATTRIBUTE_VALUE_LENGTH", "SPAN_ATTRIBUTE_VALUE_LENGTH"):
        monkeypatch.setenv(f"OTEL_{name}_LIMIT", "3")

    with trace("session", processors=[SimpleSpanProcessor(exported)]) as t, span("s", {"a": "long text", "b": "other"}):
        record_score(1.0)
        record_score(0.0)

    one = exported.spans["s"]
    assert dict(one.attributes) == {semconv.KIND: "step", "a": "long text", "b": "other"} == t.spans[1].attributes
    assert len(one.events) == 2
    assert len(one.events[0].attributes) == 2


def test_a_nested_trace_keeps_the_processors_of_the_one_around(exported):
    with trace("outer", processors=[SimpleSpanProcessor(exported)]):
        with trace("inner"), span("in"):
            pass
        assert exported.closed == 0
        with span("after"):
            pass

    assert list(exported.spans) == ["in", "inner", "after", "outer"]
    assert exported.closed == 1


def test_a_nested_trace_with_processors_of_its_own_reaches_both(exported):
    own = Memory()
    with trace("outer", processors=[SimpleSpanProcessor(exported)]):
        with trace("inner", processors=[SimpleSpanProcessor(own)]), span("in"):
            pass
        assert (own.closed, exported.closed) == (1, 0)

    assert list(own.spans) == ["in", "inner"]
    assert list(exported.spans) == ["in", "inner", "outer"]
    assert exported.parent("inner") == "outer"


def test_a_trace_with_the_users_provider_inside_a_private_one(exported, provider):
    mine = provider.get_tracer("mine").start_as_current_span("mine")
    with trace("outer") as outer, mine, trace("inner", provider=provider), span("in"):
        pass

    assert exported.parent("inner") == "mine"
    assert exported.parent("in") == "inner"
    assert {one.trace for one in outer.spans} == {outer.recorded().id}
    assert len(outer.tree().children) == 1


def test_processors_beside_a_provider_are_an_error(exported, provider):
    with pytest.raises(ConfigurationError, match="add_span_processor"), trace(provider=provider, processors=[exported]):
        pass
    with (
        pytest.raises(ConfigurationError, match="add_span_processor"),
        trace(provider=provider),
        trace("inner", processors=[exported]),
    ):
        pass


@pytest.mark.parametrize("method", ["on_start", "on_end", "shutdown"])
def test_a_processor_that_fails_is_told_once_and_disturbs_nobody(method, caplog):
    def fail(*_, **__):
        raise RuntimeError("exporter is broken")

    broken = SimpleSpanProcessor(Memory())
    setattr(broken, method, fail)

    with trace("session", processors=[broken]) as t:
        capital(model(), "France")

    assert [one.kind for one in t.spans] == KINDS
    assert len({one.span for one in t.spans}) == 5
    assert [line.message for line in caplog.records] == [
        "A span processor of OpenTelemetry failed with RuntimeError: exporter is broken"
    ]


@pytest.mark.parametrize("seen", [True, False])
def test_a_program_draws_the_same_random_numbers_when_it_is_traced(seen, exported):
    def drawn():
        random.seed(7)
        with span("work"):
            return random.random()

    options = {"processors": [SimpleSpanProcessor(exported)]} if seen else {}
    untraced = drawn()
    traced = []
    for _ in range(2):
        random.seed(7)
        with trace(**options) as t:
            assert drawn() == untraced
        traced.append(t.recorded().id)
    assert len(set(traced)) == 2


def test_a_span_that_nobody_sees_can_be_the_parent_of_one_that_is_seen(exported):
    with trace("outer") as outer, trace("inner", processors=[SimpleSpanProcessor(exported)]):
        pass

    inner = exported.spans["inner"]
    assert f"{inner.context.trace_id:032x}" == outer.recorded().id
    assert f"{inner.parent.span_id:016x}" == outer.spans[0].span


def test_the_endpoint_variables_of_opentelemetry_open_no_connection():
    code = """
from llm_strategy.tracing import trace, span
with trace() as t, span("s"):
    pass
print(len(t.spans))
"""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "otlp", "PATH": ""}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert (ran.stdout.strip(), ran.stderr) == ("2", "")
