"""Approval: somebody is asked before a tool does what cannot be undone. Where nobody can be asked, nothing is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_strategy.errors import StoredDataError, ToolRefusedError, UnsupportedError
from llm_strategy.schema import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Approval", "ApprovalRequest", "approving", "somebody_approves"]


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody is asked to approve."""

    tool: str
    """Name of the tool."""
    arguments: Mapping[str, Any]
    """What it is to be called with."""
    untrusted: bool
    """Whether the arguments come from a conversation with untrusted data in it."""


Approver: TypeAlias = Callable[[Approval], "bool | Awaitable[bool]"]

_APPROVER: ContextVar[Approver | None] = ContextVar("llm_strategy_approver", default=None)


@contextmanager
def approving(approver: Approver) -> Generator[None]:
    """Let `approver` decide about calls of tools that need approval; it may be async where the calls are.

    >>> from llm_strategy.flow import run
    >>> from llm_strategy.tools import call_tool, tool
    >>> @tool(needs_approval=True)
    ... def delete(path: str) -> str:
    ...     '''Delete a file.'''
    ...     return f"{path} is gone"
    >>> with approving(lambda asked: asked.arguments["path"].startswith("/tmp/")):
    ...     run(call_tool(delete, '{"path": "/tmp/a"}', tainted=False))
    '/tmp/a is gone'
    """
    token = _APPROVER.set(approver)
    try:
        yield
    finally:
        _APPROVER.reset(token)


def somebody_approves() -> bool:
    """Return whether there is somebody here who can be asked."""
    return _APPROVER.get() is not None


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """Ask whether a tool may be called; answered with a truth value. A journal keeps the answer."""

    asked: Approval
    """What is to be done."""

    def perform(self) -> bool:
        """Ask whoever approves. Raises ToolRefusedError where there is nobody."""
        answer = self._approver(self.asked)
        if isawaitable(answer):
            getattr(answer, "close", _nothing)()
            raise UnsupportedError(
                f"Tool {self.asked.tool!r}: who approves is async, and this call is not. Use an async LLM function, or "
                "give approving(...) a plain one."
            )
        return answer is True

    async def aperform(self) -> bool:
        """Ask whoever approves, and wait. Raises ToolRefusedError where there is nobody."""
        answer = self._approver(self.asked)
        return (await answer if isawaitable(answer) else answer) is True

    @property
    def _approver(self) -> Approver:
        approver = _APPROVER.get()
        if approver is None:
            raise ToolRefusedError(
                f"Tool {self.asked.tool!r} needs approval, and there is nobody to ask. Call it inside "
                "`with approving(...):`."
            )
        return approver

    def journal_data(self) -> Any:
        """Return what is asked."""
        return {"tool": self.asked.tool, "arguments": to_jsonable(self.asked.arguments)}

    def answer_data(self, answer: bool) -> bool:  # noqa: FBT001 (the answer is the one argument)
        """Return the answer."""
        return answer

    def answer_from(self, data: Any) -> bool:
        """Return the answer. Raises StoredDataError."""
        if isinstance(data, bool):
            return data
        raise StoredDataError(f"Tool {self.asked.tool!r}: {data!r} is no answer of somebody who approves.")


def _nothing() -> None:
    """Do nothing."""
