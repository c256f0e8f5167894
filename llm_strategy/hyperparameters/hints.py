"""Annotations of hyperparameters, also where they are texts that name things of the surrounding function."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, get_type_hints

from llm_strategy.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType

__all__ = ["hints_of"]

_HERE = __name__.rpartition(".")[0]


def hints_of(function: Callable[..., Any], wanted: Collection[str], where: str) -> dict[str, Any]:
    """Return some of the annotations of a function, evaluated where the decorator is applied, `Annotated` kept.

    Raises:
        DefinitionError: an annotation names what does not exist (yet).
    """
    written: Any = inspect.unwrap(function)
    # Of the other annotations nothing is asked: they may name what only a type checker imports.
    copy = FunctionType(written.__code__, written.__globals__, written.__name__, None, written.__closure__)
    copy.__annotations__ = {name: hint for name, hint in written.__annotations__.items() if name in wanted}
    for newer in {"__type_params__"} & set(dir(written)):  # Python 3.12 on
        setattr(copy, newer, getattr(written, newer))
    try:
        return get_type_hints(copy, localns=_surrounding_names(written), include_extras=True)
    except Exception as error:
        raise DefinitionError(
            f"{where!r}: the annotation of a hyperparameter cannot be evaluated: {type(error).__name__}: {error}. "
            "Import or define what it names above the function."
        ) from error


def _surrounding_names(function: Any) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for frame in reversed(_frames()):
        if frame.f_globals is function.__globals__ and function.__qualname__.startswith(f"{frame.f_code.co_qualname}."):
            names.update({one.__name__: one for one in frame.f_locals.get("__type_params__", ())})
            names.update(frame.f_locals)
    return names


def _frames() -> list[FrameType]:
    """Frames of the functions and classes around, innermost first."""
    frames: list[FrameType] = []
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_HERE):
        frame = frame.f_back
    module = None if frame is None else frame.f_globals
    while frame is not None and frame.f_globals is module and frame.f_code.co_name != "<module>":
        frames.append(frame)
        frame = frame.f_back
    return frames
