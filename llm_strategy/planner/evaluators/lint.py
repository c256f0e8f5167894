"""The faults that ruff is sure of: code that fails when it is run. Matters of taste are not looked at.

Ruff reads files, and runs none. It is called without any settings but ours: a file of the workspace cannot turn rules
off, except by `noqa`, which is not honoured either.

These rules look at one file at a time, so what is known of a file holds as long as its text stays: in a workspace of a
thousand files, only those that were changed are looked at again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import MissingExtraError
from llm_strategy.files import Folder, checked_path
from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FATAL", "fatal_problems"]

FATAL: Final = ("E9", "F50", "F63", "F7", "F82")
"""Syntax, formats that fail, comparisons and statements that cannot be meant, names that are not there."""
_SECONDS: Final = 60
_MOST_KNOWN: Final = 20_000
_known: Final[dict[tuple[str, str, tuple[str, ...]], tuple[Problem, ...]]] = {}
"""What was found in files, by their paths, the hashes of their texts, and the rules."""


def fatal_problems(files: Mapping[str, str], *, rules: Iterable[str] = FATAL) -> tuple[Problem, ...]:
    r"""Return what ruff finds in the Python files among `files`.

    >>> [str(one) for one in fatal_problems({"a.py": "print(nothing)  # noqa\n"})]
    ['a.py:1: Undefined name `nothing` (F821)']

    Raises:
        MissingExtraError: ruff, which the extra `planner` brings, is not installed.
    """
    wanted = tuple(rules)
    python = {path: text for path, text in files.items() if path.endswith((".py", ".pyi"))}
    keys = {path: (path, sha256(text.encode(errors="replace")).hexdigest(), wanted) for path, text in python.items()}
    known = {path: _known[key] for path, key in keys.items() if key in _known}
    known |= _looked_at({path: text for path, text in python.items() if path not in known}, wanted)
    if len(_known) + len(known) > _MOST_KNOWN:
        _known.clear()
    _known.update({keys[path]: found for path, found in known.items()})
    return tuple(problem for path in python for problem in known[path])


def _looked_at(python: Mapping[str, str], rules: tuple[str, ...]) -> dict[str, tuple[Problem, ...]]:
    if not python:
        return {}
    with TemporaryDirectory(prefix="llm-strategy-lint-") as place:
        folder = Folder(place)
        for path, text in python.items():
            folder.write(path, text.encode(errors="replace"))
        problems = [_problem(one, Path(place)) for one in _checked(Path(place), ",".join(rules))]
    found: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        found[problem.path].append(problem)
    return {path: tuple(found[checked_path(path)]) for path in python}


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
