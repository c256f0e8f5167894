"""The words of an error, whoever has written it."""

from __future__ import annotations

__all__ = ["error_words"]


def error_words(error: BaseException) -> str:
    """Return the message of an error; where it cannot be had, why.

    >>> error_words(ValueError("no number"))
    'no number'
    """
    try:
        return str(error)
    except Exception as problem:  # noqa: BLE001 (errors of users may do anything when they are shown)
        return f"(its message raises {type(problem).__name__})"
