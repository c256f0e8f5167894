"""Errors of the code, as its author should see them: with its own lines, and none of those around it."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["described"]

_EDGE = 8
"""How many lines of the stack are shown at either end."""
_LONGEST = 8000


def described(error: BaseException, is_own: Callable[[str], bool]) -> dict[str, str]:
    """Return kind, message and traceback of an error.

    Args:
        error: what was raised.
        is_own: whether a file is one of those that the author wrote.
    """
    return {
        "kind": _clean(type(error).__name__, 200),
        "message": _clean(_message(error), _LONGEST),
        "traceback": _clean(_traceback(error, is_own), 2 * _LONGEST),
    }


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})" if error.lineno else ""
        return f"{error.msg}{where}"
    try:
        return str(error)
    except Exception as problem:  # noqa: BLE001 (errors of the code may do anything when they are shown)
        return f"(its message raised {type(problem).__name__})"


def _traceback(error: BaseException, is_own: Callable[[str], bool]) -> str:
    _prune(error, is_own, set())
    try:
        lines = traceback.TracebackException(type(error), error, error.__traceback__, compact=True).format()
        return "".join(lines).rstrip("\n")
    except Exception as problem:  # noqa: BLE001 (lines that cannot be read, an error that cannot be shown)
        return f"{type(error).__name__} (its traceback raised {type(problem).__name__})"


def _prune(error: BaseException | None, is_own: Callable[[str], bool], seen: set[int]) -> None:
    """Take out of a traceback, and of those of its causes, the frames that are not the author's."""
    while error is not None and id(error) not in seen and len(seen) < 100:
        seen.add(id(error))
        error.__traceback__ = _own_frames(error.__traceback__, is_own)
        if isinstance(error, BaseExceptionGroup):
            for part in cast("Any", error).exceptions:
                _prune(part, is_own, seen)
        if error.__cause__ is not None:
            _prune(error.__context__, is_own, seen)
            error = error.__cause__
        else:
            error = error.__context__


def _own_frames(trace: TracebackType | None, is_own: Callable[[str], bool]) -> TracebackType | None:
    kept: list[TracebackType] = []
    while trace is not None:
        if is_own(trace.tb_frame.f_code.co_filename):
            kept.append(trace)
        trace = trace.tb_next
    if len(kept) > 2 * _EDGE:
        kept = [*kept[:_EDGE], *kept[-_EDGE:]]
    made: TracebackType | None = None
    for each in reversed(kept):
        made = TracebackType(made, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return made


def _clean(text: str, most: int) -> str:
    own = str.encode(text, "utf-8", "replace").decode()  # kinds of text may have a length of their own
    return own if len(own) <= most else f"{own[: most // 2]}\n[...]\n{own[-most // 2 :]}"
