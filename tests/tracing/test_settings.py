"""Settings of traces: the environment wins over the nearest pyproject.toml."""

from pathlib import Path

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.prices import Price
from llm_strategy.tracing.settings import TraceSettings, trace_directory, trace_settings

FULL = """
[tool.other]
x = 1

[tool.llm_strategy]
trace = "traces"
trace_content = false
trace_max_characters = 1000
trace_wandb = "our-project"

[tool.llm_strategy.prices]
our-model = { input = 0.5, output = 1.5 }
"our/other.model" = { input = 1, output = 2, cached_input = 0.1 }
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A directory of its own, with no settings in the environment."""
    for name in ("", "_CONTENT", "_MAX_CHARACTERS", "_NAME"):
        monkeypatch.delenv(f"LLM_STRATEGY_TRACE{name}", raising=False)
    inside = tmp_path / "project" / "package" / "deep"
    inside.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.llm_strategy]\ntrace = 'outer'\n")
    (tmp_path / "project" / "pyproject.toml").write_text("")
    monkeypatch.chdir(inside)
    return tmp_path / "project"


def write(project, text):
    (project / "pyproject.toml").write_text(text, "utf-8")


def ours(project, line):
    write(project, f"[tool.llm_strategy]\n{line}\n")


def test_without_settings_nothing_is_traced_and_content_would_be():
    assert trace_settings() == TraceSettings(None, True, 50_000, {}, None, "")
    assert trace_directory() is None


def test_the_nearest_pyproject_counts_and_directories_are_relative_to_it(project):
    write(project, FULL)

    assert trace_settings() == TraceSettings(
        directory=project / "traces",
        content=False,
        max_characters=1000,
        prices={"our-model": Price(0.5, 1.5), "our/other.model": Price(1, 2, 0.1)},
        wandb="our-project",
    )
    assert trace_directory() == project / "traces"


def test_no_pyproject_beyond_the_nearest_one_is_read(project):
    assert trace_directory() is None
    (project / "pyproject.toml").unlink()
    assert trace_directory() == project.parent / "outer"


def test_an_absolute_directory_stays(project):
    ours(project, f"trace = '{project.parent / 'elsewhere'}'")
    assert trace_directory() == project.parent / "elsewhere"


def test_a_directory_at_home_is_found(project, monkeypatch):
    monkeypatch.setenv("HOME", str(project))
    ours(project, "trace = '~/traces'")
    assert trace_directory() == project / "traces"
    monkeypatch.setenv("LLM_STRATEGY_TRACE", "~/others")
    assert trace_directory() == project / "others"


def test_the_environment_wins(project, monkeypatch):
    write(project, FULL)
    monkeypatch.setenv("LLM_STRATEGY_TRACE", "here")
    monkeypatch.setenv("LLM_STRATEGY_TRACE_CONTENT", "1")
    monkeypatch.setenv("LLM_STRATEGY_TRACE_MAX_CHARACTERS", "77")
    monkeypatch.setenv("LLM_STRATEGY_TRACE_NAME", "nightly")
    settings = trace_settings()

    assert settings.directory == Path("here")
    assert (settings.content, settings.max_characters, settings.name) == (True, 77, "nightly")
    assert settings.wandb == "our-project"


@pytest.mark.parametrize("off", ["0", "off", "false", "no", "", " OFF "])
def test_the_environment_turns_traces_off_where_the_project_turns_them_on(project, monkeypatch, off):
    write(project, FULL)
    monkeypatch.setenv("LLM_STRATEGY_TRACE", off)
    assert trace_directory() is None


@pytest.mark.parametrize("line", ["trace = false", "trace = 'off'", "trace = ''", "trace_wandb = false"])
def test_the_project_may_turn_traces_off(project, line):
    ours(project, line)
    assert trace_settings() == TraceSettings()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("trace_contents = true", r"unknown key 'trace_contents'\. Did you mean 'trace_content'\? Keys are 'prices', "),
        ("zebra = 1", r"unknown key 'zebra'\. Keys are"),
        ("trace = 1", "trace=1 is no directory"),
        ("trace = true", "trace=True is no directory"),
        ("trace_content = 'yes'", "trace_content='yes' is neither true nor false"),
        ("trace_max_characters = 0", "trace_max_characters=0 is no limit"),
        ("trace_max_characters = true", "trace_max_characters=True is no limit"),
        ("trace_max_characters = 1.5", "trace_max_characters=1.5 is no limit"),
        ("trace_wandb = 1", "trace_wandb=1 is no project"),
        ("trace_wandb = ' '", "trace_wandb=' ' is no project"),
        ("prices = 1", "prices=1 is no table of models"),
        ("prices.m = 1", r"prices\['m'\]=1 is no price"),
        ("prices.m = { input = 1 }", r"prices\['m'\]=.* is no price"),
        ("prices.m = { input = 1, output = -1 }", r"prices\['m'\]: The price output=-1 is no amount"),
        ("prices.m = { input = 1, output = nan }", r"prices\['m'\]: The price output=nan is no amount"),
        (
            "prices.m = { input = 1, output = 1, cached = 1 }",
            r"prices\['m'\]: unknown key 'cached'\. Did you mean 'cached_input'\?",
        ),
    ],
)
def test_a_wrong_table_of_ours_is_an_error_that_names_the_file(project, line, message):
    ours(project, line)
    with pytest.raises(ConfigurationError, match=message) as caught:
        trace_settings()
    assert str(project / "pyproject.toml") in str(caught.value)


def test_a_value_in_the_place_of_our_table_is_an_error(project):
    write(project, "[tool]\nllm_strategy = 'on'")
    with pytest.raises(ConfigurationError, match="is 'on', and no table"):
        trace_settings()


@pytest.mark.parametrize("text", ["[tool", "tool = 1", "\xff", "a = 1\na = 2", "[project]\nname = 'x'"])
def test_what_is_wrong_elsewhere_in_the_file_is_somebody_elses_matter(project, text):
    (project / "pyproject.toml").write_bytes(text.encode("latin-1"))
    assert trace_settings() == TraceSettings()


def test_a_directory_with_the_name_of_the_file_is_passed_by(project):
    (project / "package" / "pyproject.toml").mkdir()
    write(project, FULL)
    assert trace_directory() == project / "traces"


@pytest.mark.parametrize("value", ["maybe", "2", "-"])
def test_a_wrong_switch_in_the_environment_is_an_error(monkeypatch, value):
    monkeypatch.setenv("LLM_STRATEGY_TRACE_CONTENT", value)
    with pytest.raises(ConfigurationError, match=rf"LLM_STRATEGY_TRACE_CONTENT='{value}' is neither 0 nor 1"):
        trace_settings()


@pytest.mark.parametrize(
    ("value", "content"), [("0", False), ("off", False), ("False", False), ("on", True), ("", True)]
)
def test_a_switch_in_the_environment_is_read_in_any_usual_spelling(monkeypatch, value, content):
    monkeypatch.setenv("LLM_STRATEGY_TRACE_CONTENT", value)
    assert trace_settings().content is content


@pytest.mark.parametrize("value", ["0", "-5", "many", "1e3", "²", "9" * 5000])
def test_a_wrong_limit_in_the_environment_is_an_error(monkeypatch, value):
    monkeypatch.setenv("LLM_STRATEGY_TRACE_MAX_CHARACTERS", value)
    with pytest.raises(ConfigurationError, match=r"LLM_STRATEGY_TRACE_MAX_CHARACTERS=.* is no limit"):
        trace_settings()
