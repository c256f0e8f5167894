"""Models that nobody can ask, as they are set up: only a candidate that may have chosen its model is judged by that.

A task that has no model, one of an unknown name, no key, no file, or no price that a budget of money needs, fails with
every candidate. Its score would say nothing, and would stand in the store when all was mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import (
    ConfigurationError,
    MissingExtraError,
    MissingKeyError,
    ModelFileError,
    NetworkBlockedError,
    NoModelError,
    UnknownModelError,
    UnknownPriceError,
)
from llm_strategy.function.configuration import FunctionHyperparameters
from llm_strategy.optimize.space.fitting import alike

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from llm_strategy.optimize.space import Space

__all__ = ["may_choose_model", "unreachable_in", "unreachable_told"]

_KINDS = (NoModelError, UnknownModelError, MissingKeyError, UnknownPriceError, NetworkBlockedError)
_EXTRA = "local"


def may_choose_model(space: Space, values: Mapping[str, Any]) -> bool:
    """Whether values may choose another model than the seed's: what differs is read by a function of the user's own.

    The hyperparameters of LLM functions choose no model.
    """
    llm = {one.config_name for one in space.functions if issubclass(one.config_model_type, FunctionHyperparameters)}
    own = (leaf for leaf in space.leaves if leaf.function not in llm)
    return any(not alike(values.get(leaf.path, leaf.default), leaf.default) for leaf in own)


def unreachable_in(error: BaseException) -> BaseException | None:
    """Return what says that a model cannot be asked, where an error is that, or came from it.

    >>> try:
    ...     raise RuntimeError("It failed.") from NoModelError("No model.")
    ... except RuntimeError as failed:
    ...     unreachable_in(failed)
    NoModelError('No model.')
    """
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (*_KINDS, ModelFileError)) or (isinstance(one, MissingExtraError) and one.extra == _EXTRA):
            return one
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        waiting.extend(() if cause is None else (cause,))
    return None


def unreachable_told(found: BaseException, said: str, where: str, task: str) -> ConfigurationError:
    """Return the error that ends the run, of the same type where it is one of those.

    Args:
        found: what says that a model cannot be asked.
        said: its type and words, without secrets.
        where: the case, and the candidate.
        task: the name of the task.
    """
    kind = next((one for one in _KINDS if type(found) is one), ConfigurationError)
    return kind(
        f"The task {task} could ask no model at {where}: {said.rstrip('.')}. No candidate can change that. Nothing of "
        "this run is kept: mend that, and the same call goes on."
    )
