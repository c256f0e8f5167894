"""`tool`: make a function something that a model may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from llm_strategy.tools.rules import Rules
from llm_strategy.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tools.rules import NeedsApproval

__all__ = ["tool"]

P = ParamSpec("P")
R = TypeVar("R")


class _Decorator(Protocol):
    """Makes a tool of a function."""

    def __call__(self, function: Callable[P, R], /) -> Tool[P, R]: ...


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...
@overload
def tool(
    *,
    name: str = "",
    description: str = "",
    accepts_untrusted: bool = False,
    needs_approval: NeedsApproval = False,
) -> _Decorator: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    description: str = "",
    accepts_untrusted: bool = False,
    needs_approval: NeedsApproval = False,
) -> Any:
    """Make a function a tool: its name, its docstring and its typed signature are what a model is told.

    The function may be async, or a method. A return type `Untrusted[...]` says that its values come from somebody who
    is not trusted: the web, a mailbox, a user.

    >>> @tool
    ... def add(a: int, b: int = 1) -> int:
    ...     '''The sum.'''
    ...     return a + b
    >>> add(2, b=2), add.name, add.description, add.read('{"a": "3"}')
    (4, 'add', 'The sum.', AddArguments(a=3, b=1))

    Args:
        function: what is called.
        name: the name that a model calls it by, if not its own.
        description: what a model is told about it, if not its docstring.
        accepts_untrusted: whether it may be called with what came from an untrusted text: only where nobody is harmed,
            whatever the arguments are. Declare a single parameter as `Untrusted[...]` where the others matter.
        needs_approval: whether somebody is asked before a model's call is carried out (see `approving`); a function of
            the `Approval` may decide.

    Raises:
        DefinitionError: no docstring, a parameter without a type, or one that a model cannot fill.
    """
    rules = Rules(name, description, accepts_untrusted, needs_approval)

    def made(found: Callable[..., Any]) -> Tool[..., Any]:
        return Tool(found, rules)

    return made if function is None else made(function)
