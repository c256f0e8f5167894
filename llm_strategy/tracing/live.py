"""`trace`: record everything that happens inside a `with`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.exporting import check_wandb_target, export_to_wandb
from llm_strategy.tracing.langchain import watch_langchain
from llm_strategy.tracing.new_session import new_session
from llm_strategy.tracing.options import checked_options
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.recording import attached, current_span
from llm_strategy.tracing.scores import score_event
from llm_strategy.tracing.settings import trace_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import TracerProvider

    from llm_strategy.tracing.chats import ChatNode
    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.prices import Price
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.session import Session
    from llm_strategy.tracing.totals import Totals
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["TraceOptions", "trace"]


class TraceOptions(TypedDict, total=False):
    """What `trace` accepts; the environment and `[tool.llm_strategy]` say what holds for what is absent."""

    directory: str | PathLike[str] | None
    """Where the trace is written, one file a session; without one it is held in memory, or a part of the one around."""
    content: bool
    """Whether prompts, replies, arguments, results and messages of errors are recorded; True by default.

    A trace inside another one records no more than that one: this holds for all that limits what is recorded."""
    max_characters: int
    """How much of one text is recorded; the middle of a longer one is left out."""
    redact: Callable[[str], str] | None
    """Changes every text before it is recorded; what it raises leaves the text out."""
    secrets: Iterable[str]
    """Texts that never reach a trace, besides those that the environment and the models hold."""
    prices: Mapping[str, Price]
    """Prices of models, besides the known ones."""
    provider: TracerProvider | None
    """An OpenTelemetry provider of your own; its exporters get the spans too."""
    processors: Sequence[SpanProcessor]
    """Span processors of OpenTelemetry, such as a `BatchSpanProcessor` with an OTLP exporter; not with `provider`."""
    wandb: Any
    """Where in Weights & Biases the trace goes at its end: a run, arguments of `wandb.init`, a project, or True."""


class trace:  # noqa: N801 (reads as a verb: `with trace("name") as t`)
    """Record the calls inside a `with`: spans, prompts, replies, tokens, cost, hyperparameters.

    A trace inside another one is a part of it. Threads and tasks that the library starts belong to the trace; others do
    with `llm_strategy.carried`.

    >>> from llm_strategy import llm_function
    >>> from llm_strategy.testing import ScriptedModel
    >>> @llm_function
    ... def capital(model, country: str) -> str:
    ...     '''The capital of the country.'''
    >>> with trace("geography") as t:
    ...     _ = capital(ScriptedModel(['{"return_value": "Paris"}']), "France")
    >>> [span.kind for span in t.spans], t.totals.calls
    (['session', 'function', 'prompt', 'attempt', 'chat'], 1)

    Raises:
        ConfigurationError: an option that does not exist, or has an impossible value.
        MissingExtraError: the trace is to go to Weights & Biases, and wandb is not installed.
        TraceFileError: the directory cannot be written to.
    """

    def __init__(self, name: str = "trace", **options: Unpack[TraceOptions]) -> None:
        checked = checked_options(name, options, TraceOptions.__annotations__)
        self.name = name
        """What the trace is called."""
        self._options = cast("TraceOptions", checked)
        self._session: Session | None = None
        self._root: OpenSpan | None = None
        self._wandb: Any = None
        self._leaving = ExitStack()

    def __enter__(self) -> Self:
        if self._session is not None:
            raise ConfigurationError(f"trace({self.name!r}) was entered before. Make a new trace for each `with`.")
        watch_langchain()
        outer, settings = current_span(), trace_settings()
        self._wandb = self._options.get("wandb", None if outer else settings.wandb) or None
        if self._wandb is not None:
            check_wandb_target(self._wandb)
        self._session = new_session(self.name, self._options, settings, outer)
        root = self._root = self._session.begin(self.name)
        self._leaving.enter_context(attached(root, ending=False))
        self._leaving.enter_context(self._session.hyperparameters)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leaving.close()
        if self._running.finish(error) and self._wandb is not None:
            export_to_wandb(self.recorded(), self._wandb)

    @property
    def _running(self) -> Session:
        if self._session is None:
            raise ConfigurationError(f"trace({self.name!r}) was not entered: write `with trace(...) as t:`.")
        return self._session

    @property
    def path(self) -> Path | None:
        """The file that holds the trace, one span a line; None where it is held in memory."""
        return self._running.sink.path

    @property
    def totals(self) -> Totals:
        """Calls, tokens, cost and errors so far."""
        return self._running.totals

    @property
    def spans(self) -> tuple[SpanRecord, ...]:
        """What was recorded so far, in the order in which it began; open spans have no end."""
        return self.recorded().spans

    def tree(self) -> TreeNode:
        """Return the spans so far as a tree; `print` draws it."""
        return self.recorded().tree()

    def chats(self) -> tuple[ChatNode, ...]:
        """Return the conversations so far as trees: what several of them begin with stands there once."""
        return self.recorded().chats()

    def recorded(self) -> RecordedTrace:
        """Return what was recorded so far as a value of its own."""
        return replace(RecordedTrace.of(self._running.records()), path=self.path)

    def score(self, value: float, name: str = "score") -> None:
        """Note how good the outcome was: shown in reports, and what hyperparameters are compared by."""
        _ = self._running
        if self._root is not None:
            score_event(self._root, value, name)
