"""From what a user types to a trace file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.printable import printable_line
from llm_strategy.tracing.records import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["resolve_trace"]

_LINES_LOOKED_AT = 20
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Known:
    path: Path
    id: str
    name: str
    started: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.path.name, self.path.stem, self.name, self.id)))


def resolve_trace(directory: Path, name: str) -> Path:
    """Return the trace file that is meant.

    Args:
        directory: where traces are written.
        name: a path; the name of a file with or without its ending; the name of a session, the id of a trace, or the
            beginning of one of these, if it fits one trace only; `latest` or `-1` for the newest one, `-2` for the one
            before it, and so on.

    Raises:
        TraceFileError: there is no such trace, or several; names near ones.
    """
    given = Path(name).expanduser()
    if name and _is_file(given):
        return given
    known = _known(directory.expanduser())
    if not known:
        raise TraceFileError(
            f"There is no trace in {str(directory)!r}, and {name!r} is no file. Name the directory in which traces are "
            "written, or a file."
        )
    if name == "latest" or re.fullmatch(r"-[1-9]\d{0,8}", name, re.ASCII):
        return _newest(known, 1 if name == "latest" else int(name[1:]), directory)
    exact = [one for one in known if name in one.names]
    near = exact or [one for one in known if name and any(text.startswith(name) for text in one.names)]
    if len(near) == 1:
        return near[0].path
    if near:
        raise TraceFileError(
            f"{name!r} may be one of several traces: {_listed(near)}. Type more of the name of a file, or `latest`."
        )
    texts = {text: one for one in known for text in one.names}
    matches = [texts[text] for text in get_close_matches(name, texts, n=_SHOWN, cutoff=0.5)] or known
    raise TraceFileError(f"There is no trace {name!r} in {str(directory)!r}. Traces there: {_listed(matches)}.")


def _newest(known: Sequence[_Known], number: int, directory: Path) -> Path:
    if number > len(known):
        raise TraceFileError(f"There are {len(known)} traces in {str(directory)!r}: `-{number}` is none of them.")
    return known[number - 1].path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        return False


def _known(directory: Path) -> list[_Known]:
    """Return the traces of a directory, the newest first."""
    found = (_looked_at(path) for path in sorted(directory.glob("*.jsonl"), reverse=True) if _is_file(path))
    return sorted((one for one in found if one), key=lambda one: one.started, reverse=True)


def _looked_at(path: Path) -> _Known | None:
    """Return what the first lines of a file say of it: the recorder writes the session there, without its end."""
    try:
        with path.open("rb") as lines:
            spans = list(islice(read_lines(islice(lines, _LINES_LOOKED_AT)), _LINES_LOOKED_AT))
    except OSError:
        return None
    session = next((span for span in spans if span.kind == "session"), None)
    first = session or min(spans, key=lambda span: span.start, default=None)
    return None if first is None else _Known(path, first.trace, session.name if session else "", first.start)


def _listed(known: Iterable[_Known]) -> str:
    shown = list(dict.fromkeys(repr(printable_line(one.path.stem)) for one in known))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{', '.join(shown[:_SHOWN])}{more}"
