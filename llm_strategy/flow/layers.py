"""Layers: flows that stand between a request and the model that answers it.

A layer sees every request that the flows of its scope yield, with the *path* of the request: the numbers of the steps
that lead to it, through parallel flows, which is the same in every run of the same program. It answers the request
itself, or sends it (or another one) onward, and being a flow it does so in both drivers. Caches, budgets, limits,
retries, journals and traces are layers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from llm_strategy.flow.observed import observed
from llm_strategy.flow.requests import ChatRequest, Flow, OpenStream, Request
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Layer", "Onward", "Path", "answered", "layered"]

Path: TypeAlias = tuple[int, ...]
"""Where a request stands in its program: step in the outermost flow, index in `Parallel`, step in that flow, ..."""

Onward: TypeAlias = Callable[[Request], Flow[Any]]
"""Sends a request to the layers below, and at last to the model."""


class Layer(Protocol):
    """Answers requests, or passes them on."""

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Return the answer to `request`; what it raises is raised in the flow that asked."""
        ...


_LAYERS: ContextVar[tuple[Layer, ...]] = ContextVar("llm_strategy_layers", default=())


@contextmanager
def layered(layer: Layer) -> Generator[None]:
    """Let `layer` see every request of the flows run inside; inner scopes see a request first."""
    token = _LAYERS.set((layer, *_LAYERS.get()))
    try:
        yield
    finally:
        _LAYERS.reset(token)


def answered(request: Request, path: Path) -> Flow[Any] | None:
    """Return the flow of all layers in force for `request`, or None where there are none and nothing is traced."""
    layers = _LAYERS.get()
    if not layers and (not isinstance(request, ChatRequest | OpenStream) or current_span() is None):
        return None
    return _descend(layers, request, path)


def _descend(layers: tuple[Layer, ...], request: Request, path: Path) -> Flow[Any]:
    if layers:
        return (yield from layers[0](request, path, lambda below: _descend(layers[1:], below, path)))
    around = current_span()
    return (yield request) if around is None else (yield from observed(request, around, _sent))


def _sent(request: Request) -> Flow[Any]:
    return (yield request)
