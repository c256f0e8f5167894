"""What is in a run of Weights & Biases on this machine, read record by record, without a server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MissingExtraError, TraceFileError
from llm_strategy.testing.wandb_reader_log import log_records

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LoggedArtifact", "LoggedMetric", "WandbRun", "read_wandb_run"]


@dataclass(frozen=True, slots=True)
class LoggedMetric:
    """The definition of a metric."""

    name: str
    """Its name, or a pattern of names."""
    step: str
    """The metric that it is drawn over; empty where that is the step of the run."""


@dataclass(frozen=True, slots=True)
class LoggedArtifact:
    """An artifact that a run announced. Its files are not in the directory of the run, but staged beside it."""

    name: str
    """Name of its collection."""
    type: str
    """What kind of artifact it is."""
    files: dict[str, Path]
    """Where its files wait on this machine, by their path in the artifact."""
    metadata: dict[str, Any]
    """What was said about it."""


@dataclass
class WandbRun:
    """A run as its `.wandb` file tells it."""

    path: Path
    """The `.wandb` file."""
    id: str = ""
    """Id of the run."""
    project: str = ""
    """Its project."""
    entity: str = ""
    """Whose it is, where that is known."""
    name: str = ""
    """Name to show."""
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    """Its configuration; what wandb keeps there for itself stands under `_wandb`."""
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The rows that were logged, each with its `_step`."""
    summary: dict[str, Any] = field(default_factory=dict[str, Any])
    """Its summary."""
    metrics: list[LoggedMetric] = field(default_factory=list[LoggedMetric])
    """The definitions of its metrics."""
    artifacts: list[LoggedArtifact] = field(default_factory=list[LoggedArtifact])
    """Its artifacts."""
    files: list[str] = field(default_factory=list[str])
    """Paths of the files that belong to it, inside `files`."""
    alerts: list[str] = field(default_factory=list[str])
    """Titles of its alerts."""
    exit_code: int | None = None
    """How it ended; None where it did not, or was cut off."""

    def media(self, key: str) -> bytes:
        """Return the file that a key of the history stands for: a page, a table.

        Raises:
            LookupError: there is no such key.
            TraceFileError: the file is not in the directory of the run.
        """
        paths: list[str] = [row[key]["path"] for row in self.history if key in row]
        if not paths:
            raise LookupError(f"The history of run {self.id!r} has no {key!r}.")
        file: Path = self.path.parent / "files" / paths[-1]
        try:
            return file.read_bytes()
        except OSError as error:
            raise TraceFileError(f"The file {str(file)!r} of {key!r} cannot be read: {error.strerror}.") from error

    def table(self, key: str) -> list[dict[str, Any]]:
        """Return the rows of a table, each by column. Raises as `media` does."""
        table: dict[str, Any] = json.loads(self.media(key))
        return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def read_wandb_run(path: Path) -> WandbRun:
    """Read the directory of a run, or its `.wandb` file. A last record that was cut off is left out.

    Args:
        path: `wandb/offline-run-...` or `wandb/run-...`, or the file in there.

    Raises:
        TraceFileError: there is no such file, or it is damaged.
        MissingExtraError: wandb is not installed; it knows what is in a record.
    """
    file = _file(path)
    try:
        form: Any = import_module("wandb.proto.wandb_internal_pb2")
    except ModuleNotFoundError as error:
        raise MissingExtraError("wandb", "Reading runs of Weights & Biases") from error
    run = WandbRun(file)
    for content in log_records(file.read_bytes()):
        record = form.Record()
        try:
            record.ParseFromString(content)
        except Exception as error:  # protobuf has several implementations, each with an error of its own
            raise TraceFileError(f"A record of {str(file)!r} is damaged: {error}") from error
        _take(run, record)
    return run


def _file(path: Path) -> Path:
    found = sorted(path.glob("*.wandb")) if path.is_dir() else [path]
    if len(found) != 1 or not found[0].is_file():
        raise TraceFileError(
            f"{str(path)!r} is no run: pass its directory, such as wandb/offline-run-..., with one .wandb file in it."
        )
    return found[0]


def _take(run: WandbRun, record: Any) -> None:
    """Take a record into the run."""
    kind = record.WhichOneof("record_type")
    if kind == "run":
        told = record.run
        run.id, run.project, run.entity = told.run_id, told.project, told.entity
        run.name = told.display_name or run.name
        _put(run.config, told.config.update)
    elif kind == "config":
        _put(run.config, record.config.update)
        _drop(run.config, record.config.remove)
    elif kind == "summary":
        _put(run.summary, record.summary.update)
        _drop(run.summary, record.summary.remove)
    elif kind == "history":
        row: dict[str, Any] = {"_step": record.history.step.num}
        _put(row, record.history.item)
        run.history.append(row)
    else:
        _take_rest(run, kind, record)


def _take_rest(run: WandbRun, kind: str | None, record: Any) -> None:
    if kind == "metric":
        run.metrics.append(LoggedMetric(record.metric.name or record.metric.glob_name, record.metric.step_metric))
    elif kind == "artifact":
        told = record.artifact
        files = {entry.path: Path(entry.local_path) for entry in told.manifest.contents}
        run.artifacts.append(LoggedArtifact(told.name, told.type, files, json.loads(told.metadata or "{}")))
    elif kind == "files":
        run.files.extend(file.path for file in record.files.files)
    elif kind == "alert":
        run.alerts.append(record.alert.title)
    elif kind == "exit":
        run.exit_code = record.exit.exit_code


def _place(target: dict[str, Any], item: Any) -> tuple[dict[str, Any], str]:
    """Return the dictionary and the key that an item is about: some name a key, others a way through dictionaries."""
    *way, key = list(item.nested_key) or [item.key]
    for name in way:
        if not isinstance(target.get(name), dict):
            target[name] = {}
        target = target[name]
    return target, key


def _put(target: dict[str, Any], items: Iterable[Any]) -> None:
    for item in items:
        inner, key = _place(target, item)
        inner[key] = json.loads(item.value_json)


def _drop(target: dict[str, Any], items: Iterable[Any]) -> None:
    for item in items:
        inner, key = _place(target, item)
        inner.pop(key, None)
