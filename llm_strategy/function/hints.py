"""Type hints of a stub, also where they are strings that name things of the surrounding function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, get_type_hints

from llm_strategy.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

__all__ = ["hints_of", "surrounding_names"]


_OURS = ("llm_strategy.function", "llm_strategy.strategy")


def surrounding_names() -> dict[str, Any]:
    """Return the local names where a decorator is applied: annotations may refer to them.

    That is the first frame outside the decorators' own rooms, and the frames around it in the same module.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (nothing else shows the names of the caller)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_OURS):
        frame = frame.f_back
    names: dict[str, Any] = {}
    module = None if frame is None else frame.f_globals
    while frame is not None and frame.f_globals is module and frame.f_code.co_name != "<module>":
        names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def hints_of(function: Callable[..., Any], names: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the evaluated annotations of a function, `Annotated` kept.

    Raises:
        DefinitionError: an annotation cannot be evaluated; caused by a NameError where it names something that does not
            exist (yet).
    """
    try:
        return get_type_hints(function, localns=dict(names), include_extras=True)
    except Exception as error:
        raise DefinitionError(
            f"{where!r}: an annotation cannot be evaluated: {type(error).__name__}: {error}. "
            "Import or define what it names, before the first call at the latest."
        ) from error
