"""What a search has found, on its span in a trace."""

import pytest

from llm_strategy import trace
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.optimize import Case, optimize
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.report.traced import CANDIDATE, OPTIMIZATION, note_report
from llm_strategy.testing.sample_optimizations import sample_report
from llm_strategy.tracing.recording import opened


@track_hyperparameters
def shout(text: str, *, _loud: bool = False, _often: bool = False) -> str:
    return f"{text}{'!' * (_loud + _often)}"


@metric(deterministic=True, perfect=1.0)
def excited(case, value):
    return value.count("!") / 2


@pytest.fixture
def searched(tmp_path):
    """The report of a search, its span, and those of its rollouts."""
    with trace("search", directory=tmp_path) as recorded:
        report = optimize(shout, [Case(f"text {n}", None) for n in range(30)], metric=excited, budget=60)
    spans = list(recorded.spans)
    (span,) = [one for one in spans if one.name == "optimize"]
    return report, span, [one for one in spans if one.name == "rollout"]


def test_the_trace_of_a_search_says_how_it_ended(searched):
    report, span, _ = searched
    told = {name.removeprefix(OPTIMIZATION): value for name, value in span.attributes.items()}
    assert (told["task"], told["best"], told["gain"]) == ("shout", report.best_number, report.gain.mean)
    assert told["reason"] == report.reason
    assert Hyperparameters.model_validate_json(told["hyperparameters"]) == report.scope()


def test_each_candidate_is_an_event_and_its_rollouts_are_known_by_its_key(searched):
    report, span, rollouts = searched
    events = [one for one in span.events if one.name == CANDIDATE]
    assert [one.attributes[f"{CANDIDATE}.number"] for one in events] == [one.number for one in report.members]
    assert [one.attributes[f"{CANDIDATE}.proposer"] for one in events] == [one.proposer for one in report.members]
    keys = {one.attributes["llm_strategy.rollout.candidate"] for one in rollouts}
    assert keys <= {one.attributes["llm_strategy.rollout.candidate"] for one in events}
    assert len(keys) > 1


def test_where_content_is_not_captured_no_hypothesis_is_told(tmp_path):
    with trace("search", directory=tmp_path, content=False) as recorded, opened("step", "optimize") as span:
        note_report(span, sample_report(3), {})
    (found,) = [one for one in recorded.spans if one.events]
    assert not any(f"{CANDIDATE}.hypothesis" in one.attributes for one in found.events)


def test_where_nobody_traces_nothing_is_noted():
    note_report(None, sample_report(1), {})
