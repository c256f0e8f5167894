"""What a span tells of an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from llm_strategy.sandbox.results import CodeResult
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["record_result"]


def record_result(span: OpenSpan, result: CodeResult, sandbox: str) -> None:
    """Write what came of an action into its span, and end the span where the action failed."""
    span.mark(semconv.SANDBOX, sandbox)
    span.mark(semconv.CODE_SECONDS, result.usage.seconds)
    span.text(semconv.CODE_OUTPUT, _output(result))
    for change in result.files:
        operation, path = change.operation, change.path
        span.event(
            semconv.FILE,
            {semconv.FILE_PATH: path, semconv.FILE_OPERATION: operation, semconv.FILE_SIZE: change.size},
        )
    if result.restored:
        span.mark(semconv.CODE_RESTORED, result.restored)
    if result.error is not None:
        span.mark(semconv.ERROR_TYPE, span.clean(result.error.kind))
        words = span.clean(result.error.message) if span.session.capture.content else ""
        span.end("error", f"{span.clean(result.error.kind)}: {words}" if words else span.clean(result.error.kind))


def _output(result: CodeResult) -> str:
    parts = [result.stdout, result.stderr, result.shown]
    if result.error is not None:
        parts.append(result.error.traceback or f"{result.error.kind}: {result.error.message}")
    return "\n".join(part.rstrip("\n") for part in parts if part)
