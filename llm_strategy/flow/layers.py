"""Layers: flows that stand between a request and the model that answers it.

A layer sees every request that the flows of its scope yield, with the *path* of the request: the numbers of the steps
that lead to it, through parallel flows, which is the same in every run of the same program. It answers the request
itself, or sends it (or another one) onward, and being a flow it does so in both drivers. Caches, budgets, limits,
retries, journals and traces are layers.

Layers stand in the order of their ranks. Some are always there for chat requests, such as retries; a scope that opens a
layer of the same kind takes the place of what is there.

A scope takes its own layer away when it is left, and no other one: generators open and leave scopes in any order. What
began inside of it in tasks, threads and iterators has a context of its own, and keeps the layer. Where a scope is left
in another context than it was entered in, as the scopes of abandoned async generators are, nobody would ever take the
layer out of the first one: such a layer is in force nowhere from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from llm_strategy.flow.forgetting import Forget
from llm_strategy.flow.observed import observed
from llm_strategy.flow.ranks import USER
from llm_strategy.flow.requests import ChatRequest, Flow, OpenStream, Request
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Layer", "Onward", "Path", "answered", "layered", "layers_around", "layers_in_force", "own_layers"]

Path: TypeAlias = tuple[int, ...]
"""Where a request stands in its program: step in the outermost flow, index in `Parallel`, step in that flow, ..."""

Onward: TypeAlias = Callable[[Request], Flow[Any]]
"""Sends a request to the layers below, and at last to the model."""


class Layer(Protocol):
    """Answers requests, or passes them on.

    A layer may have two attributes: `rank`, a number of `llm_strategy.flow.ranks` (else it sees requests first), and
    `kind`, a word: of the layers of one kind, only that of the innermost scope is in force.
    """

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Return the answer to `request`; what it raises is raised in the flow that asked."""
        ...


class _Opened:
    """One opening of a layer: the same layer may be opened several times."""

    __slots__ = ("ended", "layer")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.ended = False
        """Whether it is in force nowhere."""


class _Era:
    """The time between two endings of layers that contexts may still hold."""


_ERA = [_Era()]


class _Stack:
    """The openings of the scopes, innermost first, and what is in force with the standing layers.

    Most scopes are left before any request comes: what is in force is worked out when somebody asks.
    """

    __slots__ = ("_chat", "_every", "era", "opened")

    def __init__(self, opened: tuple[_Opened, ...]) -> None:
        self.era = _ERA[0]  # before looking at what has ended
        """When it was made: later on, some of its layers may have ended."""
        self.opened = tuple(one for one in opened if not one.ended)
        """The openings of the scopes, innermost first."""
        self._every: tuple[Layer, ...] | None = None
        self._chat: tuple[Layer, ...] | None = None

    @property
    def own(self) -> tuple[Layer, ...]:
        """The layers of the scopes, innermost first."""
        return tuple(one.layer for one in self.opened)

    @property
    def every(self) -> tuple[Layer, ...]:
        """What is in force for any request."""
        if self._every is None:
            self._every = _in_order(self.own)
        return self._every

    @property
    def chat(self) -> tuple[Layer, ...]:
        """What is in force for requests to a model."""
        if self._chat is None:
            from llm_strategy.flow.standing import STANDING

            self._chat = _in_order((*self.own, *STANDING))
        return self._chat


_STACK: ContextVar[_Stack | None] = ContextVar("llm_strategy_layers", default=None)


@contextmanager
def layered(layer: Layer) -> Generator[None]:
    """Let `layer` see every request of the flows run inside; of equal rank, inner scopes see a request first."""
    opened = _Opened(layer)
    own = _Stack((opened, *_stack().opened))
    token = _STACK.set(own)
    try:
        yield
    finally:
        _leave(opened, own, token)


def _leave(opened: _Opened, own: _Stack, token: Token[_Stack | None]) -> None:
    present = _stack()
    try:
        _STACK.reset(token)
    except ValueError:  # this is another context than the one that it was entered in, which still holds it
        opened.ended = True
        _ERA[0] = _Era()
        return
    if present is not own:  # others were entered or left in between
        _STACK.set(_Stack(tuple(one for one in present.opened if one is not opened)))


def layers_in_force() -> tuple[Layer, ...]:
    """Return the layers that a request to a model passes here, the first one first."""
    return _stack().chat


def own_layers() -> tuple[Layer, ...]:
    """Return the layers that scopes have opened here, the innermost one first."""
    return _stack().own


def layers_around() -> Callable[[], tuple[Layer, ...]]:
    """Return what gives, at any later time, the layers that a request to a model passes here."""
    stack = _stack()
    return lambda: stack.chat


def answered(request: Request, path: Path) -> Flow[Any] | None:
    """Return the flow of all layers in force for `request`, or None where there are none and nothing is traced."""
    if isinstance(request, ChatRequest | OpenStream | Forget):
        return _descend(_stack().chat, request, path)
    layers = _stack().every
    return _descend(layers, request, path) if layers else None


def _stack() -> _Stack:
    stack = _STACK.get()
    if stack is None or stack.era is not _ERA[0]:
        stack = _Stack(() if stack is None else stack.opened)
        _STACK.set(stack)
    return stack


def _in_order(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    kinds: set[str] = set()
    kept: list[Layer] = []
    for layer in layers:
        kind: str | None = getattr(layer, "kind", None)
        if kind is None or kind not in kinds:
            kept.append(layer)
        if kind is not None:
            kinds.add(kind)
    return tuple(sorted(kept, key=_rank))


def _rank(layer: Layer) -> int:
    rank: int = getattr(layer, "rank", USER)
    return rank


def _descend(layers: tuple[Layer, ...], request: Request, path: Path) -> Flow[Any]:
    if layers:
        return (yield from layers[0](request, path, lambda below: _descend(layers[1:], below, path)))
    around = current_span()
    return (yield request) if around is None else (yield from observed(request, around, _sent))


def _sent(request: Request) -> Flow[Any]:
    return (yield request)
