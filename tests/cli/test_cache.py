"""`llm-strategy cache`: what is kept, and clearing it."""

import re

import pytest
from typer.testing import CliRunner

from llm_strategy import caching, llm_function
from llm_strategy.cli.main import app
from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.cache.contents import cache_stats
from llm_strategy.testing import ScriptedModel


@llm_function
def capital(model, country: str) -> str:
    """Name the capital."""
    raise NotImplementedError


@pytest.fixture
def path(tmp_path, monkeypatch):
    file = tmp_path / "calls.db"
    monkeypatch.setenv("LLM_STRATEGY_CACHE", str(file))
    return file


@pytest.fixture
def filled(path):
    with caching(path):
        for country in ("France", "Spain", "France"):
            capital(ScriptedModel(["A city"]), country)
    return path


def told(*arguments, answer="", code=0):
    result = CliRunner().invoke(app, ["cache", *arguments], input=answer)
    assert result.exit_code == code, result.output
    return result.output


def test_what_is_kept_is_counted_by_model_and_function(filled):
    lines = told("stats").splitlines()
    summary = [line.rstrip() for line in lines]
    assert summary[0].split() == ["file", str(filled)]
    for line in (r"replies +2", r"used again +1 time", r"tokens saved +\?", r"cost saved +\?"):
        assert any(re.fullmatch(line, one) for one in summary), line
    assert any("ScriptedModel" in line for line in lines)
    assert any("capital" in line for line in lines)


def test_many_models_are_not_all_shown(path):
    from llm_strategy.flow import ChatRequest, Profile, run
    from llm_strategy.messages import Message

    class Named:
        profile = Profile()

        def __init__(self, name):
            self.name = name

        def reply(self, request):
            from llm_strategy.messages import Reply

            return Reply(Message.assistant("x"), "stop")

    def flow(number):
        return (yield ChatRequest(Named(f"model-{number}\x1b[31m"), (Message.user("x" * 2**20),)))

    with caching(path):
        for number in range(25):
            run(flow(number))
    output = told("stats")
    assert "and 5 more" in output
    assert "(not told)" in output
    assert "\x1b" not in output


def test_where_there_is_none_it_is_said_how_to_make_one(path):
    for command in (("stats",), ("clear", "--yes")):
        output = told(*command)
        assert str(path) in output
        assert "caching()" in output
    assert not path.exists()


def test_clearing_asks_first(filled):
    assert "Forget all replies in" in told("clear", answer="n\n", code=1)
    assert cache_stats(filled).whole.entries == 2
    assert "Forgot 2 replies" in told("clear", answer="y\n")
    assert cache_stats(filled).whole.entries == 0


def test_clearing_a_part(filled):
    assert "Forgot 0 replies" in told("clear", "--older-than", "2h", "--yes")
    assert "of 'another'" in told("clear", "--model", "another", answer="y\n")
    assert "Forgot 2 replies" in told("clear", "--model", "ScriptedModel", "--older-than", "0s", "--yes")


def test_another_file_may_be_named(filled, tmp_path):
    assert "There is no cache" in told("stats", "--file", str(tmp_path / "other.db"))
    assert "replies" in told("stats", "-f", str(filled))


def test_a_time_that_is_none_and_a_file_that_is_no_cache_are_errors(filled):
    result = CliRunner().invoke(app, ["cache", "clear", "--older-than", "soon"])
    assert isinstance(result.exception, ConfigurationError)
    filled.write_text("notes" * 1000)
    result = CliRunner().invoke(app, ["cache", "stats"])
    assert isinstance(result.exception, ConfigurationError)
    assert "cannot be read" in str(result.exception)


def test_a_time_that_makes_no_sense_is_shown_as_none(filled):
    from llm_strategy.cli.cache import _when

    assert [_when(value) for value in (None, "x", 1e300, float("nan"))] == ["-"] * 4
