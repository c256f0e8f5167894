"""Recorded runs of L2MAC, and of the methods beside it: their calls, their files, and what was said of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Call", "Heard", "Run", "read_run"]

_SUMMARY = re.compile(r"=+ ([^=\n]*\b(?:passed|failed|errors?|no tests ran)\b[^=\n]*?) in [\d.]+s[^=\n]*=+")
_COUNTS = re.compile(r"(\d+) (passed|failed|errors?)")
_PROGRESS = re.compile(r"^\S+\.py ([.FEsx]+)\s*(?:\[\s*\d+%\])?$", re.MULTILINE)
_LINT = re.compile(r"^\S+\.py:\d+:\d+: E\d{4}: ", re.MULTILINE)
_METHODS: Final = {"LLMatic": "L2MAC"}
"""A name that was given up later."""
_CUT: Final = "length"


@dataclass(frozen=True, slots=True)
class Call:
    """One function that the model called."""

    name: str
    arguments: str
    cut: bool
    """Whether the reply had reached its longest length."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The last time that the model was told how the tests went."""

    failed: int | None
    """None where only that some failed was said."""
    passed: int | None
    """None where no number was said."""
    files: tuple[str, ...]
    """The files that were tested; none for all."""
    lint: int = 0
    """Errors of its linter."""
    interrupted: bool = False
    """Whether no test was run, for a file could not be loaded; `failed` counts those files then."""

    def __str__(self) -> str:
        if self.failed == 0:
            told = "all passed" if self.passed is None else f"{self.passed} passed"
        else:
            told = f"{'some' if self.failed is None else self.failed} failed, {self.passed or 0} passed"
        told += f", lint {self.lint}" if self.lint else ""
        return told + (f" in {len(self.files)} file{'s' * (len(self.files) > 1)}" if self.files else "")


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run."""

    name: str
    task: str
    method: str
    calls: tuple[Call, ...]
    files: Mapping[str, str] | None
    """The files at its end; None where they were not recorded."""
    heard: Heard | None
    """None where the record says nothing of tests of the files at its end."""
    steps: str
    """Which of its steps it was at."""

    @property
    def writes(self) -> list[Call]:
        """The calls that write files."""
        return [call for call in self.calls if call.name == "write_files"]


def read_run(row: Mapping[str, Any]) -> Run:
    calls = tuple(
        Call(one["function_call"]["name"], one["function_call"]["arguments"], one["finish_reason"] == _CUT)
        for one in row["replies"]
        if one.get("function_call")
    )
    state = row.get("final_state")
    return Run(
        name=f"{row['task']} {row['run']}",
        task=row["task"],
        method=_METHODS.get(row["method"], row["method"]),
        calls=calls,
        files=None if not state else {path: _text(lines) for path, lines in state["files"].items()},
        heard=_heard(state["last_messages"]) if state else None,
        steps=_steps(state) if state else "",
    )


def _text(lines: str | list[str]) -> str:
    """A file, which is recorded line by line."""
    return lines if isinstance(lines, str) else "\n".join(lines)


def _steps(state: Mapping[str, Any]) -> str:
    steps: list[str] = state["steps"]
    at = steps.index(state["step"]) + 1 if state["step"] in steps else 0
    return f"at {at} of {len(steps)}"


def _heard(messages: Iterable[Mapping[str, Any]]) -> Heard | None:
    found: Heard | None = None
    asked: tuple[str, ...] = ()
    for message in messages:
        call = message.get("function_call")
        if call:
            asked = _files_asked(call["arguments"]) if call["name"] == "pytest_files" else ()
        elif message["role"] == "function":
            told = _told(message["content"] or "", asked)
            wrote = message["name"] in {"write_files", "delete_files"} and not _refused(message["content"] or "")
            found = told or (None if wrote else found)
    return found


def _files_asked(arguments: str) -> tuple[str, ...]:
    try:
        return tuple(json.loads(arguments, strict=False).get("files_to_test", ()))
    except ValueError:
        return ()


def _refused(content: str) -> bool:
    return '"status": "error"' in content[:40]


def _told(content: str, files: tuple[str, ...]) -> Heard | None:
    try:
        text = "\n".join(str(one) for one in json.loads(content, strict=False).values())
    except ValueError:
        text = content
    lint, interrupted = len(_LINT.findall(text)), "Interrupted: " in text
    summaries, letters = _SUMMARY.findall(text), "".join(_PROGRESS.findall(text))
    if summaries:
        counts = {kind.rstrip("s"): int(number) for number, kind in _COUNTS.findall(summaries[-1])}
        failed = counts.get("failed", 0) + counts.get("error", 0)
        return Heard(failed, counts.get("passed", 0), files, lint, interrupted)
    if letters:
        return Heard(letters.count("F") + letters.count("E"), letters.count("."), files, lint, interrupted)
    if "All tests passed" in text:
        return Heard(0, None, files, lint)
    return Heard(None, None, files, lint) if "Failed tests" in text else None
