"""From a configuration to what `optimize` is called with: functions are imported, cases are read, the space is made."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from llm_strategy.errors import ConfigurationError, HyperparameterError, InputError, LLMStrategyError, StoredDataError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.optimize.budget import Budget
from llm_strategy.optimize.config.cases import read_cases
from llm_strategy.optimize.config.keys import BoundKeys
from llm_strategy.optimize.data import split
from llm_strategy.optimize.metric import Judge
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.optimize.space import search_space
from llm_strategy.tracing.prices import Price

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

    from llm_strategy.optimize.config.keys import JudgeKeys, OptimizeConfig
    from llm_strategy.optimize.options import OptimizeOptions
    from llm_strategy.optimize.space import Space

__all__ = ["Plan", "named_object", "plan_of"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `optimize` is called with."""

    task: Callable[..., Any]
    """What is optimized."""
    train: Any
    """Cases to learn from."""
    val: Any
    """Cases to choose by; None where `optimize` takes them out of the others."""
    test: Any
    """Cases to judge by; None where there are none."""
    space: Space
    """What may be changed."""
    options: OptimizeOptions
    """Everything else, by the names of its keyword arguments."""


def plan_of(config: OptimizeConfig) -> Plan:
    """Return what a configuration asks for.

    Raises:
        ConfigurationError: something that it names is not there.
        InputError: the cases cannot be divided as it says.
        HyperparameterError: there is nothing to search, or bounds do not fit.
    """
    task = named_object(config.task, "task")
    train, val, test = _cases(config)
    options: OptimizeOptions = {
        "metric": None if config.metric is None else named_object(config.metric, "metric"),
        "judge": None if config.judge is None else _judge(config.judge),
        "budget": _budget(config),
        "seed": config.seed,
        "store": config.store,
        "workers": config.workers,
        "model": config.model,
        "task_model": config.task_model,
        "engine": config.engine,
        "settings": config.settings or None,
        "retries": config.retries,
        "synthetic": config.synthetic,
        "proposing": LLMProposerSettings(mode=config.proposing),
        "pool": config.pool,
        "prices": {name: Price(**price.model_dump()) for name, price in config.prices.items()},
    }
    return Plan(task, train, val, test, _space(config, task), options)


def named_object(target: str, key: str) -> Any:
    """Return what `MODULE:NAME` means. Raises ConfigurationError.

    >>> named_object("math:sqrt", "metric")(9)
    3.0

    Args:
        target: the module, and a name in it.
        key: the key of the configuration that names it, for errors.
    """
    module, _, path = target.partition(":")
    try:
        found: Any = import_module(module)
    except LLMStrategyError:
        raise
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and module.startswith(error.name or module)
        remedy = "Name it as in an import statement." if missing else "Mend it first."
        told = f"{key}: module {module!r} cannot be imported: {type(error).__name__}: {error}. {remedy}"
        raise ConfigurationError(told) from error
    for name in path.split("."):
        if not hasattr(found, name):
            known = [one for one in dir(found) if not one.startswith("_")]
            raise ConfigurationError(f"{key}: {target!r}: {name!r} is not there. {near(name, known)}".rstrip())
        found = getattr(found, name)
    return found


def _budget(config: OptimizeConfig) -> Budget | None:
    """Return what may be spent; None, which is what `optimize` has without one, where no limit is named."""
    limits = config.budget.model_dump(exclude_none=True)
    return Budget.of(limits) if limits else None


def _cases(config: OptimizeConfig) -> tuple[Any, Any, Any]:
    data = config.data
    if data.file is not None:
        sizes = data.split
        cases = read_cases(data.file, data)
        try:
            learn, choose, judge = split(cases, train=sizes.train, val=sizes.val, test=sizes.test, seed=config.seed)
        except InputError as error:
            raise InputError(f"data.split of {str(data.file)!r}: {error}") from error
        return learn, choose, judge if len(judge) else None
    files = (data.train, data.val, data.test)
    train, val, test = (None if path is None else read_cases(path, data) for path in files)
    return train, val, test


def _space(config: OptimizeConfig, task: Any) -> Space:
    keys = config.space
    functions = [named_object(name, "space.functions") for name in keys.functions] or [task]
    bounds = {pattern: _bound(given) for pattern, given in keys.bounds.items()}
    scope = None if keys.scope is None else _scope(keys.scope)
    try:
        return search_space(
            *functions,
            include=keys.include,
            exclude=keys.exclude,
            bounds=bounds,
            scope=scope,
            examples=keys.examples,
        )
    except HyperparameterError as error:
        hint = (
            "" if keys.functions else f" `space.functions` names what is searched; without it that is {config.task!r}."
        )
        raise ConfigurationError(f"space: {error}{hint}") from error


def _bound(given: BoundKeys | list[JsonValue] | int) -> Any:
    """Return bounds: two numbers are a range, any other list is what there is to choose from."""
    if isinstance(given, BoundKeys):
        return given.bound()
    if isinstance(given, int):
        return given
    is_range = len(given) == 2 and all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)
    return tuple(given) if is_range else given


def _scope(path: Path | dict[str, dict[str, JsonValue]]) -> Hyperparameters:
    if isinstance(path, dict):
        return Hyperparameters.model_validate_json(to_json(path))
    try:
        return Hyperparameters.model_validate_json(path.read_bytes())
    except OSError as error:
        raise StoredDataError(f"space.scope: {str(path)!r} cannot be read: {error.strerror}.") from error


def _judge(keys: JudgeKeys) -> Judge:
    return Judge(keys.rubric, keys.model, keys.task, pairwise=keys.pairwise, repeats=keys.repeats)
