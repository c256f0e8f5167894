"""The request by which a flow has a workspace evaluated."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from llm_strategy.errors import InputError, StoredDataError
from llm_strategy.flow.stopping import Stop, current_stop, told_by
from llm_strategy.planner.evaluators.verdict import Verdict
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.planner.evaluators.all import Evaluators
    from llm_strategy.planner.file_store import FileStore
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Evaluate"]

_MOST_BYTES = 5_000_000
"""Files above it are left out: no program was written by a model in such a file."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Evaluate the files of a workspace as they are now; answered with a `Verdict`.

    Its span has the name `evaluate`. Where a journal gives the answer, the span is written all the same, so that the
    trace of a resumed run has every verdict that the run has come to.
    """

    evaluators: Evaluators
    """Who looks."""
    store: FileStore
    """The workspace."""

    def perform(self) -> Verdict:
        """Return the verdict. Raises SandboxUnavailableError, MissingExtraError."""
        with opened("step", "evaluate") as span:
            return _recorded(span, self.evaluators(dict(self._files())))

    async def aperform(self) -> Verdict:
        """Return the verdict of a thread; where the task is cancelled, the tests are ended first."""
        import asyncio  # who is in a loop has it already

        stop = Stop(current_stop())
        context = copy_context()
        context.run(told_by, stop)
        working = asyncio.ensure_future(asyncio.to_thread(context.run, self.perform))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait((working,))
            if not working.cancelled():
                working.exception()  # nobody asks for it any more
            raise
        finally:
            stop.close()

    def journal_data(self) -> Any:
        """Return the names of the evaluators. The files are not looked at: a resumed run has later edits in them."""
        return {"evaluators": list(self.evaluators.names)}

    def answer_data(self, answer: Verdict) -> Any:
        """Return the verdict as JSON data."""
        return _verdicts().dump_python(answer, mode="json")

    def answer_from(self, data: Any) -> Verdict:
        """Return the verdict. Raises StoredDataError."""
        try:
            verdict = _verdicts().validate_python(data)
        except ValidationError as error:
            raise StoredDataError(
                f"What is stored is no verdict of evaluators: {error}. Delete the journal to begin anew."
            ) from error
        with opened("step", "evaluate") as span:
            return _recorded(span, verdict)

    def _files(self) -> Iterator[tuple[str, str]]:
        for path in self.store.paths():
            try:
                data = self.store.folder.read(path, _MOST_BYTES + 1)
            except (OSError, InputError):  # gone meanwhile, not ours to read, or of a name that no edit can have
                continue
            if len(data) <= _MOST_BYTES:
                yield path, data.decode(errors="surrogateescape")


def _recorded(span: OpenSpan | None, verdict: Verdict) -> Verdict:
    if span is not None:
        span.mark(semconv.PLANNER_ERRORS, len(verdict.problems))
        span.mark(semconv.PLANNER_TESTS_PASSED, verdict.passed)
        span.mark(semconv.PLANNER_TESTS_FAILED, verdict.failed)
        span.mark(semconv.PLANNER_TESTS_RAN, verdict.ran_tests)
    return verdict


@cache
def _verdicts() -> TypeAdapter[Verdict]:
    return TypeAdapter(Verdict)
