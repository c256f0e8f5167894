"""What mypy finds in Python files. It reads them, and runs none.

Nothing of the workspace is a setting of it: a plugin named there would be code of the model's that runs outside of the
sandbox. Packages that are not installed beside it are taken as they are (`Any`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import MissingExtraError
from llm_strategy.files import Folder
from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["type_problems"]

_SECONDS: Final = 180
_LINE: Final = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): error: (?P<message>.*?)(?:  \[(?P<rule>[a-z-]+)\])?")
_OPTIONS: Final = (
    "--config-file=",
    "--cache-dir=/dev/null",
    "--ignore-missing-imports",
    "--check-untyped-defs",
    "--explicit-package-bases",
    "--namespace-packages",
    "--no-error-summary",
    "--no-color-output",
    "--hide-error-context",
    "--show-error-codes",
    "--no-pretty",
)


def type_problems(files: Mapping[str, str]) -> tuple[Problem, ...]:
    r"""Return what mypy finds in the Python files among `files`.

    >>> [str(one) for one in type_problems({"a.py": "x: int = 'one'\n"})]  # doctest: +SKIP
    ['a.py:1: Incompatible types in assignment (expression has type "str", variable has type "int") (assignment)']

    Raises:
        MissingExtraError: mypy, which the extra `planner` brings, is not installed.
    """
    python = {path: text for path, text in files.items() if path.endswith((".py", ".pyi"))}
    if find_spec("mypy") is None:
        raise MissingExtraError("planner", "The check of types by mypy")
    if not python:
        return ()
    with TemporaryDirectory(prefix="llm-strategy-types-") as place:
        folder = Folder(place)
        for path, text in python.items():
            folder.write(path, text.encode(errors="replace"))
        return _checked(Path(place), sorted(python))


def _checked(place: Path, paths: list[str]) -> tuple[Problem, ...]:
    command = [sys.executable, "-I", "-m", "mypy", *_OPTIONS]
    command += ["--python-version", f"3.{sys.version_info.minor}", "--", *paths]
    clean = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    clean["MYPYPATH"] = os.pathsep.join(str(one) for one in (place, place / "src") if one.is_dir())
    try:
        done = subprocess.run(  # noqa: S603 (a command of ours; what it reads is data to it)
            command, cwd=place, env=clean, capture_output=True, timeout=_SECONDS, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return (Problem(paths[0], 0, f"mypy did not end within {_SECONDS} s", "types"),)
    found = tuple(_problems(done.stdout))
    if done.returncode > 1 and not found:  # it could not even begin: two modules of a name, say
        said = (done.stderr or done.stdout).strip().splitlines()
        return (Problem(paths[0], 0, f"mypy gave up: {said[0][:500] if said else 'without a word'}", "types"),)
    return found


def _problems(output: str) -> list[Problem]:
    lines = (_LINE.fullmatch(line) for line in output.splitlines())
    return [
        Problem(one["path"].replace(os.sep, "/"), int(one["line"]), one["message"], one["rule"] or "types")
        for one in lines
        if one
    ]
