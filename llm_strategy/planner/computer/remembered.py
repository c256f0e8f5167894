"""Work whose result a journal keeps: looking at files, changing them, asking people."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, TypeVar

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.journal.own_step import OwnStep
from llm_strategy.planner.computer.aside import aside

__all__ = ["Remembered"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remembered(OwnStep[T]):
    """Call a function, and take its value from the journal where the step is run again.

    The function may be called twice, where the process was killed behind it: so it has to do nothing the second time.
    """

    def perform(self) -> T:
        """Call the function. Raises ConfigurationError: it is async, in a sync run."""
        value: Any = self.function()
        if isawaitable(value):
            getattr(value, "close", lambda: None)()
            raise ConfigurationError(
                f"What is asked for {self.name!r} is async. Call the async function, such as agenerate_codebase(...)."
            )
        return value  # type: ignore[no-any-return]  # the journal checks its type

    async def aperform(self) -> T:
        """Call the function in a thread, and await its value where it is to be awaited."""
        value: Any = await aside(self.function)
        return await value if isawaitable(value) else value  # type: ignore[no-any-return]
