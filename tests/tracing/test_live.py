"""`trace`: what can be asked of it while it runs and afterwards, and how its options hold."""

import asyncio
import contextvars
import sys
from types import ModuleType

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError, InputError, TraceFileError
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import Price, RecordedTrace, record_score, semconv, span, trace
from llm_strategy.tracing.recording import current_span


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLM_STRATEGY_TRACE", raising=False)


@pytest.fixture
def exporter(monkeypatch):
    """Stands in for the exporter to Weights & Biases; it is a wing, which is loaded by its name."""
    calls = []
    module = ModuleType("llm_strategy.tracing.exporters.wandb")
    module.check_target = lambda _target: None
    module.export_trace = lambda recorded, target: calls.append((recorded, target))
    monkeypatch.setitem(sys.modules, "llm_strategy.tracing.exporters.wandb", module)
    module.calls = calls
    return module


def model():
    return ScriptedModel(lambda _: '{"return_value": "Paris"}')


def test_everything_can_be_asked_while_it_runs_and_afterwards(tmp_path):
    with trace("geo", directory=tmp_path) as t:
        capital(model(), "France")
        during = t.totals.calls, len(t.spans), str(t.tree()).splitlines()[0], len(t.chats())
        capital(model(), "Italy")

    assert during == (1, 5, "geo  ...", 1)
    assert (t.totals.calls, len(t.spans), len(t.chats())) == (2, 9, 1)
    assert t.path is not None
    assert RecordedTrace.read(t.path).spans == t.spans
    assert RecordedTrace.read(t.path).totals == t.totals
    assert t.recorded().path == t.path
    assert t.recorded().name == "geo"


def test_conversations_that_begin_alike_are_one_tree():
    with trace() as t:
        for country in ("France", "Italy"):
            capital(model(), country)

    (root,) = t.chats()
    assert len(root.children) == 2


def test_in_memory_there_is_no_path():
    with trace() as t:
        pass
    assert t.path is None


@pytest.mark.parametrize("directory", [True, False])
def test_a_score_is_an_event_of_the_session_even_afterwards(directory, tmp_path):
    with trace(directory=tmp_path if directory else None) as t, span("work"):
        t.score(0.25)
    t.score(1, "second")

    assert t.recorded().scores == {"score": 0.25, "second": 1.0}
    assert [(one.kind, one.status) for one in t.spans] == [("session", "ok"), ("step", "ok")]
    with pytest.raises(InputError, match="Give a finite number"):
        t.score(float("nan"))


def test_a_trace_is_entered_once():
    t = trace("twice")
    with t:
        pass
    with pytest.raises(ConfigurationError, match=r"'twice'.*entered before"), t:
        pass


@pytest.mark.parametrize("ask", [lambda t: t.totals, lambda t: t.spans, lambda t: t.path, lambda t: t.score(1)])
def test_a_trace_that_was_not_entered_has_nothing_to_tell(ask):
    with pytest.raises(ConfigurationError, match="not entered: write `with trace"):
        ask(trace("idle"))


def test_an_option_that_does_not_exist_is_an_error_with_the_near_one():
    with pytest.raises(ConfigurationError, match=r"unknown option 'directroy'. Did you mean 'directory'\?"):
        trace("t", directroy="x")
    with pytest.raises(ConfigurationError, match=r"unknown option 'zzz'. Options are 'directory', 'content'"):
        trace("t", zzz=1)


@pytest.mark.parametrize(
    "options", [{"max_characters": 0}, {"secrets": ["abc"]}, {"secrets": "abc"}, {"max_characters": True}]
)
def test_an_impossible_option_is_an_error(options):
    with pytest.raises(ConfigurationError), trace("t", **options):
        pass
    with trace("outer"), pytest.raises(ConfigurationError), trace("t", **options):
        pass
    assert current_span() is None


def test_a_directory_that_cannot_be_written_to_leaves_nothing_open(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TraceFileError, match="cannot be written to"), trace(directory=tmp_path / "file"):
        pass
    assert current_span() is None


def test_one_secret_may_be_given_as_a_text():
    with trace(secrets="the-password") as t, span("login", {"with": "the-password"}):
        pass
    assert "the-password" not in repr(t.spans)


def test_prices_of_ones_own_make_costs_known():
    reply = ScriptedModel([]).__class__
    with trace(prices={"ScriptedModel": Price(1, 2)}) as t:
        from langchain_core.messages import AIMessage

        usage = {"input_tokens": 1_000_000, "output_tokens": 500_000, "total_tokens": 1_500_000}
        capital(reply([AIMessage('{"return_value": "Paris"}', usage_metadata=usage)]), "France")

    assert t.totals.cost == 2.0
    assert t.totals.unpriced == 0


def test_a_trace_inside_records_no_more_than_the_one_around(tmp_path):
    prices = {"ScriptedModel": Price(1, 2)}
    hide = lambda text: text.replace("France", "***")  # noqa: E731
    strict = trace("outer", content=False, max_characters=60, prices=prices, directory=tmp_path)
    with strict as outer, trace("inner", content=True, max_characters=500):
        capital(model(), "France")
        with span("s", {"text": "x" * 100}) as inside:
            assert inside.session.prices.price_of("ScriptedModel") == Price(1, 2)
    assert "France" not in outer.path.read_text()
    assert len(outer.spans[-1].attributes["text"]) <= 60

    with trace("outer", redact=hide) as outer, trace("inner", redact=lambda text: text + " (seen)"):
        capital(model(), "France")
        with span("Frankreich: France"):
            pass
    assert "France" not in repr(outer.spans)
    assert "Frankreich: *** (seen)" in {one.name for one in outer.spans}


def test_a_trace_inside_goes_to_a_file_of_its_own_only_where_it_is_told_to(monkeypatch, tmp_path):
    monkeypatch.setenv("LLM_STRATEGY_TRACE", str(tmp_path / "all"))
    with trace("outer") as outer, trace("plain") as plain, trace("own", directory=tmp_path / "own") as own:
        pass

    assert outer.path.parent == tmp_path / "all"
    assert plain.path is None
    assert own.path.parent == tmp_path / "own"
    assert [one.name for one in RecordedTrace.read(outer.path).spans] == ["outer", "plain", "own"]
    assert [one.name for one in RecordedTrace.read(own.path).spans] == ["own"]


def test_settings_hold_for_what_is_not_said(monkeypatch, tmp_path, exporter):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.llm_strategy]\ntrace = "traces"\ntrace_content = false\ntrace_wandb = "ours"\n'
        "prices = { ScriptedModel = { input = 1, output = 1 } }\n"
    )
    with trace("t") as t, trace("inner"):
        capital(model(), "France")

    assert t.path.parent == tmp_path / "traces"
    assert "France" not in t.path.read_text()
    assert [target for _, target in exporter.calls] == ["ours"]


@pytest.mark.parametrize("target", ["project", True, {"project": "p"}])
def test_a_trace_that_is_over_goes_to_weights_and_biases(exporter, target):
    with trace("t", wandb=target):
        assert exporter.calls == []

    ((recorded, given),) = exporter.calls
    assert given == target
    assert recorded.spans[0].end is not None


@pytest.mark.parametrize("target", [None, False])
def test_without_a_target_nothing_is_exported(exporter, target):
    with trace("t", wandb=target):
        pass
    assert exporter.calls == []


def test_an_export_that_fails_only_warns(exporter, tmp_path):
    def fail(recorded, target):
        raise OSError("no network")

    exporter.export_trace = fail
    in_memory, in_file = trace("t", wandb=True), trace("t", wandb=True, directory=tmp_path)
    with pytest.warns(RuntimeWarning, match=r"'t' did not reach Weights & Biases: OSError: no network.$"), in_memory:
        pass
    with pytest.warns(RuntimeWarning, match=r"It is in '.*jsonl': `llm-strategy trace wandb` sends it later"), in_file:
        pass


def test_the_error_of_the_program_comes_before_that_of_the_export(exporter):
    exporter.export_trace = lambda *_: 1 / 0
    with pytest.warns(RuntimeWarning), pytest.raises(KeyError, match="mine"), trace("t", wandb=True):
        raise KeyError("mine")


def test_a_stream_that_is_held_open_beyond_the_end_is_in_the_file_in_the_end(tmp_path):
    with trace("session", directory=tmp_path) as t:
        parts = capital.stream(model(), "France")
        next(parts)
    assert [one.end is None for one in t.spans] == [False, True, True, True, True]
    list(parts)

    assert all(one.end is not None for one in RecordedTrace.read(t.path).spans)
    assert t.totals.chats == 1


def test_what_a_task_begins_after_the_trace_has_ended_is_no_part_of_it():
    async def go():
        async def later():
            await started.wait()
            with span("late"):
                pass

        started = asyncio.Event()
        with trace("session") as t:
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        started.set()
        await task
        return t

    t = asyncio.run(go())
    assert [one.name for one in t.spans] == ["session"]


def test_a_trace_may_end_in_another_context_than_it_began_in():
    t = trace("session")
    context = contextvars.copy_context()
    context.run(t.__enter__)
    with span("outside"):
        pass
    contextvars.copy_context().run(t.__exit__, None, None, None)

    assert [(one.name, one.status) for one in t.spans] == [("session", "ok")]
    assert current_span() is None


def test_an_error_that_leaves_the_trace_is_that_of_the_session():
    with pytest.raises(ZeroDivisionError), trace("t") as t:
        1 / 0  # noqa: B018

    assert t.spans[0].status == "error"
    assert t.spans[0].events[0].text(semconv.EXCEPTION_STACK)


def test_record_score_is_for_the_open_span():
    with trace("t") as t, span("work"):
        record_score(0.5, "quality")
    assert t.spans[1].events[0].attributes == {semconv.EVALUATION_NAME: "quality", semconv.EVALUATION_SCORE: 0.5}


def test_a_target_that_a_trace_cannot_go_to_is_refused_before_anything_runs():
    with pytest.raises(ConfigurationError, match="cannot go to 3"), trace("wrong", wandb=3):
        pytest.fail("the block was entered")


def test_no_target_is_no_export(exporter):
    with trace("kept", wandb=False):
        pass
    assert exporter.calls == []
