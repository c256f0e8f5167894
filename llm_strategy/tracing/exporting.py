"""Handing a finished trace to Weights & Biases, without ever disturbing the program that was traced."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["check_wandb_target", "export_to_wandb"]

_EXPORTER = "llm_strategy.tracing.exporters.wandb"


def check_wandb_target(target: Any) -> None:
    """Make sure, before anything is traced, that a trace can go to `target`.

    Raises:
        ConfigurationError: it is nothing that a trace can go to.
        MissingExtraError: wandb is not installed.
    """
    import_module(_EXPORTER).check_target(target)


def export_to_wandb(trace: RecordedTrace, target: Any) -> None:
    """Export a trace; what fails is told by one warning."""
    try:
        import_module(_EXPORTER).export_trace(trace, target)
    except Exception as error:  # noqa: BLE001 (the program that was traced has done its work: it must not fail now)
        where = f" It is in {str(trace.path)!r}: `llm-strategy trace wandb` sends it later." if trace.path else ""
        told = f"The trace {trace.name!r} did not reach Weights & Biases: {type(error).__name__}: {error}.{where}"
        warnings.warn(told, RuntimeWarning, stacklevel=3)
