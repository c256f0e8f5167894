"""What a fresh monty is fed before any code of a model: attempts to get out, and what a session needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pydantic_monty

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.monty.machine import Machine

if TYPE_CHECKING:
    from llm_strategy.sandbox.limits import Limits

__all__ = ["attempts", "walled"]

_BEGINNING = """
import json as __json__
ToolError = RuntimeError
def __show__(value, repr=repr, dumps=__json__.dumps, len=len, Exception=Exception):
    try:
        shown = repr(value)
        size = len(shown)
    except Exception as problem:
        return [None, f"<a value without repr: {problem}>", 0]
    try:
        text = dumps(value)
        if len(text) > 1000000 or "NaN" in text or "Infinity" in text:
            text = dumps(value, allow_nan=False) if len(text) <= 1000000 else None
    except Exception:
        text = None
    return [text, shown[:10000], size]
"""
"""Fed once: how the value of a last line is shown, with Python's names as they are now; and `ToolError`.

Monty has no inheritance, so a `ToolError` is a RuntimeError: `except ToolError` catches what a tool raises.
"""


def attempts(limits: Limits) -> tuple[tuple[str, str], ...]:
    """Return what must fail in monty, by what it would mean if it did not: (what got out, code)."""
    return (
        ("a file of this machine was read", f"open({sys.executable!r}, 'rb').read(1)"),
        ("a folder of this machine was listed", "import os\nos.listdir('/')"),
        ("a file was written", "open('/tmp/out', 'w').write('x')"),
        ("the environment was read", "import os\nos.environ"),
        ("a module with sockets was loaded", "import socket"),
        ("a module with processes was loaded", "import subprocess"),
        ("a module with C functions was loaded", "import ctypes"),
        ("more memory was taken than is allowed", f"'x' * {int(limits.memory_mib * 2**20) + 1}"),
    )


def walled(limits: Limits, state: bytes = b"") -> Machine:
    """Start an interpreter, try to get out of it, and begin a session that has seen none of that.

    Raises:
        SandboxUnavailableError: it did not start, or something got out.
    """
    try:
        machine = Machine(limits)
    except Exception as error:
        raise SandboxUnavailableError(
            f"The sandbox 'monty' cannot start, and no code was run: {f'{error}'[:500]}"
        ) from error
    try:
        _try(machine, limits)
        machine.renew(state)
        if not state:
            machine.session.feed_run(_BEGINNING)
    except SandboxUnavailableError:
        machine.close()
        raise
    except Exception as error:
        machine.close()
        raise SandboxUnavailableError(
            f"The sandbox 'monty' broke before any code was run: {f'{error}'[:500]}"
        ) from error
    return machine


def _try(machine: Machine, limits: Limits) -> None:
    for fallen, code in attempts(limits):
        try:
            machine.session.feed_run(code)
        except pydantic_monty.MontyRuntimeError:
            continue
        raise SandboxUnavailableError(f"A wall of the sandbox 'monty' did not hold: {fallen}. No code was run.")
