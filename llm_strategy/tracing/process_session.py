"""Starting and ending the session of a whole process."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.hyperparameters import add_base_scope
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.langchain import watch_langchain
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.secrets import Secrets
from llm_strategy.tracing.session import Session
from llm_strategy.tracing.sinks import FileSink
from llm_strategy.tracing.trace_files import new_trace_file
from llm_strategy.tracing.tracer import Tracer

if TYPE_CHECKING:
    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.settings import TraceSettings

__all__ = ["start"]


def start(settings: TraceSettings, directory: Path) -> OpenSpan:
    """Begin the session; it ends with the process. Raises TraceFileError."""
    watch_langchain()
    name = settings.name or Path(sys.argv[0] if sys.argv else "").stem or "python"
    secrets = Secrets.of_environment()
    session = Session(
        capture=Capture(content=settings.content, max_characters=settings.max_characters, secrets=secrets),
        prices=Prices.known().including(settings.prices),
        sink=FileSink(new_trace_file(directory, name)),
        tracer=Tracer(),
    )
    add_base_scope(session.hyperparameters)
    span = session.begin(name)
    atexit.register(_finish, session, settings)
    return span


def _finish(session: Session, settings: TraceSettings) -> None:
    """End the session; a script that an error has ended is told by Python's own note of that error."""
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    if session.finish(error) and settings.wandb and session.sink.path is not None:
        _send(str(session.sink.path), settings.wandb)


def _send(path: str, project: str) -> None:
    """Send the trace from a process of its own: an interpreter that ends starts no threads, and W&B needs some."""
    command = [sys.executable, "-m", "llm_strategy.cli.main", "trace", "wandb", path, "--project", project]
    try:
        subprocess.run(command, check=True, timeout=300, env={**os.environ, "LLM_STRATEGY_TRACE": "0"})  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        told = f"The trace did not reach Weights & Biases: {type(error).__name__}. It is in {path!r}."
        warnings.warn(told, RuntimeWarning, stacklevel=2)
