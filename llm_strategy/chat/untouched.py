"""Whether a model and its clients are as their libraries made them: users put others in their place.

Tests replace methods by mocks, and tools that watch an application wrap them. What was replaced must be called, so such
a model is asked through langchain, as if there were no other way.

Covered: methods of a model and of the completions of its clients, replaced in the class, in a subclass, or in the
object; a client that is none. Not covered: methods below these, such as `post` of the client.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from types import FunctionType
from typing import Any

__all__ = ["answers_usually", "is_wrapped", "known_arguments", "sends_usually"]

_ANSWERING = (
    *("invoke", "ainvoke", "stream", "astream", "generate", "agenerate", "generate_prompt", "agenerate_prompt"),
    *("_generate", "_agenerate", "_stream", "_astream", "_create_chat_result", "_convert_chunk_to_generation_chunk"),
    *("_generate_with_cache", "_agenerate_with_cache", "_call_async", "_should_stream", "_streaming_disabled"),
)
_NAMES = frozenset(_ANSWERING)
_LANGCHAIN = frozenset({"langchain_core", "langchain_openai"})
_OPENAI = frozenset({"openai"})


def answers_usually(model: Any) -> bool:
    """Return whether a model answers as `ChatOpenAI` does, here and now."""
    own: dict[str, Any] = model.__dict__
    kind: Any = model.__class__
    return _NAMES.isdisjoint(own) and _is_usual(kind, *map(getattr, repeat(kind), _ANSWERING, repeat(None)))


@lru_cache
def _is_usual(kind: type[Any], *methods: object) -> bool:
    """Whether these methods of a class are those of `ChatOpenAI`: a subclass may do anything in between."""
    usual = next((parent for parent in kind.__mro__ if parent.__module__.startswith("langchain_openai.")), None)
    if usual is None or usual.__name__ != "ChatOpenAI":
        return False
    if any(method is not getattr(usual, name, None) for name, method in zip(_ANSWERING, methods, strict=True)):
        return False
    return all(method is None or _is_of(method, _LANGCHAIN) for method in methods)


def sends_usually(completions: Any) -> bool:
    """Return whether the completions of a client send as the `openai` package does; also where there are none."""
    return completions is None or (
        not is_wrapped(completions) and _is_of(getattr(completions.__class__, "create", None), _OPENAI)
    )


def known_arguments(completions: Any) -> frozenset[str]:
    """Return the names of what the completions of a client can be asked with."""
    return _parameters(completions.__class__.create)


@lru_cache(maxsize=8)
def _parameters(function: Any) -> frozenset[str]:
    from inspect import signature

    return frozenset(signature(function).parameters)


def is_wrapped(completions: Any) -> bool:
    """Return whether something else stands in the place of the method of this one object."""
    own = getattr(completions, "__dict__", {})
    raw = own.get("with_raw_response")
    return "create" in own or not (raw is None or _is_of(getattr(raw, "create", None), _OPENAI))


def _is_of(function: object, packages: frozenset[str]) -> bool:
    """Whether a function was written in a package: a wrapper takes over the names of it, and not its globals."""
    return type(function) is FunctionType and function.__globals__["__name__"].partition(".")[0] in packages
