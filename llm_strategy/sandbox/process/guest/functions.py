"""Functions that ask the host, as the code sees them."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

from llm_strategy.sandbox.process.guest.values import NotData, Plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.sandbox.process.guest.alarm import Alarm
    from llm_strategy.sandbox.process.guest.channel import Channel

__all__ = ["ActionEnded", "Calls", "ToolError"]

_MOST = 2_000_000
"""Characters of the arguments of a call, roughly."""


class ToolError(Exception):
    """A tool failed, or was not called; the message says why."""


class ActionEnded(BaseException):
    """The action is over."""


class Calls:
    """Asks the host, one call after the other, from whatever thread."""

    def __init__(self, channel: Channel, alarm: Alarm) -> None:
        self.ended = False
        """Whether the host has ended the action."""
        self._channel = channel
        self._alarm = alarm
        self._process = os.getpid()
        self._action = 0
        self._count = 0
        self._open = False
        self._calling = False
        self.other: Callable[[dict[str, Any]], None] = _nothing
        """Takes the orders of the host that come while an answer is waited for."""

    def begin(self, action: int) -> None:
        """Let calls be made for an action."""
        self._action, self._count, self.ended, self._open = action, 0, False, True

    def close(self) -> None:
        """Let no more calls be made; called by who holds the lock of the channel."""
        self._open = False

    def function(self, name: str, parameters: list[str], many: str, description: str) -> Callable[..., Any]:
        """Return a function that asks the host."""

        def ask(*args: Any, **kwargs: Any) -> Any:
            return self._ask(name, _bound(name, parameters, many, args, kwargs))

        kinds = inspect.Parameter
        own = [kinds(each, kinds.POSITIONAL_OR_KEYWORD) for each in parameters if each.isidentifier()]
        rest = [kinds(many, kinds.VAR_POSITIONAL)] if many else []
        ask.__name__ = ask.__qualname__ = name
        ask.__doc__ = description
        ask.__module__ = "tools"
        ask.__signature__ = inspect.Signature([*own, *rest])  # type: ignore[attr-defined]
        return ask

    def _ask(self, name: str, arguments: dict[str, Any]) -> Any:
        text = self._text(name, arguments)
        if os.getpid() != self._process:
            raise RuntimeError(f"{name}() asks the host, which only the process of the session can.")
        with self._channel.lock:
            if not self._open:
                raise RuntimeError(f"{name}() was called after the action was over.")
            if self._calling:
                raise RuntimeError(f"{name}() was called while another call of this thread waits for its answer.")
            if self.ended:
                raise ActionEnded
            self._calling = True
            try:
                return self._asked(name, text)
            finally:
                self._calling = False

    def _asked(self, name: str, text: str) -> Any:
        self._count += 1
        call = self._count
        self._channel.send({"kind": "call", "action": self._action, "call": call, "tool": name, "arguments": text})
        while True:
            answer = self._channel.receive()
            # The answer to a call that was interrupted comes too late, and is nobody's.
            if answer.get("call") == call and answer["action"] == self._action:
                break
            self.other(answer)
        if answer["kind"] == "returned":
            return answer["value"]
        if answer["kind"] == "raised":
            raise ToolError(answer["message"])
        self.ended = True
        self._alarm.end()
        raise ActionEnded

    def _text(self, name: str, arguments: dict[str, Any]) -> str:
        try:
            return self._channel.encoded(Plain(_MOST).write(arguments))
        except NotData as problem:
            raise TypeError(f"{name}(): its arguments cannot be sent to the tool: {problem}.") from None


def _nothing(order: dict[str, Any]) -> None:
    del order


def _bound(
    name: str, parameters: list[str], many: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    if len(args) > len(parameters) and not many:
        raise TypeError(f"{name}() takes {len(parameters)} arguments ({_told(parameters)}), and was given {len(args)}.")
    bound = dict(zip(parameters, args, strict=False))
    known = {*parameters, many} if many else set(parameters)
    for each, value in kwargs.items():
        if each not in known:
            raise TypeError(f"{name}() has no parameter {each!r}. It has {_told(parameters)}.")
        if each in bound:
            raise TypeError(f"{name}() was given {each!r} twice.")
        bound[each] = value
    if len(args) > len(parameters):
        bound[many] = list(args[len(parameters) :])
    return bound


def _told(parameters: list[str]) -> str:
    return ", ".join(parameters) or "none"
