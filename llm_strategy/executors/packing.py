"""Packing what is sent between the processes of one run: functions and their items there, results back.

What has a name is sent by its name, as with multiprocessing: functions live in modules, or in a script whose main part
is guarded by `if __name__ == "__main__"`. Models are made anew from their fields; what can only be kept in one place,
such as a journal, is replaced by a line to it. The bytes are for the processes of one run: nothing is stored.
"""

from __future__ import annotations

import io
import pickle
import sys
import warnings
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm_strategy.executors.line import BooksThere, JournalThere, LedgerThere, present_line
from llm_strategy.flow.budgets.layer import BudgetLayer
from llm_strategy.flow.cache.layer import CacheLayer
from llm_strategy.flow.estimates import Estimates
from llm_strategy.flow.journal.layer import JournalLayer
from llm_strategy.flow.limits.books import LocalBooks
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.metered import Meter
from llm_strategy.flow.retries.breaker import CircuitBreaker
from llm_strategy.flow.retries.policy import SHARED_BREAKER

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseLanguageModel

__all__ = ["Kept", "packed", "unpacked"]

_OF_PROCESS = ("http_client", "http_async_client", "callbacks", "rate_limiter", "cache")
"""Fields of models that cannot be sent: they are told of, where the user has set them."""


class Kept:
    """What stays where the work began, by number."""

    def __init__(self) -> None:
        self._all: list[object] = []

    def number(self, what: object) -> int:
        """Return the number of an object, the same for the same one."""
        for number, known in enumerate(self._all):
            if known is what:
                return number
        self._all.append(what)
        return len(self._all) - 1

    def __getitem__(self, number: int) -> Any:
        return self._all[number]

    def __len__(self) -> int:
        return len(self._all)


def packed(what: object, kept: Kept | None = None) -> bytes:
    """Return an object as bytes.

    Args:
        what: anything that can be pickled, or of which this module knows how it is sent.
        kept: takes what stays here.

    Raises:
        PicklingError: it cannot be sent, and why.
    """
    stay = Kept() if kept is None else kept
    base: Any = import_module("ray.cloudpickle").Pickler

    class Packer(base):  # type: ignore[misc]  # pyright: ignore[reportUntypedBaseClass]  # ray has no types for it
        def reducer_override(self, obj: object) -> Any:
            made = _made_anew(obj, stay)
            if made is not None:
                return made
            return NotImplemented if _has_name(obj) else base.reducer_override(self, obj)

    stream = io.BytesIO()
    packer: Any = Packer(stream, protocol=pickle.HIGHEST_PROTOCOL)
    try:
        packer.dump(what)
    except (TypeError, AttributeError) as error:
        raise pickle.PicklingError(f"What is to be sent to a worker cannot be sent: {error}") from error
    return stream.getvalue()


def unpacked(data: bytes) -> Any:
    """Return the object behind the bytes that another process of this run sent."""
    return pickle.loads(data)  # noqa: S301 (it comes from a process of the same cluster, and was never stored)


def _made_anew(obj: Any, kept: Kept) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
    kind: type[Any] = type(obj)  # pyright: ignore[reportUnknownVariableType]  # it may be anything
    make = _WAYS.get(kind)
    if make is not None:
        return make(obj, kept)
    languages = sys.modules.get("langchain_core.language_models")
    if languages is not None and isinstance(obj, languages.BaseLanguageModel):
        return _model, (kind, _fields(obj))
    if kind.__name__ == "LangchainChat":
        return _resolved, (obj.model,)
    return None


def _has_name(obj: Any) -> bool:
    """Whether a function or a class of the script can be found there by its name."""
    if not (isinstance(obj, type) or hasattr(obj, "__code__")) or getattr(obj, "__module__", "") != "__main__":
        return False
    main = sys.modules["__main__"]
    if getattr(main, "__file__", None) is None:
        return False
    try:
        return attrgetter(obj.__qualname__)(main) is obj
    except AttributeError:
        return False


def _fields(model: BaseLanguageModel[Any]) -> dict[str, Any]:
    """Return the fields that a model was made with, without its connections."""
    declared, given = type(model).model_fields, model.model_fields_set
    lost = [name for name in _OF_PROCESS if name in given and getattr(model, name, None) is not None]
    if lost:
        warnings.warn(
            f"Model {type(model).__name__} is sent to workers without {', '.join(lost)}: it belongs to this process.",
            RuntimeWarning,
            stacklevel=2,
        )
    kept = [name for name in given if name in declared and not declared[name].exclude]
    return {name: getattr(model, name) for name in kept}


def _model(kind: type[BaseLanguageModel[Any]], fields: dict[str, Any]) -> BaseLanguageModel[Any]:
    if kind.model_config.get("populate_by_name") or kind.model_config.get("validate_by_name"):
        return kind(**fields)
    declared = kind.model_fields
    return kind(**{declared[name].alias or name: value for name, value in fields.items()})


def _resolved(model: Any) -> Any:
    from llm_strategy.chat import resolve

    return resolve(model)


def _meter(number: int) -> Meter:
    return present_line().meters.setdefault(number, Meter())


def _journal(number: int) -> JournalLayer:
    return JournalLayer(JournalThere(number))


def _budget(number: int, pricing: Any) -> BudgetLayer:
    return BudgetLayer(LedgerThere(number), pricing, Estimates())


def _limits(number: int, rates: Any, concurrency: int | None) -> LimitsLayer:
    return LimitsLayer(rates, concurrency, BooksThere(number))


_COUNTED: dict[int, tuple[LimitsLayer, LocalBooks]] = {}
"""Books of scopes that had none of their own: from map to map they stay the same."""


def _limits_sent(layer: LimitsLayer, kept: Kept) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if layer.rates.requests is None and layer.rates.tokens is None:
        return LimitsLayer, (layer.rates, layer.concurrency)
    books = _COUNTED.setdefault(id(layer), (layer, LocalBooks()))[1] if layer.books is None else layer.books
    return _limits, (kept.number(books), layer.rates, layer.concurrency)


def _shared_breaker() -> CircuitBreaker:
    return SHARED_BREAKER


_WAYS: dict[type, Callable[[Any, Kept], tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    JournalLayer: lambda layer, kept: (_journal, (kept.number(layer.store),)),
    BudgetLayer: lambda layer, kept: (_budget, (kept.number(layer.ledger), layer.pricing)),
    LimitsLayer: _limits_sent,
    CacheLayer: lambda layer, _: (CacheLayer, (layer.options,)),
    Meter: lambda meter, kept: (_meter, (kept.number(meter),)),
    Estimates: lambda _, __: (Estimates, ()),
    CircuitBreaker: lambda breaker, _: (_shared_breaker if breaker is SHARED_BREAKER else CircuitBreaker, ()),
}
