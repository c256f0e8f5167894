"""Running one action after the other in a namespace that stays."""

from __future__ import annotations
import __future__

import ast
import builtins
import inspect
import linecache
import os
import sys
from contextlib import suppress
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from llm_strategy.sandbox.process.guest.alarm import Interrupted, TimeLimit
from llm_strategy.sandbox.process.guest.faults import described
from llm_strategy.sandbox.process.guest.functions import ActionEnded
from llm_strategy.sandbox.process.guest.values import NotData, Plain, shown

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.guest.alarm import Alarm

__all__ = ["Execution"]

_SHOWN = 20_000
_VALUE = 1_000_000
_FUTURES = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
_ALARMS = (Interrupted, TimeLimit)
_OWN = frozenset({"DiskLimit", "Interrupted", "Lost", "MemoryLimit", "TimeLimit", "ToolLimit", "Unsupported"})
_AWAITING = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Execution:
    """The module `__main__` of the code, and how actions are run in it."""

    def __init__(self, workspace: str, names: dict[str, Any], alarm: Alarm) -> None:
        self.module = ModuleType("__main__")
        """Where the names of the code are."""
        self.module.__dict__.update(names, __builtins__=builtins)
        self._workspace = f"{workspace}/"
        self._alarm = alarm
        self._files: set[str] = set()
        self._futures = 0
        self._builtins = _Builtins()
        self._process = os.getpid()
        self._process_now, self._write, self._exit = os.getpid, os.write, os._exit  # code may change them

    def run(self, number: int, code: str) -> dict[str, Any]:
        """Run an action. Returns value, what is shown of it, and the error: JSON data."""
        told: dict[str, Any] = {}
        try:
            try:
                self._alarm.enter()
                value = self._run(number, code)
                self._builtins.restore()
                self._tell(value, told)
            except BaseException as error:  # noqa: BLE001 (whatever code raises)
                self._builtins.restore()
                self._fail(error, told)
            finally:
                self._alarm.leave()
        except BaseException as error:  # noqa: BLE001 (time is over at the very moment at which it ended)
            self._builtins.restore()
            told = {"error": self._fault(error)}
        if self._process_now() != self._process:
            self._end_copy(told)
        return told

    def own(self, file: str) -> bool:
        """Whether the author of the code wrote a file."""
        return file in self._files or file.startswith(self._workspace)

    def _run(self, number: int, code: str) -> Any:
        name = f"<action {number}>"
        self._files.add(name)
        linecache.cache[name] = len(code), None, [f"{line}\n" for line in code.splitlines()], name
        sys.modules["__main__"] = self.module
        parts = self._parts(code, name)
        self._builtins.change()
        value = None
        for part in parts:
            value = self._value(part)
        return value

    def _tell(self, value: Any, told: dict[str, Any]) -> None:
        if value is None:
            return
        told["shown"] = shown(value, _SHOWN)
        with suppress(NotData, Exception):  # the code of a value may raise anything
            told["value"] = Plain(_VALUE).write(value)

    def _parts(self, code: str, name: str) -> list[CodeType]:
        """Compile the statements, and the expression at the end by itself."""
        flags = self._futures | _AWAITING
        try:
            tree = compile(code, name, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        except MemoryError:  # the parser has a stack of its own
            raise SyntaxError("the code nests too deep, or is too long") from None
        made: list[CodeType] = []
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if tree.body or last is None:
            made.append(compile(tree, name, "exec", flags, dont_inherit=True))
            for future in _FUTURES:
                self._futures |= made[0].co_flags & future
        if last is not None:
            expression = ast.Expression(last.value)
            made.append(compile(expression, name, "eval", self._futures | _AWAITING, dont_inherit=True))
        return made

    def _value(self, part: CodeType) -> Any:
        value = eval(part, self.module.__dict__)  # noqa: S307 (this is what a sandbox is for)
        if part.co_flags & inspect.CO_COROUTINE:
            import asyncio  # only few need it, and it takes its time

            return asyncio.run(value)
        return value

    def _fail(self, error: BaseException, told: dict[str, Any]) -> None:
        told.clear()
        if isinstance(error, ActionEnded) or (isinstance(error, SystemExit) and error.code in {None, 0}):
            return
        told["error"] = self._fault(error)

    def _fault(self, error: BaseException) -> dict[str, str]:
        try:
            told = described(error, self.own)
        except MemoryError:
            told = {"kind": type(error).__name__, "message": "", "traceback": ""}
        error.__traceback__ = None  # its frames hold on to what may be large
        if told["kind"] in _OWN and type(error) not in _ALARMS:
            told["kind"] = f"__main__.{told['kind']}"  # a name of the code's own choice
        if isinstance(error, MemoryError):
            told["kind"] = "MemoryLimit"
            told["message"] = told["message"] or "There was not enough memory."
        return told

    def _end_copy(self, told: dict[str, Any]) -> None:
        """End a process that the code has forked off, and that came to the end of the action as well."""
        error = told.get("error")
        if error:
            self._write(2, f"{error['traceback']}\n".encode())
        self._exit(1 if error else 0)


class _Builtins:
    """What is built in: as the code has changed it while it runs, and as it was at the beginning else."""

    def __init__(self) -> None:
        self._first = dict(vars(builtins))
        self._changed: dict[str, Any] = {}
        self._removed: list[str] = []
        self._in_use = False

    def change(self) -> None:
        """Give the code back what it had made of them."""
        self._in_use = True
        builtins.__dict__.update(self._changed)
        for name in self._removed:
            builtins.__dict__.pop(name, None)

    def restore(self) -> None:
        """Make them again what they were."""
        if not self._in_use:
            return
        self._in_use = False
        present = builtins.__dict__
        self._removed = [name for name in self._first if name not in present]
        self._changed = {name: now for name, one in self._first.items() if (now := present.get(name, one)) is not one}
        present.update(self._first)
