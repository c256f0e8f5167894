"""Seeing whether a request really goes to its model: a layer below may refuse it, or be told to end while it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.requests import ChatRequest, OpenStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.requests import Flow

__all__ = ["noting_sent"]

T = TypeVar("T")


def noting_sent(flow: Flow[T], note: Callable[[], None]) -> Flow[T]:
    """Run `flow`, which comes from below a layer, and call `note` when it sends a request to a model."""
    answer: Any = None
    error: Exception | None = None
    try:
        while True:
            try:
                wanted = flow.send(answer) if error is None else flow.throw(error)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            if isinstance(wanted, ChatRequest | OpenStream):
                note()
            answer, error = None, None
            try:
                answer = yield wanted
            except Exception as problem:  # noqa: BLE001 (every error is the flow's: it may recover)
                error = problem
    finally:
        flow.close()
