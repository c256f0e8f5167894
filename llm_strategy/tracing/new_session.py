"""Making the session of a trace out of its options, the settings, and the trace around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.secrets import Secrets
from llm_strategy.tracing.session import Session
from llm_strategy.tracing.sinks import FileSink, MemorySink
from llm_strategy.tracing.trace_files import new_trace_file
from llm_strategy.tracing.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tracing.live import TraceOptions
    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.settings import TraceSettings

__all__ = ["new_session"]


def new_session(name: str, options: TraceOptions, settings: TraceSettings, outer: OpenSpan | None) -> Session:
    """Return a session that has not begun. Raises ConfigurationError, TraceFileError."""
    around = None if outer is None else outer.session
    known = Prices.known() if around is None else around.prices
    secrets = options.get("secrets", ())
    texts = (secrets,) if isinstance(secrets, str) else tuple(secrets)
    directory = options.get("directory", None if around else settings.directory)
    capture = _capture(options, settings, texts, around)
    return Session(
        capture=capture,
        prices=known.including(settings.prices).including(options.get("prices", {})),
        tracer=_tracer(options, around),
        sink=MemorySink() if directory is None else FileSink(new_trace_file(Path(directory), capture.clean(name))),
        outer=outer,
    )


def _capture(options: TraceOptions, settings: TraceSettings, texts: tuple[str, ...], around: Session | None) -> Capture:
    """Return what may be recorded. Spans reach the traces around as well, so what these leave out is left out here."""
    secrets = Secrets.of_environment().including(*texts)
    content = options.get("content", settings.content)
    most = options.get("max_characters", settings.max_characters)
    redact = options.get("redact")
    if around is None:
        return Capture(content=content, max_characters=most, redact=redact, secrets=secrets)
    outer = around.capture
    Capture(max_characters=most)  # it is looked at, also where the one around is smaller
    for session in around.concerned:
        session.keep_secret(frozenset(texts))
    return Capture(
        content=content and outer.content,
        max_characters=min(most, outer.max_characters),
        redact=_both(redact, outer.redact),
        secrets=secrets.including(*outer.secrets.known),
    )


def _both(first: Callable[[str], str] | None, then: Callable[[str], str] | None) -> Callable[[str], str] | None:
    if first is None or then is None:
        return first or then
    return lambda text: then(first(text))


def _tracer(options: TraceOptions, around: Session | None) -> Tracer:
    provider, processors = options.get("provider"), tuple(options.get("processors", ()))
    if around is None:
        return Tracer(provider, processors)
    if provider is None and not processors:
        return around.tracer
    if processors and not around.tracer.is_private:
        raise ConfigurationError(
            "trace(processors=...) inside a trace with a provider: its spans go to that provider. Add the processors "
            "there, with provider.add_span_processor(...)."
        )
    return Tracer(provider, processors, around.tracer.processors)
