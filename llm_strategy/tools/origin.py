"""What a tool is made of where that is no plain function: an LLM function, a tool of langchain, an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llm_strategy.flow import Flow
    from llm_strategy.tools.signature import ToolSignature

__all__ = ["Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the signature of a tool comes from, and how it is carried out, where the function does not say."""

    where: str = ""
    """What errors call it; '' for the module and the name of the function."""
    signature: ToolSignature | None = None
    """Its arguments and its value; None for those of the function."""
    flow: Callable[..., Flow[Any]] | None = None
    """Answers a call as a part of the flow that wants it: its requests are journalled one by one."""
    awaited: Callable[..., Awaitable[Any]] | None = None
    """What is called instead where an event loop runs."""
    source: object = None
    """What it was made of, where that is not the function, and no argument was fixed."""
