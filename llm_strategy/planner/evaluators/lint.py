"""The faults that ruff is sure of: code that fails when it is run. Matters of taste are not looked at.

Ruff reads files, and runs none. It is called without any settings but ours: a file of the workspace cannot turn rules
off, except by `noqa`, which is not honoured either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import MissingExtraError
from llm_strategy.files import Folder
from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FATAL", "fatal_problems"]

FATAL: Final = ("E9", "F50", "F63", "F7", "F82")
"""Syntax, formats that fail, comparisons and statements that cannot be meant, names that are not there."""
_SECONDS: Final = 60


def fatal_problems(files: Mapping[str, str], *, rules: Iterable[str] = FATAL) -> tuple[Problem, ...]:
    r"""Return what ruff finds in the Python files among `files`.

    >>> [str(one) for one in fatal_problems({"a.py": "print(nothing)  # noqa\n"})]
    ['a.py:1: Undefined name `nothing` (F821)']

    Raises:
        MissingExtraError: ruff, which the extra `planner` brings, is not installed.
    """
    python = {path: text for path, text in files.items() if path.endswith((".py", ".pyi"))}
    if not python:
        return ()
    with TemporaryDirectory(prefix="llm-strategy-lint-") as place:
        folder = Folder(place)
        for path, text in python.items():
            folder.write(path, text.encode(errors="replace"))
        found = _checked(Path(place), ",".join(rules))
    return tuple(_problem(one, Path(place)) for one in found)


def _checked(place: Path, rules: str) -> list[dict[str, Any]]:
    command = [_ruff(), "check", "--isolated", "--ignore-noqa", "--no-cache", "--no-respect-gitignore", "--exit-zero"]
    command += ["--target-version", f"py3{sys.version_info.minor}", "--select", rules, "--output-format", "json", "."]
    clean = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    done = subprocess.run(  # noqa: S603 (a command of ours; what it reads is data to it)
        command, cwd=place, env=clean, capture_output=True, timeout=_SECONDS, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _ruff() -> str:
    name = "ruff.exe" if os.name == "nt" else "ruff"
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else which("ruff")
    if found is None:
        raise MissingExtraError("planner", "The check of code by ruff")
    return found


def _problem(data: Mapping[str, Any], place: Path) -> Problem:
    path = Path(data["filename"]).resolve().relative_to(place.resolve()).as_posix()
    return Problem(path, data["location"]["row"], data["message"], data.get("code") or "syntax")
