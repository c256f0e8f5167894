"""One run of pytest in a sandbox of its own, and what came out of it.

Everything that comes out may have been written by the code that is tested: it is read as such.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any, Final, cast

from llm_strategy.errors import SandboxLostError
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop
from llm_strategy.flow.threads import in_thread
from llm_strategy.sandbox import GuestFunction, HostCall, Returned, Setup
from llm_strategy.sandbox.strongest import start_sandbox

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from llm_strategy.sandbox import CodeResult, Limits, Sandbox, Worker

__all__ = ["Event", "Run", "run_pytest"]

_ARCHIVE: Final = ".files-of-the-workspace.json"
_TELL: Final = "tell_the_host"
_LONGEST: Final = 4000
_MOST: Final = 16_000_000
"""Letters of all that one run may report."""
_ENVIRONMENT: Final = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "MPLBACKEND": "Agg",
}
_ARGUMENTS: Final = (
    *("-c", "/dev/null", "-o", "addopts=", "-o", "console_output_style=classic", "-q", "--tb=short", "--no-header"),
    *(
        "--no-summary",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:faulthandler",
        "-p",
        "no:junitxml",
        "-p",
        "no:pastebin",
    ),
)
_CONTROL: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_KINDS: Final = frozenset({"missing", "ready", "load", "file", "broken", "skipped", "tests", "begin", "end", "over"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that pytest has reported."""

    kind: str
    """`ready`, `load`, `file`, `broken`, `skipped`, `tests`, `begin`, `end`, `over`, `missing`."""
    id: str = ""
    """The test or file that it is about."""
    message: str = ""
    """What was said about it."""
    outcome: str = ""
    """Of a test that ended."""
    seconds: float = 0.0
    """How long it took."""
    forged: bool = False
    """Whether it is called passed, though its function raised, or was not called."""
    ids: tuple[str, ...] = ()
    """Tests that were found."""
    status: int = 0
    """How pytest ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came out of a run."""

    events: tuple[Event, ...] = ()
    """What pytest reported, in order."""
    strange: bool = False
    """Whether there was something among it that our own part of pytest does not write."""
    status: int | None = None
    """How the process ended: as `Popen.returncode`; None where that is not known."""
    hung: bool = False
    """Whether it was ended because it took too long."""
    where: str = ""
    """The places in the code where it was then, or where it crashed, innermost first."""
    output: str = ""
    """The last of what it printed."""
    lost: str = ""
    """Why the sandbox itself ended, if it did."""

    @property
    def over(self) -> bool:
        """Whether pytest came to its end."""
        return bool(self.events) and self.events[-1].kind == "over" and self.events[-1].status in {0, 1, 5}


def run_pytest(
    sandbox: Sandbox,
    files: Mapping[str, str],
    paths: Sequence[str],
    *,
    done: Collection[str] = (),
    limits: Limits,
    seconds: float,
) -> Run:
    """Start a sandbox with the files in it, and run pytest there once.

    Args:
        sandbox: where.
        files: the workspace.
        paths: which of them hold the tests.
        done: ids of tests that are left out.
        limits: of the sandbox.
        seconds: how long each test, or the loading of a file, may take.

    Raises:
        SandboxUnavailableError: it does not start.
        InputError, SandboxLostError: the files have no room in it.
        Cancelled: the work around is to end.
    """
    token = secrets.token_hex(16)
    archive = json.dumps({path: base64.b64encode(_bytes(text)).decode() for path, text in files.items()})
    setup = Setup(limits, (GuestFunction(_TELL, ("lines",)),), {_ARCHIVE: archive.encode()})
    _, worker = start_sandbox(sandbox, setup)
    stop = current_stop()
    # Closed, and not interrupted: an interrupt that comes before the action begins would be forgotten.
    forget = stop.on_set(lambda: in_thread(worker.close)) if stop is not None else None
    try:
        told = _Told(token)
        result = told.until_the_end(worker, _action(_plan(token, files, paths, done, seconds)))
        if stop is not None and stop.is_set():
            raise Cancelled
        return _run(told, result)
    finally:
        if forget is not None:
            forget()
        worker.close()


def _bytes(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character
        return text.encode(errors="replace")


def _plan(
    token: str, files: Mapping[str, str], paths: Sequence[str], done: Collection[str], seconds: float
) -> dict[str, Any]:
    parts = {path.split("/")[0].removesuffix(".py") for path in files}
    parts |= {path.rpartition("/")[2].removesuffix(".py") for path in files if path.endswith(".py")}
    return {
        "archive": _ARCHIVE,
        "child": _source("pytest_child"),
        "token": token,
        "seconds": seconds,
        "environment": _ENVIRONMENT,
        "sources": any(path.startswith("src/") for path in files),
        "orders": {"arguments": [*_ARGUMENTS, "--", *map(_named, paths)], "done": sorted(done), "names": sorted(parts)},
    }


def _named(path: str) -> str:
    return f"./{path}" if path.startswith("@") else path  # pytest reads arguments from a file with such a name


def _action(plan: Mapping[str, Any]) -> str:
    """Return the runner with its plan, as the text of an action."""
    return f"{_source('runner')}\n\nrun(json.loads({json.dumps(plan)!r}), {_TELL})\n"


@cache
def _source(name: str) -> str:
    return (package_files("llm_strategy.planner.evaluators.inside") / f"{name}.py").read_text(encoding="utf-8")


@dataclass(slots=True)
class _Told:
    """Puts together what is told from inside, line by line."""

    token: str
    events: list[Event] = field(default_factory=list[Event])
    strange: bool = False
    _part: str = ""
    _count: int = 0
    _letters: int = 0

    def until_the_end(self, worker: Worker, code: str) -> CodeResult:
        step = worker.run(code)
        while isinstance(step, HostCall):
            self._take(step.arguments)
            step = worker.resume(Returned(None))
        return step

    def _take(self, arguments: str) -> None:
        self._letters += len(arguments)
        said: object = json.loads(arguments).get("lines")
        if not isinstance(said, str) or self._letters > _MOST:
            self.strange = True
            return
        *lines, self._part = (self._part + said).split("\n")
        for line in filter(None, lines):
            event = self._event(line)
            if event is None:
                self.strange = True
            else:
                self.events.append(event)

    def _event(self, line: str) -> Event | None:
        try:
            data: Any = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, dict):
            return None
        said = cast("dict[str, Any]", data)
        kind = said.get("kind")
        if said.get("token") != self.token or said.get("number") != self._count or kind not in _KINDS:
            return None
        self._count += 1
        return _event_of(kind, said)


def _event_of(kind: str, data: Mapping[str, Any]) -> Event:
    seconds, status = data.get("seconds"), data.get("status")
    return Event(
        kind,
        id=_text(data.get("id")),
        message=_text(data.get("message")),
        outcome=_text(data.get("outcome")),
        seconds=round(float(seconds), 4) if isinstance(seconds, int | float) and 0 <= seconds < 1e6 else 0.0,
        forged=data.get("forged") is True,
        ids=_texts(data.get("ids", ())),
        status=status if isinstance(status, int) else -1,
    )


def _texts(values: Any) -> tuple[str, ...]:
    try:
        return tuple(_text(one) for one in values)
    except TypeError:
        return ()


def _text(value: object) -> str:
    """Return a text without what a terminal would obey, in a length that can be kept."""
    if not isinstance(value, str):
        return ""
    return _CONTROL.sub("", value[: 2 * _LONGEST]).encode(errors="replace").decode()[:_LONGEST]


def _run(told: _Told, result: CodeResult) -> Run:
    events = tuple(told.events)
    if result.error is not None:
        return Run(events, told.strange, lost=_text(f"{result.error.kind}: {result.error.message}"))
    match result.value:
        case {"status": int() | None as status, "hung": bool(hung), "where": str(where), "output": str(output)}:
            return Run(events, told.strange, status, hung, _text(where), _text(output))
        case _:
            raise SandboxLostError("The sandbox did not tell how the tests ended.")
