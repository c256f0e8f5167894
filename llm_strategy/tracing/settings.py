"""How traces are set up outside of code: by the environment, or by `[tool.llm_strategy]` in a `pyproject.toml`.

The nearest `pyproject.toml` counts, from the working directory upwards. The environment wins over it.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.schema.json_data import is_object
from llm_strategy.tracing.prices import Price

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TraceSettings", "trace_directory", "trace_settings"]

_KEYS = ("prices", "trace", "trace_content", "trace_max_characters", "trace_wandb")
_OFF = frozenset({"", "0", "off", "false", "no"})
_TRUTH = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}


@dataclass(frozen=True)
class TraceSettings:
    """How traces are set up."""

    directory: Path | None = None
    """Where the trace of the whole process is written; None where it is not traced."""
    content: bool = True
    """Whether prompts, replies, arguments and results are recorded."""
    max_characters: int = 50_000
    """How much of one text is recorded."""
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """Prices of models, besides the known ones."""
    wandb: str | None = None
    """The project in Weights & Biases that traces go to."""
    name: str = ""
    """Name of the trace of the whole process; empty for that of the program."""


def trace_settings() -> TraceSettings:
    """Read the settings from the environment and the nearest `pyproject.toml`.

    Raises:
        ConfigurationError: a variable, or a key of our table, is unknown or has an impossible value.
    """
    file, table = _our_table()
    where = f"[tool.llm_strategy] in {str(file)!r}"
    _check_keys(table, _KEYS, where)
    return TraceSettings(
        directory=_directory(table, file, where),
        content=_content(table, where),
        max_characters=_max_characters(table, where),
        prices=_prices(table, where),
        wandb=_wandb(table, where),
        name=os.environ.get("LLM_STRATEGY_TRACE_NAME", ""),
    )


def trace_directory() -> Path | None:
    """Return the directory that the settings name; None where they name none.

    Raises:
        ConfigurationError: the settings are wrong.
    """
    return trace_settings().directory


def _our_table() -> tuple[Path, dict[str, Any]]:
    """Read the table that is ours. A file that cannot be read, or is no TOML, is somebody else's matter."""
    here = Path.cwd()
    file = next((one for each in (here, *here.parents) if (one := each / "pyproject.toml").is_file()), Path())
    try:
        with file.open("rb") as opened:
            tool: object = tomllib.load(opened).get("tool")
    except (OSError, ValueError, RecursionError):
        return file, {}
    table: object = tool.get("llm_strategy", {}) if is_object(tool) else {}
    if not is_object(table):
        raise ConfigurationError(f"'llm_strategy' in the [tool] table of {str(file)!r} is {table!r}, and no table.")
    return file, table


def _check_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    names = sorted(known)
    for key in table:
        if key not in names:
            near = get_close_matches(key, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"{where}: unknown key {key!r}.{hint} Keys are {', '.join(map(repr, names))}.")


def _directory(table: Mapping[str, Any], file: Path, where: str) -> Path | None:
    variable = os.environ.get("LLM_STRATEGY_TRACE")
    if variable is not None:
        return None if variable.strip().lower() in _OFF else Path(variable).expanduser()
    named: object = table.get("trace", False)
    if named is False or (isinstance(named, str) and named.strip().lower() in _OFF):
        return None
    if not isinstance(named, str):
        raise ConfigurationError(f"{where}: trace={named!r} is no directory. Write its name as text, or false.")
    return file.parent / Path(named).expanduser()


def _content(table: Mapping[str, Any], where: str) -> bool:
    variable = os.environ.get("LLM_STRATEGY_TRACE_CONTENT", "").strip().lower()
    if variable:
        if variable not in _TRUTH:
            raise ConfigurationError(f"LLM_STRATEGY_TRACE_CONTENT={variable!r} is neither 0 nor 1.")
        return _TRUTH[variable]
    value: object = table.get("trace_content", True)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where}: trace_content={value!r} is neither true nor false.")
    return value


def _max_characters(table: Mapping[str, Any], where: str) -> int:
    variable = os.environ.get("LLM_STRATEGY_TRACE_MAX_CHARACTERS", "").strip()
    value: object = table.get("trace_max_characters", TraceSettings.max_characters)
    told = f"{where}: trace_max_characters={value!r}"
    if variable:
        told = f"LLM_STRATEGY_TRACE_MAX_CHARACTERS={variable!r}"
        value = int(variable) if variable.isascii() and variable.isdigit() and len(variable) < 20 else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{told} is no limit. Use a positive whole number.")
    return value


def _wandb(table: Mapping[str, Any], where: str) -> str | None:
    value: object = table.get("trace_wandb")
    if value is None or value is False:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{where}: trace_wandb={value!r} is no project. Write its name as text.")
    return value


def _prices(table: Mapping[str, Any], where: str) -> dict[str, Price]:
    value: object = table.get("prices", {})
    if not is_object(value):
        raise ConfigurationError(f"{where}: prices={value!r} is no table of models.")
    return {model: _price(model, price, where) for model, price in value.items()}


def _price(model: str, value: object, where: str) -> Price:
    told = f"{where}: prices[{model!r}]"
    if not is_object(value) or not {"input", "output"} <= value.keys():
        raise ConfigurationError(f"{told}={value!r} is no price. Write {{ input = 0.5, output = 1.5 }}.")
    _check_keys(value, ("input", "output", "cached_input"), told)
    try:
        return Price(**value)
    except ConfigurationError as error:
        raise ConfigurationError(f"{told}: {error}") from error
