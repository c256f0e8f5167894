"""The layer of a durable run: it stands before all others, and answers from the journal what was answered before."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from threading import get_ident
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import JournalError, ProgramChangedError
from llm_strategy.flow.codec import reply_data, reply_from
from llm_strategy.flow.journal.asked import Writer
from llm_strategy.flow.journal.failures import error_data, error_from
from llm_strategy.flow.journal.recordable import Recordable
from llm_strategy.flow.journal.replayed import replayed_inside, replayed_reply, replayed_stream
from llm_strategy.flow.journal.streams import chunks_from, record_stream
from llm_strategy.flow.ranks import JOURNAL
from llm_strategy.flow.replayed import charge_replayed
from llm_strategy.flow.requests import ChatRequest, OpenStream
from llm_strategy.flow.root import current_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.journal.store import Asked, FlowData, JournalStore, Told
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request, Stream
    from llm_strategy.flow.root import Root
    from llm_strategy.messages import Reply

__all__ = ["JournalLayer"]

_INSIDE: ContextVar[tuple[int, int] | None] = ContextVar("llm_strategy_journal_inside", default=None)
"""The ticket of the request that is carried out here, and the thread: flows that it runs belong to it."""


def ticket_in_force() -> int:
    """Return the ticket of the journalled request that is carried out here; 0 where there is none."""
    inside = _INSIDE.get()
    return 0 if inside is None else inside[0]


class JournalLayer:
    """Answers requests from a journal, and writes down what others answer before the flow gets it."""

    rank = JOURNAL
    kind = "journal"

    def __init__(self, store: JournalStore) -> None:
        self.store = store
        """Where the journal is kept."""
        self._writer = Writer()
        self._thread = get_ident()

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Answer a request."""
        if isinstance(request, ChatRequest):
            return self._reply(request, path, onward)
        if isinstance(request, OpenStream):
            return self._stream(request, path, onward)
        if isinstance(request, Recordable):
            return self._recorded(request, path, onward)
        return onward(request)

    def _reply(self, request: ChatRequest, path: Path, onward: Onward) -> Flow[Reply]:
        told = self._ask(path, self._writer.chat(request, "chat"), request)
        if told["told"] == "answer":
            yield from replayed_inside(told["inside"])
            return (yield from replayed_reply(request, reply_from(told["answer"], told["where"])))
        reply: Reply = yield from self._asked(request, told, onward, reply_data)
        return reply

    def _recorded(self, request: Any, path: Path, onward: Onward) -> Flow[Any]:
        told = self._ask(path, self._writer.other(request))
        if told["told"] == "answer":
            yield from replayed_inside(told["inside"])
            return request.answer_from(told["answer"])
        return (yield from self._asked(request, told, onward, request.answer_data))

    def _stream(self, request: OpenStream, path: Path, onward: Onward) -> Flow[Stream]:
        told = self._ask(path, self._writer.chat(request.request, "stream"), request.request)
        if told["told"] == "answer":
            yield from replayed_inside(told["inside"])
            pieces = chunks_from(told["answer"], told["where"])
            more = (lambda: self._wanted_more(told)) if told["partial"] else None
            return (yield from replayed_stream(request, pieces, more))
        stream: Stream = yield from self._sent(request, told["ticket"], onward)
        record_stream(stream, self.store, told["ticket"])
        return stream

    def _asked(self, request: Request, told: Told, onward: Onward, data_of: Callable[[Any], Any]) -> Flow[Any]:
        answer = yield from self._sent(request, told["ticket"], onward)
        # No request in between: a flow that is told to end now has its answer written down all the same.
        self.store.answered(told["ticket"], data_of(answer))
        return answer

    def _sent(self, request: Request, ticket: int, onward: Onward) -> Flow[Any]:
        token = _INSIDE.set((ticket, get_ident()))
        try:
            return (yield from onward(request))
        except BaseException as error:
            self.store.failed(ticket, error_data(error))
            raise
        finally:
            with suppress(ValueError):  # an abandoned flow is closed in another context than its own
                _INSIDE.reset(token)

    def _ask(self, path: Path, asked: Asked, request: ChatRequest | None = None) -> Told:
        told = self.store.ask(self._flow(), path, asked)
        if told["told"] == "changed":
            raise ProgramChangedError(told["message"])
        if told["told"] == "failure" and told["error"] is not None:
            if request is not None:
                charge_replayed(request, None)
            raise error_from(told["error"])
        return told

    def _flow(self) -> FlowData:
        root = current_root()
        if root is None:
            raise JournalError("A durable run was asked outside of a flow. Run flows with llm_strategy.flow.run.")
        if self not in root.watched_by:
            root.watched_by.add(self)
            root.on_end(lambda: self.store.ended(root.key, failed=root.failed))
        return self.told_of(root)

    def told_of(self, root: Root) -> FlowData:
        """Return what the journal is told of a flow that began here."""
        inside, thread = _INSIDE.get() or (0, self._thread)
        straight = root.is_guest or root.thread == thread
        return {"key": root.key, "around": _key(root.around), "inside": inside, "straight": straight}

    def _wanted_more(self, told: Told) -> JournalError:
        self.store.forget(told["ticket"])
        return JournalError(
            f"{told['where']} is a stream that the program had closed after {len(told['answer'])} pieces, and wants "
            "more of now. Run the program again: it is asked for anew."
        )


def _key(root: Root | None) -> str:
    return "" if root is None else root.key
