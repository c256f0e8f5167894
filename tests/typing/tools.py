"""What type checkers say about tools of all kinds; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, assert_type

from langchain_core.tools import StructuredTool

from llm_strategy import llm_function, tool
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import Tool, as_tool, toolset


def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


async def fetch(name: str) -> bytes:
    """Fetch."""
    return name.encode()


class Shop:
    """A shop."""

    def price(self, article: str) -> float:
        """The price of an article."""
        return float(len(article))

    def __call__(self, article: str) -> bool:
        """Whether there is one."""
        return bool(article)


@llm_function
def vowels(model: Any, word: str, *, twice: bool = False) -> int:
    """Count the vowels."""
    raise NotImplementedError


if TYPE_CHECKING:
    assert_type(as_tool(add)(1, b=2), int)
    as_tool(add)("1")  # type: ignore[arg-type]
    assert_type(as_tool(tool(add), name="plus")(1), int)
    assert_type(as_tool(Shop().price)("tea"), float)
    assert_type(as_tool(Shop())("tea"), bool)
    assert_type(as_tool(functools.partial(add, b=2))(1), int)
    assert_type(as_tool(vowels, model="openai:gpt-4o-mini")("tea", twice=True), int)
    assert_type(as_tool(vowels.bind(None))("tea"), int)
    as_tool(vowels)(1)  # type: ignore[arg-type]
    assert_type(as_tool(StructuredTool.from_function(add)), Tool[..., Any])
    as_tool(add, nickname="plus")  # type: ignore[call-overload]
    assert_type(toolset([add, vowels]), tuple[Tool[..., Any], ...])


async def checked() -> None:
    """A tool of an async function is awaited."""
    assert_type(await as_tool(fetch)("a"), bytes)


assert as_tool(vowels, model=ScriptedModel(["3"]))("tea") == len("tea")
