"""What goes into a run of Weights & Biases. One part that fails does not keep the others away."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.exporters.wandb_config import config_of
from llm_strategy.tracing.exporters.wandb_rows import CALL, call_rows, total_row
from llm_strategy.tracing.exporters.wandb_tables import COLUMNS, span_rows
from llm_strategy.tracing.exporters.wandb_trace_tree import trace_tree
from llm_strategy.tracing.records import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["PARTS", "Part", "check_parts", "write_parts"]

Part: TypeAlias = Literal["config", "calls", "summary", "spans", "page", "file", "tree"]
"""The hyperparameters; the numbers of each call; their sums; the table of spans; the HTML page; the trace file as an
artifact; the tree in the form of older workspaces."""

PARTS: frozenset[Part] = frozenset({"config", "calls", "summary", "spans", "page", "file"})
"""What goes into a run where nothing else is said: everything but the tree."""


_SIGNS = re.compile(r"[^\w.-]+", re.ASCII)
"""What the name of an artifact may not hold."""


def check_parts(parts: Collection[str]) -> None:
    """Make sure that all parts exist.

    Raises:
        ConfigurationError: one does not.
    """
    unknown = sorted(set(parts) - set(get_args(Part)))
    if unknown:
        known = ", ".join(map(repr, get_args(Part)))
        raise ConfigurationError(f"There is no part {unknown[0]!r} of a run in Weights & Biases. Parts are: {known}.")


def write_parts(run: Any, traces: Sequence[RecordedTrace], parts: Collection[Part]) -> list[str]:
    """Write parts of traces into an open run, and return what went wrong, a sentence each."""
    problems: list[str] = []
    for part, write in _WRITERS.items():
        if part not in parts:
            continue
        try:
            write(run, traces)
        except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the program that was traced has done its work)
            problems.append(f"The part {part!r} is missing: {type(error).__name__}: {error}.")
    return [*problems, "`llm-strategy trace wandb FILE` exports a trace again."] if problems else []


def _write_config(run: Any, traces: Sequence[RecordedTrace]) -> None:
    config = config_of(traces, run.config.get("llm_strategy"))
    run.config.update({"llm_strategy": config}, allow_val_change=True)


def _write_calls(run: Any, traces: Sequence[RecordedTrace]) -> None:
    rows = [row for trace in traces for row in call_rows(trace)]
    run.define_metric(CALL)
    for name in sorted({name for row in rows for name in row}):
        run.define_metric(name, step_metric=CALL, summary="none")  # that of the last call says nothing of the whole
    last = run.summary.get(CALL)
    for number, row in enumerate(rows, last + 1 if isinstance(last, int) else 0):
        run.log({CALL: number, **row})


def _write_summary(run: Any, traces: Sequence[RecordedTrace]) -> None:
    run.summary.update(total_row(traces))


def _write_spans(run: Any, traces: Sequence[RecordedTrace]) -> None:
    table = _wandb().Table(columns=list(COLUMNS), data=span_rows(traces), optional=True)
    run.log({"llm_strategy/spans": table})


def _write_page(run: Any, traces: Sequence[RecordedTrace]) -> None:
    page = import_module("llm_strategy.tracing.exporters.html.page").html_page(traces)
    # The page stands for itself: wandb would otherwise add a stylesheet from another host.
    run.log({"llm_strategy/page": _wandb().Html(page, inject=False, data_is_not_path=True)})


def _write_file(run: Any, traces: Sequence[RecordedTrace]) -> None:
    for trace in traces:
        name = _SIGNS.sub("-", f"trace-{trace.name}")[:100]
        artifact = _wandb().Artifact(name, type="trace", metadata={"trace": trace.id, "spans": len(trace.spans)})
        if trace.path is not None and trace.path.is_file():
            artifact.add_file(str(trace.path), name=f"{trace.id}.jsonl")
        else:
            with artifact.new_file(f"{trace.id}.jsonl", mode="wb") as lines:
                lines.writelines(map(line_of, trace.spans))
        run.log_artifact(artifact)


def _write_tree(run: Any, traces: Sequence[RecordedTrace]) -> None:
    for trace in traces:
        run.log({"llm_strategy/tree": trace_tree(trace)})


def _wandb() -> Any:
    return import_module("wandb")


_WRITERS: dict[Part, Callable[[Any, Sequence[RecordedTrace]], None]] = {
    "config": _write_config,
    "calls": _write_calls,
    "summary": _write_summary,
    "page": _write_page,
    "spans": _write_spans,  # from here on wandb asks the server, and waits where the network has gone
    "file": _write_file,
    "tree": _write_tree,
}
