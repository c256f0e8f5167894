import traceback

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.planner import PlannerSettings
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.config import config_path, read_config


@pytest.fixture(autouse=True)
def _nobody_says_anything(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    monkeypatch.delenv("LLM_STRATEGY_SANDBOX", raising=False)


@pytest.fixture
def user_file():
    path = config_path()
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def other_file(tmp_path):
    def write(text):
        path = tmp_path / "other.toml"
        path.write_text(text)
        return path

    return write


def test_without_anything_the_defaults_hold():
    config = read_config()
    assert (config.model, config.run_tests, config.sandbox, config.confirm) == (None, True, "auto", "none")
    assert config.budget == PlannerBudget()
    assert config.planner_settings() == PlannerSettings.small()
    assert config.origins == {}


def test_settings_for_small_models_hold_where_they_are_asked_for_or_nobody_names_a_model(other_file):
    named = other_file("model = 'a'\n[planner]\nturns = 9\n")
    assert read_config(file=named).planner_settings() == PlannerSettings(turns=9)
    assert read_config({"small": True}, file=named).planner_settings() == PlannerSettings.small(turns=9)
    assert read_config({"small": False}).planner_settings() == PlannerSettings()
    assert read_config({"small": True}).planner_settings({"turns": 3}) == PlannerSettings(turns=3)


def test_each_place_wins_over_the_one_below(user_file, other_file, monkeypatch):
    user_file.write_text(
        "model = 'a'\nrun_tests = false\ntypes = 'mypy'\n[planner]\nsteps = 1\nturns = 2\nattempts = 3\n"
    )
    other = other_file("model = 'b'\n[planner]\nsteps = 4\nturns = 5\n")
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "c")
    monkeypatch.setenv("LLM_STRATEGY_PLANNER_STEPS", "6")
    config = read_config({"model": "d", "git": None}, file=other)
    assert (config.model, config.run_tests, config.types, config.git) == ("d", False, "mypy", False)
    assert config.settings == {"steps": 6, "turns": 5, "attempts": 3}
    assert config.origins == {
        "model": "the command line",
        "run_tests": repr(str(user_file)),
        "types": repr(str(user_file)),
        "planner.steps": "LLM_STRATEGY_PLANNER_STEPS",
        "planner.turns": repr(str(other)),
        "planner.attempts": repr(str(user_file)),
    }


def test_limits_of_a_budget_are_joined_one_by_one(user_file, monkeypatch):
    user_file.write_text("[budget]\ndollars = 1\ntokens = 5\n")
    monkeypatch.setenv("LLM_STRATEGY_PLANNER_BUDGET", "tokens=7, calls=2")
    config = read_config({"budget.calls": 3})
    assert config.budget == PlannerBudget(calls=3, tokens=7, dollars=1)


def test_a_run_that_is_resumed_keeps_its_settings_unless_a_command_changes_them(user_file, other_file):
    user_file.write_text("model = 'a'\n[planner]\nsteps = 1\n")
    config = read_config(file=other_file("[planner]\nturns = 9\n"), resuming=True)
    assert config.model == "a"
    settings = config.planner_settings({"steps": 3, "turns": 3})
    assert (settings.steps, settings.turns) == (3, 9)


def test_the_variable_of_sandboxes_wins_over_files(user_file, monkeypatch):
    user_file.write_text("sandbox = 'monty'\n")
    assert read_config().sandbox == "monty"
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "landlock")
    assert read_config().sandbox == "auto"


def test_variables_of_the_environment_are_read_by_the_types_of_their_keys(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_PLANNER_RUN_TESTS", "false")
    monkeypatch.setenv("LLM_STRATEGY_PLANNER_WARMTH", "0.5")
    monkeypatch.setenv("LLM_STRATEGY_PLANNER_TURNS", "")
    config = read_config()
    assert config.run_tests is False
    assert config.settings == {"warmth": 0.5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("modle = 'a'", "other.toml', 'modle': there is no such key. Did you mean 'model'? Known are model,"),
        pytest.param("turns = 3", "'turns' above all tables (it stands in [planner]): there is no such key."),
        pytest.param("steps = 3", "(it stands in [budget] and in [planner])"),
        pytest.param("[planner]\nstep = 3", "'step' in [planner]: there is no such key. Did you mean 'steps'?"),
        pytest.param("[planner]\nsteps = '3'", "'steps' in [planner] cannot be '3': Input should be a valid integer."),
        pytest.param("[planner]\nsteps = 0", "'steps' in [planner] cannot be 0: Input should be greater than or equal to 1."),
        pytest.param("[budget]\ndollars = -1", "'dollars' in [budget] cannot be -1"),
        pytest.param("run_tests = 1", "'run_tests' cannot be 1: Input should be a valid boolean."),
        pytest.param("planner = 3", "'planner' is 3, and has to be a table: [planner]."),
        pytest.param("model = 'a", "is no TOML: "),
        pytest.param("model = 'a'\nturns =\ngit = 1", "(at line 2, column"),
        pytest.param("sandbox = 'unsafe-process'", "Write --sandbox unsafe-process there."),
        pytest.param("confirm = 'all'", "'confirm' cannot be 'all': Input should be 'none', 'program', 'steps' or 'edits'."),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_told_with_file_and_key(other_file, text, words):
    with pytest.raises(ConfigurationError) as error:
        read_config(file=other_file(text))
    assert "other.toml" in str(error.value)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("LLM_STRATEGY_PLANNER_STEP", "3", "there is no such variable. Did you mean 'LLM_STRATEGY_PLANNER_STEPS'"),
        pytest.param("LLM_STRATEGY_PLANNER_STEPS", "three", "LLM_STRATEGY_PLANNER_STEPS cannot be 'three': Input should be"),
        pytest.param("LLM_STRATEGY_PLANNER_BUDGET", "money=3", "LLM_STRATEGY_PLANNER_BUDGET: The budget 'money=3' names no"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_environment_is_told_with_the_variable(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as error:
        read_config()
    assert words in str(error.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none.toml' cannot be read: No such file or directory\."):
        read_config(file=tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("model = ['sk-0123456789']", "'model' cannot be a list: Input should be a valid string."),
        pytest.param("model = {key = 'sk-0123456789'}", "'model' cannot be a table: "),
        pytest.param("git = 'sk-0123456789012345'", "'git' cannot be a text of 19 letters: "),
        pytest.param("budget = 'sk-0123456789012345'", "'budget' is a text of 19 letters, and has to be a table"),
    ],
)
def test_what_may_be_a_key_in_a_wrong_place_is_not_repeated(other_file, text, words):
    with pytest.raises(ConfigurationError) as error:
        read_config(file=other_file(text))
    assert words in str(error.value)
    assert "sk-0123456789" not in "".join(traceback.format_exception(error.value))


def test_a_folder_of_the_user_that_cannot_be_looked_into_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ("x" * 300)))  # no file system has such names
    with pytest.raises(ConfigurationError, match=r"config\.toml' cannot be read: .* Allow that, or let HOME"):
        read_config()


def test_a_file_in_the_place_of_the_users_folder_holds_no_config(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert read_config().origins == {}
