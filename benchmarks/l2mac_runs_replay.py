"""Recorded runs once more: what was written goes through our reader, our file store and our evaluators."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import EditsRefusedError
from llm_strategy.planner.editing import Delete, Write
from llm_strategy.planner.evaluators import Problem, fatal_problems, syntax_problems
from llm_strategy.planner.file_store import FileStore
from llm_strategy.planner.replies import Work, read_work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.l2mac_runs_record import Call, Run
    from llm_strategy.planner.editing import Edit

__all__ = ["REASONS", "SAME", "UNEXPLAINED", "Replayed", "compared", "replay"]

SAME: Final = "the same bytes"
CHANGED: Final = "L2MAC changed it: a `1: ` taken away, an indentation rounded up"
GONE: Final = "L2MAC lost it: its folder is deleted at each write"
KEPT: Final = "ours is newer: it stood whole in a reply that was cut off, which L2MAC threw away"
UNEXPLAINED: Final = "unexplained"
REASONS: Final = (CHANGED, GONE, KEPT)
_ALONE: Final = "CodeT"
"""Its replies are candidates: each is a code base of its own."""
_NUMBERED = re.compile(r"^\d+: ")


@dataclass(slots=True)
class Replayed:
    """What became of a run."""

    run: Run
    files: dict[str, str] = field(default_factory=dict[str, str])
    """At its end."""
    whole: int = 0
    """Writes that were read whole."""
    cut: int = 0
    """Writes that were cut off, which the reader says."""
    kept: int = 0
    """Whole files before the cuts."""
    damaged: int = 0
    """Writes that are no valid JSON, which the reader says."""
    lost: int = 0
    """Writes of which nothing was read, and nothing said."""
    told: list[str] = field(default_factory=list[str])
    """What the reader says of the damaged ones."""
    refused: list[str] = field(default_factory=list[str])
    """What the store says of edits that it does not apply."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the files at the end."""
    versions: list[dict[str, str | None]] = field(default_factory=list[dict[str, "str | None"]])
    """The files that each write changed; None for those that it deleted."""
    after: list[int] = field(default_factory=list[int])
    """How many problems there were after each write."""
    uncut: dict[str, str] = field(default_factory=dict[str, str])
    """The files without those that stood in cut replies."""


def replay(runs: Iterable[Run]) -> list[Replayed]:
    done = [_replayed(run) for run in runs]
    _look(done)
    return done


def _replayed(run: Run) -> Replayed:
    done = Replayed(run)
    with TemporaryDirectory(prefix="llm-strategy-l2mac-") as place, FileStore(Path(place)) as store:
        for number, call in enumerate(run.calls):
            edits = _edits(call, done, store.paths(), alone=run.method == _ALONE)
            if not edits:
                continue
            try:
                applied = store.apply(edits, step=str(number))
            except EditsRefusedError as error:
                done.refused.append(str(error))
                continue
            changed = (*applied.created, *applied.written)
            done.versions.append({**{path: store.read(path) for path in changed}, **dict.fromkeys(applied.deleted)})
        done.files = {path: store.read(path) or "" for path in _paths(done.versions)}
    return done


def _edits(call: Call, done: Replayed, there: Iterable[str], *, alone: bool) -> list[Edit]:
    if call.name == "delete_files":
        named = _json(call.arguments).get("files", [])
        return [Delete(path) for path in there if path in named or "-1" in named]
    if call.name != "write_files":
        return []
    work = read_work(call.arguments, known=there)
    _count(call, work, done)
    edits = list(work.edits)
    written = {edit.path for edit in edits}
    if alone and edits:
        edits += [Delete(path) for path in there if path not in written]
    return edits


def _json(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text, strict=False)
    except ValueError:
        return {}
    return found


def _count(call: Call, work: Work, done: Replayed) -> None:
    if not work.problems:
        done.whole += 1
        done.lost += not work.edits
        done.uncut.update({edit.path: edit.text for edit in work.edits if isinstance(edit, Write)})
        return
    done.kept += len(work.edits)
    if call.cut or all("was cut off" in one for one in work.problems):
        done.cut += 1
    else:
        done.damaged += 1
        done.told += work.problems


def _paths(versions: Iterable[Mapping[str, str | None]]) -> list[str]:
    """Files that are there at the end, also those whose names begin with a dot."""
    last = {path: text for version in versions for path, text in version.items()}
    return [path for path, text in last.items() if text is not None]


def _look(done: Sequence[Replayed]) -> None:
    """Look at each version of each file once: the evaluators that are asked look at each file by itself."""
    texts = {
        f"{place}/{number}/{path}": text
        for place, one in enumerate(done)
        for number, version in enumerate(one.versions)
        for path, text in version.items()
        if text is not None
    }
    found: dict[str, set[Problem]] = {}
    for problem in (*syntax_problems(texts), *fatal_problems(texts)):
        path = problem.path.split("/", 2)[2]
        told = Problem(path, problem.line, problem.message, problem.rule)
        found.setdefault(problem.path, set()).add(told)
    for place, one in enumerate(done):
        now: dict[str, list[Problem]] = {}
        for number, version in enumerate(one.versions):
            now.update({path: _distinct(found.get(f"{place}/{number}/{path}", set())) for path in version})
            one.after.append(sum(map(len, now.values())))
        one.problems = tuple(sorted(problem for problems in now.values() for problem in problems))


def _distinct(problems: set[Problem]) -> list[Problem]:
    """Ruff and the parser both tell of an error of syntax: one of a file is enough, for the rest follow from it."""
    broken = sorted(one for one in problems if "syntax" in one.rule)
    return broken[:1] if broken else sorted(problems)


def compared(done: Replayed) -> Counter[str]:
    """Return how the files at the end differ from those recorded, and why."""
    recorded = done.run.files or {}
    return Counter(_reason(path, recorded.get(path), done) for path in {*recorded, *done.files} if done.run.files)


def _reason(path: str, recorded: str | None, done: Replayed) -> str:
    ours = done.files.get(path)
    if ours == recorded:
        return SAME
    if ours is None:
        return UNEXPLAINED
    uncut = done.uncut.get(path)
    if ours != uncut and recorded == uncut:
        return KEPT
    if recorded is None:
        return GONE
    return CHANGED if recorded == "\n".join(map(_as_l2mac, ours.split("\n"))) else UNEXPLAINED


def _as_l2mac(line: str) -> str:
    """What its shipped release makes of a line."""
    line = _NUMBERED.sub("", line)
    blanks = len(line) - len(line.lstrip(" "))
    return " " * (blanks % 2) + line
