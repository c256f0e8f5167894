"""From the options of a call to what a search begins with: what can be wrong is found here, before it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from llm_strategy.errors import ConfigurationError, HyperparameterError, InputError
from llm_strategy.function.callables import BoundLLMFunction, LLMFunction
from llm_strategy.hyperparameters import Tracked
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.optimize.budget import Budget
from llm_strategy.optimize.data import Dataset, check_apart, dataset, split
from llm_strategy.optimize.metric import SelfEvaluation, scorer_of
from llm_strategy.optimize.search.settings import SearchSettings
from llm_strategy.optimize.space import Space, search_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llm_strategy.optimize.metric import Scorer
    from llm_strategy.optimize.options import OptimizeOptions
    from llm_strategy.optimize.search.orders import Split

__all__ = ["Inputs", "checked_inputs"]

_ROLLOUTS = 200


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a search begins with."""

    task: Callable[..., Any]
    """What is optimized."""
    data: Mapping[Split, Dataset]
    """The cases, by split."""
    space: Space
    """What may be changed."""
    scorer: Scorer
    """What scores."""
    budget: Budget
    """What may be spent."""
    settings: SearchSettings
    """How the search goes about it."""


def checked_inputs(
    task: Callable[..., Any],
    cases: tuple[Iterable[Any] | Dataset, Iterable[Any] | Dataset | None, Iterable[Any] | Dataset | None],
    options: OptimizeOptions,
) -> Inputs:
    """Return what a search begins with.

    Args:
        task: what is optimized.
        cases: those to learn from, to choose by, and to judge by.
        options: the options of the call, which were checked.

    Raises:
        ConfigurationError: the budget or the settings are wrong, or two options exclude each other.
        HyperparameterError: there is nothing to search.
        InputError: there are no cases, or a case is in two splits.
    """
    return Inputs(
        task,
        _data(cases, options.get("seed", 0)),
        _space(task, options.get("space")),
        _scorer(options),
        _budget(options.get("budget")),
        _settings(options.get("settings")),
    )


def _data(cases: tuple[Any, Any, Any], seed: int) -> Mapping[Split, Dataset]:
    """Return the cases by split; where nothing is said of some, those of `train` are divided."""
    train, val, test = cases
    if val is None:
        whole = dataset(train, name="train")
        shares = {} if test is None else {"train": 0.5, "val": 0.5, "test": 0}
        try:
            learn, choose, judge = split(whole, **shares, seed=seed)
        except InputError as error:
            raise InputError(f"optimize(): there is no val, so that train is divided: {error}") from error
        judge = judge if test is None else dataset(test, name="test")
    else:
        learn, choose = dataset(train, name="train"), dataset(val, name="val")
        judge = Dataset(()) if test is None else dataset(test, name="test")
    check_apart(train=learn, val=choose, test=judge)
    return {"train": learn, "val": choose, "test": judge}


def _space(task: Callable[..., Any], given: Space | None) -> Space:
    if not callable(task):  # pyright: ignore[reportUnnecessaryComparison]
        raise ConfigurationError(f"optimize({shown(task)}): give a task that can be called.")
    if given is not None:
        if not isinstance(given, Space):  # pyright: ignore[reportUnnecessaryIsInstance]  # users may give anything
            raise ConfigurationError(f"optimize(space={shown(given)}): make a space by search_space(function, ...).")
        return given
    if not isinstance(task, LLMFunction | BoundLLMFunction) and not isinstance(task, Tracked):
        raise HyperparameterError(
            f"optimize({shown(task)}): it cannot be seen what this task calls. Name the functions whose "
            "hyperparameters may be changed: space=search_space(write_essay, outline)."
        )
    return search_space(cast("Any", task))


def _scorer(options: OptimizeOptions) -> Scorer:
    metric, judge = options.get("metric"), options.get("judge")
    if metric is not None and judge is not None:
        raise ConfigurationError("optimize(metric=..., judge=...): two of them score. Give one.")
    given = metric if metric is not None else judge
    return SelfEvaluation(options.get("model")) if given is None else scorer_of(given)


def _budget(given: Budget | int | None) -> Budget:
    if isinstance(given, Budget):
        return given
    return Budget(rollouts=_ROLLOUTS if given is None else given)


def _settings(given: SearchSettings | Mapping[str, Any] | None) -> SearchSettings:
    if given is None or isinstance(given, SearchSettings):
        return given or SearchSettings()
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # users may give anything
        raise ConfigurationError(f"optimize(settings={shown(given)}): give SearchSettings(...), or settings by name.")
    try:
        return SearchSettings.model_validate(dict(given))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        unknown = problem["type"] == "extra_forbidden"
        known = SearchSettings.model_fields
        told = f"there is no such setting. {near(where, known)}".rstrip() if unknown else f"{problem['msg']}."
        raise ConfigurationError(f"optimize(settings={{{where!r}: ...}}): {told}") from error
