"""Reading how runs are set up.

A command line wins over the environment, this over the file that a command names, this over the user's own file, and
that over what the library takes by itself. So each key has one value, and one place that it comes from.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.config.keys import KEYS, PREFIX, Confirming, checked, told
from llm_strategy.planner.settings import PlannerSettings, planner_settings
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PlannerConfig", "config_path", "limits_of", "read_config"]

_BUDGET_VARIABLE = f"{PREFIX}BUDGET"


@dataclass(frozen=True, slots=True)
class PlannerConfig:
    """How a run is set up, from all places together."""

    model: str | None = None
    """Who answers; None where nobody says."""
    small: bool | None = None
    """Whether settings are those for small models; None where nobody says: they are where nobody names a model."""
    run_tests: bool = True
    """Whether tests are run."""
    sandbox: str = "auto"
    """Where they are run."""
    types: Literal["", "mypy"] = ""
    """Whether types are checked as well."""
    git: bool = False
    """Whether each step is committed."""
    confirm: Confirming = "none"
    """What is confirmed before it is done."""
    budget: PlannerBudget = field(default_factory=PlannerBudget)
    """What may be spent."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Those of `PlannerSettings` that somebody has set."""
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where each key that is set comes from, in words."""

    def planner_settings(self, of_run: Mapping[str, Any] | None = None) -> PlannerSettings:
        """Return the settings of a run: those that are set, over those of a run that is resumed, or those in force.

        A model that nobody has named is the embedded one, which is small.

        >>> PlannerConfig(settings={"turns": 2}).planner_settings({"attempts": 5}).attempts
        5
        """
        small = self.model is None if self.small is None else self.small
        new = PlannerSettings.small() if small else planner_settings()
        under = new.model_dump() if of_run is None else dict(of_run)
        return PlannerSettings.model_validate({**under, **self.settings})


def config_path() -> Path:
    """Return where the user's own config file is, be it there or not: `~/.config/llm-strategy/config.toml` on Linux."""
    import platformdirs  # most programs ask for no path

    return platformdirs.user_config_path("llm-strategy") / "config.toml"


def read_config(
    given: Mapping[str, Any] | None = None, *, file: Path | None = None, resuming: bool = False
) -> PlannerConfig:
    """Return how a run is set up.

    Args:
        given: what the command line says, by whole names such as `planner.steps`; None stands for nothing.
        file: a config file that the command names.
        resuming: whether a run goes on: it has settings of its own, which win over those of the user's file.

    Raises:
        ConfigurationError: a file is no TOML; a key or a variable is unknown, or its value is of a wrong type.
    """
    layers = [_of_user(resuming=resuming)]
    if file is not None:
        layers.append(_of_file(file.expanduser()))
    layers.append(_of_environment())
    layers.append({name: (value, "the command line") for name, value in (given or {}).items() if value is not None})
    found: dict[str, tuple[Any, str]] = {}
    for layer in layers:
        found |= layer
    values = {name: value for name, (value, _) in found.items()}
    return PlannerConfig(
        **{name: value for name, value in values.items() if "." not in name},
        budget=PlannerBudget(**_table(values, "budget")),
        settings=_table(values, "planner"),
        origins={name: where for name, (_, where) in found.items()},
    )


def _table(values: Mapping[str, Any], table: str) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{table}.")}


def _of_user(*, resuming: bool) -> dict[str, tuple[Any, str]]:
    found = _of_file(config_path(), required=False)
    return {name: one for name, one in found.items() if not (resuming and name.startswith("planner."))}


def _of_file(path: Path, *, required: bool = True) -> dict[str, tuple[Any, str]]:
    where = repr(str(path))
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        if not required and isinstance(error, FileNotFoundError | NotADirectoryError):
            return {}
        own = "" if required else " Allow that, or let HOME (or XDG_CONFIG_HOME) name a folder of yours."
        raise ConfigurationError(f"The config file {where} cannot be read: {error.strerror}.{own}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"The config file {where} is no TOML: {error}.") from error
    found: dict[str, tuple[Any, str]] = {}
    for name, value in data.items():
        if name in {"budget", "planner"}:
            if not is_object(value):
                raise ConfigurationError(f"{where}: {name!r} is {told(value)}, and has to be a table: [{name}].")
            for key, one in value.items():
                found[f"{name}.{key}"] = (checked(name, key, one, f"{where}, {key!r} in [{name}]"), where)
        else:
            found[name] = (checked("", name, value, _called(where, name)), where)
    return found


def _called(where: str, name: str) -> str:
    """Say what a key at the top of a file is, and where it would belong."""
    tables = [f"[{key.table}]" for key in KEYS.values() if key.name == name and key.table]
    there = f" above all tables (it stands in {' and in '.join(tables)})" if tables and name not in KEYS else ""
    return f"{where}, {name!r}{there}"


def _of_environment() -> dict[str, tuple[Any, str]]:
    variables = {key.variable: key for key in KEYS.values() if key.variable}
    found: dict[str, tuple[Any, str]] = {}
    for name, value in sorted(os.environ.items()):
        if name == _BUDGET_VARIABLE:
            found |= _limits(value)
        elif name in variables and value.strip():
            key = variables[name]
            # The variable of sandboxes says what "auto" stands for, and is looked at there.
            one = "auto" if key.path == "sandbox" else checked(key.table, key.name, value, name, text=True)
            found[key.path] = (one, name)
        elif name.startswith(PREFIX) and name not in variables:
            raise ConfigurationError(f"{name}: there is no such variable. {near(name, variables)}".rstrip())
    return found


def _limits(text: str) -> dict[str, tuple[Any, str]]:
    try:
        limits = PlannerBudget.read(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"{_BUDGET_VARIABLE}: {error}") from error
    return {name: (value, _BUDGET_VARIABLE) for name, value in limits_of(limits).items()}


def limits_of(budget: PlannerBudget) -> dict[str, float]:
    """Return the limits that a budget sets, by the whole names of their keys.

    >>> limits_of(PlannerBudget(tokens=5))
    {'budget.tokens': 5}
    """
    named = {key.path: getattr(budget, key.name) for key in KEYS.values() if key.table == "budget"}
    return {path: value for path, value in named.items() if value is not None}
