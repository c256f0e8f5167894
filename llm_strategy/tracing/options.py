"""Checking the options of a trace when it is made: what is wrong must not show in a call that was paid for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.prices import Price

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["checked_options"]


def checked_options(name: object, options: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return the options of a trace; prices may be written as mappings, and one processor without a list.

    Raises:
        ConfigurationError: an option does not exist, or has an impossible value.
    """
    names = list(known)
    if not isinstance(name, str):
        raise ConfigurationError(f"trace({name!r}): the name of a trace is a text.")
    for option in options:
        if option not in names:
            near = get_close_matches(option, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(
                f"trace({name!r}): unknown option {option!r}.{hint} Options are {', '.join(map(repr, names))}."
            )
    made = dict(options)
    if hasattr(made.get("processors"), "on_end"):
        made["processors"] = (made["processors"],)
    if isinstance(made.get("prices"), Mapping):
        made["prices"] = {model: _price(name, model, price) for model, price in made["prices"].items()}
    for option, wanted in _mistakes(made):
        raise ConfigurationError(f"trace({name!r}): {option}={options[option]!r} is not possible. Give {wanted}.")
    return made


def _price(name: str, model: object, price: object) -> Price:
    if isinstance(price, Price):
        return price
    try:
        return Price(**cast("Mapping[str, Any]", price))
    except TypeError as error:
        raise ConfigurationError(
            f"trace({name!r}): prices={{{model!r}: {price!r}}} is no price. Give Price(input=..., output=...), in US "
            "dollars for a million tokens."
        ) from error


def _mistakes(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the options with impossible values, each with what is possible."""
    for option, (fits, wanted) in _POSSIBLE.items():
        if option in options and not fits(options[option]):
            yield option, wanted


def _is_path(value: object) -> bool:
    return value is None or isinstance(value, str | PathLike)


def _is_function(value: object) -> bool:
    return value is None or callable(value)


def _is_provider(value: object) -> bool:
    return value is None or hasattr(value, "get_tracer")


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return isinstance(value, Iterable) and all(isinstance(one, str) for one in cast("Iterable[object]", value))


def _are_several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


_POSSIBLE: dict[str, tuple[Callable[[object], bool], str]] = {
    "directory": (_is_path, "a path, or None"),
    "content": (_is_truth, "True or False"),
    "redact": (_is_function, "a function from text to text, or None"),
    "secrets": (_are_texts, "a list of texts"),
    "prices": (_is_mapping, "a mapping from names of models to Price(...)"),
    "provider": (_is_provider, "a TracerProvider, or None"),
    "processors": (_are_several, "a list of span processors"),
}
