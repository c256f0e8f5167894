"""`durable`: what a program was answered survives its end, and is not paid for again."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.errors import JournalError, ProgramChangedError
from llm_strategy.flow.arun import arun
from llm_strategy.flow.journal.layer import JournalLayer
from llm_strategy.flow.journal.ledger import Ledger
from llm_strategy.flow.journal.own_step import OwnStep
from llm_strategy.flow.layers import layered, own_layers
from llm_strategy.flow.run import run
from llm_strategy.flow.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from os import PathLike

    from llm_strategy.flow.journal.in_flight import InFlight
    from llm_strategy.flow.journal.store import JournalStore
    from llm_strategy.flow.journal.totals import RunTotals
    from llm_strategy.flow.requests import Flow

__all__ = ["DurableRun", "durable"]

T = TypeVar("T")


def durable(path: str | PathLike[str]) -> Scope[DurableRun]:
    """Write every reply to a journal; when the same program runs again, feed it the replies of the earlier runs.

    After a crash, or `kill -9`, a program pays only for what was under way: all else comes out of the journal. It ends
    with the same result, tokens and cost as a run that was never broken off. It may call LLM functions one after the
    other, with `.map`, in tasks, and in threads that have the context (`carried`, `ContextThreadPoolExecutor`).

    A program that asks something else at a step than it did is told so: `ProgramChangedError`. One that comes to its
    end without asking for all that was journalled gets a warning.

    The file holds the replies as they are and parts of the prompts, as JSON: it is made for its owner only. Not
    covered: which of two *equal* calls in threads of your own gets which of their replies.

    Args:
        path: the journal, made where there is none. Delete it to begin anew.

    Returns:
        A scope, for `with`, or to decorate a function, `async` or not: each call is a run of the same journal.

    Raises:
        JournalError: the file cannot be used: another program uses it, it is damaged, or no journal at all; or a run
            with another journal is under way here, which would miss what is asked inside of this one.

    Examples:
        >>> import tempfile
        >>> from llm_strategy import llm_function
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def capital(model, country: str) -> str:
        ...     '''The capital of the country.'''
        ...     raise NotImplementedError
        >>> model = ScriptedModel(["Paris"])
        >>> journal = tempfile.mkdtemp() + "/run.db"
        >>> for _ in range(2):
        ...     with durable(journal) as run:
        ...         print(capital(model, "France"), run.totals.calls, run.replayed, len(model.asked))
        Paris 1 0 1
        Paris 1 1 1
    """
    return Scope("durable", lambda: _opened(Path(path).expanduser()))


@contextmanager
def _opened(path: Path) -> Generator[DurableRun]:
    _check_alone(path)
    ledger = Ledger(path)
    scope = DurableRun(ledger)
    try:
        with layered(scope.layer):
            yield scope
    except BaseException:
        ledger.close(finished=False)
        raise
    left = ledger.close(finished=not ledger.changed)
    if ledger.changed:  # something inside has taken the error for one that a program can go on after
        raise ProgramChangedError(ledger.changed)
    if left is not None:
        warnings.warn(left, RuntimeWarning, stacklevel=4)  # past contextlib, and the scope


def _check_alone(path: Path) -> None:
    stores = [layer.store for layer in own_layers() if isinstance(layer, JournalLayer)]
    for around in (store for store in stores if isinstance(store, Ledger) and store.is_open):
        if around.path != path:  # the same one twice is told by the file itself
            raise JournalError(
                f"durable({str(path)!r}) is opened inside of durable({str(around.path)!r}), whose journal would miss "
                "what is asked in here. Use one journal for both, or leave the first run before."
            )


class DurableRun:
    """A durable run under way; see `durable`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.layer = JournalLayer(ledger)
        """The layer that keeps the journal."""

    @property
    def path(self) -> Path:
        """The file of the journal."""
        return self._ledger.path

    @property
    def store(self) -> JournalStore:
        """What keeps the journal; other processes can be given a proxy of it."""
        return self._ledger

    @property
    def totals(self) -> RunTotals:
        """What the run has cost so far, what earlier runs paid included."""
        return self._ledger.totals

    @property
    def replayed(self) -> int:
        """How many requests to models were answered out of the journal so far."""
        return self.totals.replayed

    @property
    def in_flight(self) -> tuple[InFlight, ...]:
        """What was under way when earlier runs were killed: it may have been paid for, and is paid for again."""
        return self._ledger.in_flight

    def step(self, name: str, function: Callable[[], T], *, type: type[T]) -> T:  # noqa: A002
        """Call a function of your own once: when the program runs again, its value comes out of the journal.

        For what is expensive, or must not be done twice, beside the calls of LLM functions. LLM functions that it calls
        belong to it. It is called again where the run was killed before its end.

        Args:
            name: tells it from other steps; steps of the same name are told apart by their order.
            function: what is done.
            type: the type of its value, which is written down as JSON and checked when it is read.

        Raises:
            StoredDataError: the value is not of this type, or cannot be written as JSON and read again.
        """
        with layered(self.layer):  # also in a thread that has no context of the run
            return run(_asked(OwnStep(name, function, type)))

    async def astep(self, name: str, function: Callable[[], Awaitable[T]], *, type: type[T]) -> T:  # noqa: A002
        """Await an async function of your own once; see `step`."""
        with layered(self.layer):
            return await arun(_asked(OwnStep(name, function, type)))


def _asked(step: OwnStep[T]) -> Flow[T]:
    value: T = yield step
    return value
