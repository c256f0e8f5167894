"""Traces in Weights & Biases: a run that shows what was set, what every call cost, and the trace itself.

Everything here happens after the calls that were traced. `wandb` is imported when a trace is exported, not before. A
run that was handed in is never finished; a run that is opened here is opened and finished within bounded times, and
without a network it becomes an offline run, which `wandb sync` sends later.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import ConfigurationError, MissingExtraError
from llm_strategy.tracing.exporters.wandb_parts import PARTS, Part, check_parts, write_parts
from llm_strategy.tracing.exporters.wandb_run import ExportedRun, RunAtHand, open_run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["ExportedRun", "check_target", "export_trace", "export_traces"]


def check_target(to: object) -> None:
    """Make sure that a trace can go to `to`, before anything is traced. Does not import wandb.

    Raises:
        ConfigurationError: `to` is nothing that a trace can go to.
        MissingExtraError: wandb is not installed.

    >>> check_target({"project": "shop", "tags": ["nightly"]})
    """
    if not (to is True or isinstance(to, str | Mapping) or callable(getattr(to, "log", None))):
        raise ConfigurationError(
            f"A trace cannot go to {to!r} in Weights & Biases. Pass an open run, a mapping of arguments of "
            "`wandb.init`, the name of a project, or True."
        )
    if isinstance(to, Mapping):
        check_parts(cast("Mapping[str, Any]", to).get("parts", PARTS))
    if find_spec("wandb") is None:
        raise MissingExtraError("wandb", "Exporting traces to Weights & Biases")


def export_trace(trace: RecordedTrace, to: Any, *, parts: Collection[Part] = PARTS) -> ExportedRun:
    """Export a trace. What fails is told by one RuntimeWarning.

    Args:
        trace: what was recorded.
        to: an open run, which is left open; or a mapping of arguments of `wandb.init`, or the name of a project, for a
            run of its own; or True for the run that is open in this process, and for a new one where there is none.
        parts: what goes into the run. A mapping may name it as well, as `parts`.

    Raises:
        ConfigurationError: `to` is nothing that a trace can go to.
        MissingExtraError: wandb is not installed.
    """
    check_target(to)
    run, settings, parts = _target(to, parts)
    check_parts(parts)
    exported = _exported((trace,), run, settings, parts)
    if exported.problems:
        told = f"The trace {trace.name!r} is not whole at Weights & Biases. {' '.join(exported.problems)}"
        warnings.warn(told, RuntimeWarning, stacklevel=2)
    return exported


def export_traces(
    traces: Sequence[RecordedTrace],
    *,
    settings: Mapping[str, Any] | None = None,
    parts: Collection[Part] = PARTS,
    together: bool = False,
) -> tuple[ExportedRun, ...]:
    """Export traces, each to a run of its own. What fails is told by the `problems` of the runs.

    Args:
        traces: what was recorded.
        settings: arguments of `wandb.init`; where they give no name, a run has that of its trace.
        parts: what goes into the runs.
        together: put all traces into one run.

    Raises:
        ConfigurationError: there is no such part.
        MissingExtraError: wandb is not installed.
    """
    _, arguments, parts = _target(settings or {}, parts)
    check_target(arguments)
    check_parts(parts)
    groups = [tuple(traces)] if together else [(trace,) for trace in traces]
    return tuple(_exported(group, None, arguments, parts) for group in groups if group)


def _target(to: Any, parts: Collection[Part]) -> tuple[Any, Mapping[str, Any], Collection[Part]]:
    """Return the run that is there, or the arguments for a new one, and what goes into it."""
    if isinstance(to, str):
        return None, {"project": to}, parts
    if isinstance(to, Mapping):
        named = cast("Mapping[str, Any]", to)
        return None, {key: value for key, value in named.items() if key != "parts"}, named.get("parts", parts)
    return (getattr(sys.modules.get("wandb"), "run", None) if to is True else to), {}, parts


def _exported(
    traces: tuple[RecordedTrace, ...], run: Any, settings: Mapping[str, Any], parts: Collection[Part]
) -> ExportedRun:
    try:
        at_hand = RunAtHand(run) if run is not None else open_run({"name": traces[0].name, **settings})
        if at_hand is None:
            return ExportedRun("", "disabled")
    except Exception as error:  # noqa: BLE001 (whatever the SDK meets, the program that was traced has done its work)
        told = f"No run could be opened: {type(error).__name__}: {error}."
        return ExportedRun("", "none", problems=(told, "`llm-strategy trace wandb FILE` exports a trace again."))
    at_hand.problems.extend(write_parts(at_hand.run, traces, parts))
    sessions = chain.from_iterable((trace.session,) if trace.session else () for trace in traces)
    at_hand.finish(failed=any(session.failed for session in sessions))
    return at_hand.exported()
