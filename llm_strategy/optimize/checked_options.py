"""The options of a call to `optimize`, looked at before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import Executor
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.tracing.prices import Price, Prices

if TYPE_CHECKING:
    from llm_strategy.optimize.options import OptimizeOptions

__all__ = ["checked_options"]

_NUMBERS: Mapping[str, int | None] = {"seed": None, "workers": 1, "synthetic": 0, "retries": 0}
"""Options that are whole numbers, with the least one."""


def checked_options(options: OptimizeOptions) -> OptimizeOptions:
    """Return the options that were given; None is the same as to give none. What can be read once only is a list.

    >>> checked_options({"seed": 3, "budget": None, "pool": iter([{"f:instruction": "Go."}])})
    {'seed': 3, 'pool': [{'f:instruction': 'Go.'}]}

    Raises:
        ConfigurationError: an option does not exist, or is nothing of its kind.
    """
    _check_names(options)
    _check_numbers(options)
    given: dict[str, Any] = {name: one for name, one in options.items() if one is not None}
    for name in ("pool", "proposers"):
        if name in given:
            given[name] = _items(name, given[name])
    for number, one in enumerate(given.get("pool", ())):
        _need(isinstance(one, Mapping), f"pool[{number}]", one, "values by the paths of leaves: {'f:instruction': ...}")
    for one in given.get("proposers", ()):
        good = isinstance(getattr(one, "name", None), str) and callable(getattr(one, "propose", None))
        _need(good, "proposers", one, "objects with a name and a method `propose`")
    _check_kinds(given)
    if "store" in given:
        _check_place(given["store"])
    return cast("OptimizeOptions", given)


def _check_names(options: OptimizeOptions) -> None:
    from llm_strategy.optimize.options import OptimizeOptions as Known  # it imports what types need, which is much

    known = Known.__annotations__
    for name in options:
        if name not in known:
            has = ", ".join(map(repr, known))
            raise ConfigurationError(f"optimize() has no option {name!r}. {near(name, known)}It has {has}.")


def _check_numbers(options: OptimizeOptions) -> None:
    for name, least in _NUMBERS.items():
        given: object = options.get(name, least or 0)
        whole = isinstance(given, int) and not isinstance(given, bool)
        if not whole or (least is not None and cast("int", given) < least):
            told = "a whole number" if least is None else f"a whole number from {least} on"
            raise ConfigurationError(f"optimize({name}={given!r}): {told} is needed.")


def _check_kinds(given: Mapping[str, Any]) -> None:
    """Check what would be noticed when rollouts were paid for, or in words of whoever uses it."""
    proposing, watch, executor = given.get("proposing"), given.get("watch"), given.get("executor")
    _need(isinstance(proposing, LLMProposerSettings | None), "proposing", proposing, "LLMProposerSettings(...)")
    _need(watch is None or callable(watch), "watch", watch, "a function that is called with events")
    map_: object = getattr(executor, "map", None)
    _need(executor is None or callable(map_), "executor", executor, f"an {Executor.__name__}, such as RayExecutor()")
    prices: object = given.get("prices", {})
    table: object = prices.table if isinstance(prices, Prices) else prices
    good = isinstance(table, Mapping) and all(isinstance(one, Price) for one in cast("Any", table).values())
    _need(good, "prices", prices, "prices by model: {'my-model': Price(0.2, 0.8)}")


def _check_place(store: object) -> None:
    given: Any = cast("Any", store)
    place: object = given.__fspath__() if hasattr(store, "__fspath__") else given
    _need(isinstance(place, str) and bool(place.strip()) and "\0" not in place, "store", store, "the path of a file")
    _need(place != ":memory:", "store", store, "the path of a file, or leave it out: then nothing is kept")


def _items(name: str, given: Any) -> list[Any]:
    is_list = hasattr(given, "__iter__") and not issubclass(type(given), str | bytes | Mapping)
    _need(is_list, name, given, "a list")
    return list(given)


def _need(good: bool, name: str, given: object, what: str) -> None:  # noqa: FBT001 (it is what is checked)
    if not good:
        raise ConfigurationError(f"optimize({name}={shown(given)}): give {what}.")
