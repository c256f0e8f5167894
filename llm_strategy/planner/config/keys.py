"""The keys that a config file may have, with their types, what they mean, and their variables of the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_strategy.chat.resolve import MODEL_VARIABLE
from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near, words_of
from llm_strategy.planner.settings import PlannerSettings, planner_settings
from llm_strategy.sandbox.choosing import SANDBOX_NAMES, SANDBOX_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "PREFIX", "ConfigKey", "Confirming", "checked", "told"]

PREFIX: Final = "LLM_STRATEGY_PLANNER_"
"""What the variables of the environment begin with."""
_SHORT: Final = 16
_UNSAFE: Final = "unsafe-process"

Confirming = Literal["none", "program", "steps", "edits"]
"""What is confirmed before it is done: nothing, the program, each step as well, each change of files as well."""


class _Run(BaseModel):
    """What a run is made with."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, description="Who answers: 'local', 'openai:gpt-4o-mini', 'replay:tape.jsonl'.")
    small: bool | None = Field(None, description="Take settings for models of a few billion parameters or less.")
    run_tests: bool = Field(True, description="Whether tests are run after each change, in a sandbox.")
    sandbox: str = Field("auto", description=f"Where they are run: {', '.join(SANDBOX_NAMES[:-1])}.")
    types: Literal["", "mypy"] = Field("", description="Whether types are checked as well: '' or 'mypy'.")
    git: bool = Field(False, description="Commit each step to a git repository in the workspace.")
    confirm: Confirming = Field("none", description="What you are asked before: none, program, steps, edits.")


_Count = Annotated[int | None, Field(ge=0)]
_Amount = Annotated[float | None, Field(ge=0)]


class _Budget(BaseModel):
    """What a run may spend."""

    model_config = ConfigDict(extra="forbid")

    steps: _Count = Field(None, description="Instructions that are carried out.")
    calls: _Count = Field(None, description="Requests to models.")
    tokens: _Count = Field(None, description="Tokens of prompts and replies.")
    dollars: _Amount = Field(None, description="US dollars.")
    seconds: _Amount = Field(None, description="Time.")


_TABLES: Final[Mapping[str, type[BaseModel]]] = {"": _Run, "budget": _Budget, "planner": PlannerSettings}


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key of a config file."""

    table: str
    """The table that it stands in: '' for the top of the file, `budget` or `planner`."""
    name: str
    """Its name in there."""
    about: str
    """What it means."""
    default: Any
    """What holds where nobody says anything; None for nothing."""

    @property
    def path(self) -> str:
        """Its whole name: `planner.steps`."""
        return f"{self.table}.{self.name}" if self.table else self.name

    @property
    def variable(self) -> str:
        """The variable of the environment that stands for it; '' for limits of a budget, which have one together."""
        special = {"model": MODEL_VARIABLE, "sandbox": SANDBOX_VARIABLE}
        return "" if self.table == "budget" else special.get(self.path, f"{PREFIX}{self.name.upper()}")


def _keys() -> dict[str, ConfigKey]:
    told = {name.removeprefix("_"): field for name, field in planner_settings.config_model_type.model_fields.items()}
    found = [
        ConfigKey(
            table, name, (told[name].description if table == "planner" else field.description) or "", field.default
        )
        for table, model in _TABLES.items()
        for name, field in model.model_fields.items()
    ]
    return {key.path: key for key in found}


KEYS: Final[Mapping[str, ConfigKey]] = _keys()
"""The keys by their whole names, in the order of the file."""


def checked(table: str, name: str, value: Any, where: str, *, text: bool = False) -> Any:
    """Return a value as its key wants it.

    Args:
        table: the table of the key.
        name: its name in there.
        value: what is given.
        where: how messages call the key.
        text: whether the value is a text of the environment, which has no types.

    Raises:
        ConfigurationError: there is no such key, or the value is none of its.
    """
    model = _TABLES[table]
    if name not in model.model_fields:
        known = ", ".join(model.model_fields)
        raise ConfigurationError(f"{where}: there is no such key. {near(name, model.model_fields)}Known are {known}.")
    try:
        found = (
            model.model_validate_strings({name: value}) if text else model.model_validate({name: value}, strict=True)
        )
    except ValidationError as error:
        words = words_of(error.errors(include_url=False)[0]["msg"])
        raise ConfigurationError(f"{where} cannot be {told(value)}: {words}.") from None  # it has the value
    if value == _UNSAFE and name == "sandbox":
        raise ConfigurationError(
            f"{where} cannot be {_UNSAFE!r}: code without walls is run only where a command asks for it. Write "
            f"--sandbox {_UNSAFE} there."
        )
    return getattr(found, name)


def told(value: Any) -> str:
    """Return a value as a message shows it: no lists, tables and long texts, which may be keys put in a wrong place.

    >>> told(3), told("three"), told(["sk-0123"]), told("x" * 40)
    ('3', "'three'", 'a list', 'a text of 40 letters')
    """
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHORT else f"a text of {len(value):,} letters"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return str(value).lower() if isinstance(value, bool) else str(value)
