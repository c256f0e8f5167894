"""The request that carries a tool out: a flow yields it, a driver performs it, a journal keeps its answer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import DefinitionError, InputError, LLMStrategyError, StoredDataError, UnsupportedError
from llm_strategy.schema import output_schema

if TYPE_CHECKING:
    from collections.abc import Generator

    from pydantic import BaseModel

    from llm_strategy.schema import OutputSchema
    from llm_strategy.tools.tool import Tool

__all__ = ["ToolRequest"]


@contextmanager
def _staying() -> Generator[None]:
    """Let a tool that ends the program, as parsers of command lines do, have failed instead."""
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(f"it tried to end the program (exit code {error.code!r})") from error


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """Call a tool with arguments that were checked; answered with its value."""

    tool: Tool[..., Any]
    """What is called."""
    arguments: BaseModel
    """With what."""

    def perform(self) -> Any:
        """Call the tool.

        Raises:
            UnsupportedError: it is async.
            RuntimeError: it tried to end the program.
            Exception: whatever the tool raises.
        """
        if iscoroutinefunction(self.tool.function):
            raise UnsupportedError(
                f"Tool {self.tool.name!r} is async, and this call is not. Use an async LLM function, or a tool of a "
                "plain function."
            )
        args, kwargs = self.tool.signature.passed(self.arguments)
        with _staying():
            return self.tool.function(*args, **kwargs)

    async def aperform(self) -> Any:
        """Call the tool without blocking the event loop: a plain function runs in a thread."""
        args, kwargs = self.tool.signature.passed(self.arguments)
        function = self.tool.origin.awaited or self.tool.function
        with _staying():
            if iscoroutinefunction(function):
                return await function(*args, **kwargs)
            import asyncio  # who is in a loop has it already

            value = await asyncio.to_thread(self._stayed, args, kwargs)
            return await value if iscoroutine(value) else value

    def _stayed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with _staying():  # in the thread: there it would end that one, and nobody would be told
            return self.tool.function(*args, **kwargs)

    def journal_data(self) -> Any:
        """Return what is called, with what."""
        return {"tool": self.tool.name, "arguments": self.tool.signature.arguments.dump(self.arguments)}

    def answer_data(self, answer: Any) -> Any:
        """Return the value as JSON data. Raises StoredDataError where it is none, or does not fit its declared type."""
        try:
            return self._value.dump(answer)
        except (InputError, DefinitionError, ValueError, TypeError) as error:
            raise StoredDataError(
                f"Tool {self.tool.name!r}: its value cannot be written down: {error}. Declare the type that it returns."
            ) from error

    def answer_from(self, data: Any) -> Any:
        """Return the value behind JSON data. Raises StoredDataError where it does not fit the declared type."""
        try:
            return self._value.read(data)
        except (LLMStrategyError, ValueError, TypeError) as error:
            raise StoredDataError(f"Tool {self.tool.name!r}: what is stored is none of its values: {error}.") from error

    @property
    def _value(self) -> OutputSchema[Any]:
        return output_schema(self.tool.signature.value, where=f"value of tool {self.tool.name!r}")
