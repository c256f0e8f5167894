"""The seam between the layer of a durable run and where its journal is kept: plain data in, plain data out.

What crosses the seam is JSON data, so that the layer can stand in another process than the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked", "ErrorData", "FlowData", "Inside", "JournalStore", "Told"]


class FlowData(TypedDict):
    """A flow that asks: see `llm_strategy.flow.root`."""

    key: str
    """Its own name, in this run."""
    around: str
    """The key of the flow whose request runs it; empty for none."""
    inside: int
    """The ticket of the journalled request that runs it; 0 for none."""
    straight: NotRequired[bool]
    """Whether it began in the thread in which the run did, or that request, as is usual: their order is no accident."""


class Asked(TypedDict):
    """What is asked."""

    kind: str
    """`chat`, `stream`, or the name of another kind of request."""
    fingerprint: str
    """Hash of the request; equal requests have equal ones."""
    about: dict[str, Any]
    """The request for people, without secrets: what is shown where the program has changed."""


class ErrorData(TypedDict):
    """How a request failed."""

    type: str
    """Name of the class."""
    message: str
    """What it says, without secrets."""
    status: int | None
    """The HTTP status, where there was one."""
    went_on: NotRequired[bool]
    """Whether the program asked for more after the flow had ended in it."""


class Inside(TypedDict):
    """A request that was answered while another one was carried out, which is now replayed as a whole."""

    kind: str
    about: dict[str, Any]
    answer: Any
    where: str


class Told(TypedDict):
    """What the journal says to a request."""

    told: Literal["ask", "answer", "failure", "changed"]
    """`ask` it, here is its `answer`, it ended in this `failure`, or the program has `changed`."""
    ticket: int
    """Number of the request in the journal, to be given with its outcome."""
    answer: Any
    """The answer, as it was written down."""
    partial: bool
    """Whether the answer is a stream that was closed before its end."""
    error: ErrorData | None
    """How the request failed."""
    message: str
    """What the error says."""
    where: str
    """Where the answer is kept, for errors."""
    inside: list[Inside]
    """What was answered while this request was carried out."""


class JournalStore(Protocol):
    """Keeps what was asked and answered; safe to use from any thread.

    All methods raise JournalError where the journal cannot be used.
    """

    def ask(self, flow: FlowData, path: Sequence[int], asked: Asked) -> Told:
        """Return what is known of a request; where it is to be asked, note that it is under way."""
        ...

    def answered(self, ticket: int, answer: Any, *, partial: bool = False) -> None:
        """Write an answer down; it is on disk when this returns."""
        ...

    def failed(self, ticket: int, error: ErrorData | None) -> None:
        """Note that a request failed; None where it was abandoned, or failed in another way than requests do."""
        ...

    def forget(self, ticket: int) -> None:
        """Let an answer be none, so that it is asked for anew in the next run."""
        ...

    def ended(self, flow: str, *, failed: bool = False) -> None:
        """Note that the flow of this key is over, and whether it ended in an error. Never blocks and never raises."""
        ...
