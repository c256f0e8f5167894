"""What monty's exceptions say to the author of the code: the kind, the message, and a traceback of its own lines.

Monty runs a part of Python. What it lacks is an error of kind `Unsupported`, told in words that lead to other code; so
a model does not take a gap of the sandbox for a mistake in its program.
"""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

from llm_strategy.sandbox.results import CodeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_monty import Frame, MontyRuntimeError, MontySyntaxError

__all__ = ["LIMITS", "MODULES", "code_error", "counted", "unsupported"]

MODULES = (
    *("asyncio", "base64", "binascii", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal"),
    *("functools", "hashlib", "itertools", "json", "math", "os.path", "pathlib", "random", "re", "sys", "time"),
    *("tomllib", "typing", "unicodedata"),
)
"""What can be imported."""
LIMITS = {
    "TimeoutError: feed time limit exceeded": "TimeLimit",
    "MemoryError: memory limit exceeded": "MemoryLimit",
    "MemoryError: the worker exceeded its memory limit": "MemoryLimit",
}
"""How the exceptions begin by which monty ends code that used up too much, and what they are here."""
_PARSER = "The monty syntax parser does not yet support "
_INSTEAD = {
    "yield": "Collect the items in a list, and return it.",
    "exception groups": "Catch exceptions with `except`.",
    "'del'": "Use .pop(...), or build a new list or dict.",
    "class inheritance": "Write one class that holds another, or functions; raise ValueError or RuntimeError.",
    "method decorators": "Write a plain method, or a function outside of the class.",
    "async context": "Use `with`, or try and finally.",
}
_LAZY = "lazy iterators: map, zip, filter and ( ... for ...) give lists. Use iter(...) on the list, or a for loop."
_LACKS = (
    (r"ModuleNotFoundError: No module named '(.+)'", "module {0}. It can import " + ", ".join(MODULES) + "."),
    (r"AttributeError: module '(.+)' has no attribute '(.+)'", "{0}.{1}. Write it out."),
    (r"ImportError: cannot import name '(.+)' from '(.+?)'.*", "{1}.{0}. Write it out."),
    (r"AttributeError: '(.+)' object has no attribute '(__\w+__)'", "{1} of {0} objects. Keep what you need yourself."),
    (r"AttributeError: type object '(.+)' has no attribute '(__\w+__)'", "{1} of the type {0}."),
    (r"TypeError: 'list' object is not an iterator", _LAZY),
    (r"AttributeError: '_io.TextIOWrapper' object has no attribute '(.+)'", "{0} of streams. Use print(...)."),
    (r"TypeError: cannot create 'object' instances", "plain objects. Write a class of your own."),
    (r"PermissionError: Permission denied: '(.+)'", "files, so no {0}. Keep data in variables, or ask a tool for it."),
    (r"RuntimeError: '(.+)' is not supported in this environment", "{0}. Ask a tool for what you need from outside."),
)  # fmt: skip
_UNREAD = "main.py"
_LINE = 200
"""Characters of a line of code that are shown."""
_ENDS = 8
"""Frames that are shown of each end of a long traceback."""


def unsupported(lacking: str) -> CodeError:
    """Return the error of code that needs something that monty lacks."""
    return CodeError("Unsupported", f"This sandbox (monty) runs a part of Python. It has no {lacking}")


def code_error(error: MontySyntaxError | MontyRuntimeError, codes: Mapping[str, str], told: str = "") -> CodeError:
    """Return what an exception in monty is to the author of the code.

    Args:
        error: The exception.
        codes: The code of the actions, by the names that monty has given them.
        told: What the last tool that failed said: an exception that says so is a `ToolError`.
    """
    summary = error.display("type-msg")
    kind, _, message = summary.partition(": ")
    kind = kind.rpartition(".")[2]
    if kind == "KeyError":  # the only one that shows what it was given as Python writes it
        message = f"{error.exception()}"
    limit = next((limit for begins, limit in LIMITS.items() if summary.startswith(begins)), "")
    if limit:
        return CodeError(limit, message)
    if kind == "RuntimeError" and told and message == told:
        kind = "ToolError"
    lacking = _lacking(summary)
    known = unsupported(lacking) if lacking else CodeError(kind, message)
    return CodeError(
        known.kind,
        known.message,
        _traceback(error.traceback(), codes, f"{known.kind}: {known.message}".removesuffix(": ")),
    )


def counted(error: MontySyntaxError | MontyRuntimeError) -> bool:
    """Return whether monty has counted what it was fed: code that is too deep to be read has no number."""
    return all(frame.filename != _UNREAD for frame in error.traceback())


def _lacking(summary: str) -> str:
    _, _, gap = summary.partition(f"NotImplementedError: {_PARSER}")
    gap = gap.removeprefix("the ")
    if gap:
        instead = (told for start, told in _INSTEAD.items() if gap.startswith(start))
        return f"{gap}. {next(instead, 'Write it another way.')}"
    name = re.fullmatch(r"NameError: name '(\w+)' is not defined", summary)
    if name and hasattr(builtins, name[1]):
        return f"{name[1]}. Write it another way."
    for pattern, told in _LACKS:
        found = re.fullmatch(pattern, summary, flags=re.DOTALL)
        if found:
            return told.format(*found.groups())
    return ""


def _traceback(frames: Sequence[Frame], codes: Mapping[str, str], last: str) -> str:
    lines = [_frame(one, codes[one.filename]) for one in frames if one.filename in codes]
    if len(lines) > 2 * _ENDS:
        left_out = len(lines) - 2 * _ENDS
        lines = [*lines[:_ENDS], f"  [{left_out} more calls]", *lines[-_ENDS:]]
    return "\n".join(("Traceback (most recent call last):", *lines, last)) if lines else last


def _frame(frame: Frame, code: str) -> str:
    lines = code.split("\n")
    number = min(frame.line, len(lines))  # what is fed has a line more than the code
    where = f'  File "<action>", line {number}, in {frame.function_name or "<module>"}'
    line = lines[number - 1].strip()[:_LINE]
    return f"{where}\n    {line}" if line else where
