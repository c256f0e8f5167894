"""Answering code that asks for a tool: the tool is called outside, and what it gives goes in as data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import (
    BudgetExceededError,
    ConfigurationError,
    InputError,
    JournalError,
    LLMStrategyError,
    ReplyError,
)
from llm_strategy.sandbox.protocol import GuestFunction
from llm_strategy.sandbox.steps import Raised, Returned
from llm_strategy.schema import is_untrusted, to_jsonable
from llm_strategy.tools import as_tool, call_tool
from llm_strategy.tracing.error_words import error_words
from llm_strategy.tracing.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.flow import Flow
    from llm_strategy.sandbox.steps import HostCall, Outcome
    from llm_strategy.tools import Tool

__all__ = ["ENDING", "ToolAnswers"]

ENDING = (BudgetExceededError, ConfigurationError, JournalError)
"""Errors that code cannot do anything about: they end the action, and are raised where it was begun."""
_LONGEST = 4000


class ToolAnswers:
    """The tools of a session.

    Args:
        tools: tools, or whatever `as_tool` makes some of.
        tainted: whether the code may have been written by order of an untrusted text.

    Raises:
        ConfigurationError: two of them have the same name.
        DefinitionError: a function cannot be a tool.
    """

    def __init__(self, tools: Iterable[Any], *, tainted: bool) -> None:
        self.tainted = tainted
        """Whether what the code says counts as untrusted: from the start, or since a tool gave it such a value."""
        self._tools: dict[str, Tool[..., Any]] = {}
        for one in tools:
            made: Tool[..., Any] = as_tool(one)
            name = re.sub(r"\W", "_", made.name)
            if name in self._tools:
                raise ConfigurationError(f"Two tools are called {name!r} in the sandbox. Give one another name.")
            self._tools[name] = made

    @property
    def functions(self) -> tuple[GuestFunction, ...]:
        """The tools, as the code sees them."""
        return tuple(
            GuestFunction(name, one.signature.named, one.description, one.signature.many)
            for name, one in self._tools.items()
        )

    def answer(self, call: HostCall) -> Flow[Outcome]:
        """Call a tool; what it raises is told to the code.

        Raises:
            BudgetExceededError, ConfigurationError, JournalError: code can do nothing about it.
        """
        found = self._tools.get(call.tool)
        if found is None:
            return Raised(f"There is no tool {call.tool[:100]!r}.")
        try:
            value = yield from call_tool(found, call.arguments, tainted=self.tainted)
            self.tainted = self.tainted or found.returns_untrusted or is_untrusted(value)
            return Returned(to_jsonable(value, found.signature.value, where=f"the value of {call.tool}"))
        except ENDING:
            raise
        except ReplyError as error:
            return Raised(_short(f"{call.tool}(): {error}"))
        except InputError as error:
            return Raised(_short(f"{call.tool}(): {error}"))
        except LLMStrategyError as error:
            return Raised(_short(f"{type(error).__name__}: {error}"))
        except Exception as error:  # noqa: BLE001 (a tool may raise anything, and the code may know what to do)
            return Raised(_short(Secrets.of_environment().removed(f"{type(error).__name__}: {error_words(error)}")))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
