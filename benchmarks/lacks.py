"""Machines that lack something a sandbox needs, and walls with a hole: does anything run all the same?

Each case is a process of its own, so that what is taken from it (system calls, programs, users) is really gone. It
tries a sandbox, and 'auto' on a machine that has no other one either, with code that would call a tool: where the tool
was called, code of a model ran. Nothing of the library is replaced; walls are opened in the data that a body is started
with.

python -m benchmarks.lacks [--quick]  all of them; quick: without those of walls
python -m benchmarks.lacks NAME BODY  one case, as a line of JSON
"""

import atexit
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

__all__ = ["LACKS", "WALLS", "Lack", "Opened", "refused", "try_case"]

_CODE = "mark()\nprint('ran')"
_REAL = ("bubblewrap", "landlock", "monty")


@dataclass(frozen=True)
class Lack:
    """Something that a machine does not have."""

    name: str
    bodies: tuple[str, ...]
    """The sandboxes that need it."""
    make: Callable[[], Any]
    """Takes it away from this process. What it returns is a sandbox to try instead of the named one, or None."""
    told: str
    """What the error has to say, at least."""
    prefix: tuple[str, ...] = ()
    """Words in front of the command of the process."""


def _program(name: str, text: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="lack-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    folder.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def _no_program() -> None:
    os.environ["PATH"] = "/nowhere"


def _old_program() -> None:
    _program("bwrap", "echo bubblewrap 0.4.1")


def _no_namespaces() -> None:
    refused = "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it."
    _program("bwrap", f'test "$1" = --version && exec echo bubblewrap 0.8.0\necho "{refused}" >&2\nexit 1')


def _hanging_program() -> None:
    from llm_strategy.sandbox.process import started

    started._SECONDS = 1.0  # noqa: SLF001  # for the same thing in less time
    real = _which("bwrap")
    _program(
        "bwrap",
        f'case "$*" in --version|*/true) exec {real} "$@";; esac\nexec sleep 60',
    )


def _no_tmpfs() -> None:
    # bubblewrap as it is, but the right to mount is not left to what it starts.
    real = _which("bwrap")
    words = 'test "$word$done" = -- && set -- "$@" --cap-drop CAP_SYS_ADMIN && done=1'
    _program("bwrap", f'done=\nfor word; do shift; {words}; set -- "$@" "$word"; done\nexec {real} "$@"')


def _which(name: str) -> str:
    return shutil.which(name) or f"/usr/bin/{name}"


def _without_calls(error: int, *calls: str, **tests: tuple[int, int]) -> None:
    """Take system calls away from this process and all that it starts, as another kernel would."""
    import ctypes

    from llm_strategy.sandbox.walls.seccomp import seccomp_program
    from llm_strategy.sandbox.walls.seccomp_rules import Argument, SeccompRule

    rules = [SeccompRule(call, error) for call in calls]
    rules += [SeccompRule(call, error, (Argument(place, 0xFFFFFFFF, value),)) for call, (place, value) in tests.items()]
    program = seccomp_program(tuple(rules))
    seccomp_program.cache_clear()

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, ctypes.byref(Filter(len(program) // 8, program)), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of this experiment was refused")


def _no_landlock() -> None:
    _without_calls(38, "landlock_create_ruleset")


def _old_landlock() -> None:
    import landlockpy

    landlockpy.abi_version = lambda: 1


def _no_filters() -> None:
    _without_calls(22, "seccomp", prctl=(0, 22))


def _no_libseccomp() -> None:
    import ctypes.util

    find = ctypes.util.find_library
    ctypes.util.find_library = lambda name: None if name == "seccomp" else find(name)
    sys.modules.pop("pyseccomp", None)


def _no_monty() -> None:
    for name in ("pydantic_monty", "pydantic_monty_runtime"):
        sys.modules[name] = None  # type: ignore[assignment]


def _no_limits() -> None:
    _without_calls(1, "setrlimit", prlimit64=(1, 9))  # RLIMIT_AS


LACKS = (
    Lack("bubblewrap is not installed", ("bubblewrap",), _no_program, "There is no"),
    Lack("bubblewrap is too old", ("bubblewrap",), _old_program, "0.8"),
    Lack("namespaces are forbidden", ("bubblewrap",), _no_namespaces, "No permissions to create a new namespace"),
    Lack("a file system in memory is refused", ("bubblewrap",), _no_tmpfs, "mount a tmpfs"),
    Lack("the self-test never ends", ("bubblewrap",), _hanging_program, "was not ready within"),
    Lack("the kernel has no Landlock", ("landlock",), _no_landlock, "has no Landlock"),
    Lack("Landlock is too old", ("landlock",), _old_landlock, "version 1 here, and version 2 is needed"),
    Lack("filters of system calls are refused", ("bubblewrap", "landlock"), _no_filters, "filter"),
    Lack("libseccomp is missing", ("bubblewrap", "landlock"), _no_libseccomp, "libseccomp"),
    Lack("limits cannot be set", ("bubblewrap", "landlock"), _no_limits, "did not start"),
    Lack(
        "no other user is free",
        ("bubblewrap", "landlock"),
        lambda: None,
        "user",
        prefix=("unshare", "--user", "--map-root-user"),
    ),
    Lack("monty is not installed", ("monty",), _no_monty, "pip install"),
)
"""What the twelve machines lack."""


@dataclass(frozen=True)
class Opened:
    """A sandbox with a hole in a wall."""

    name: str
    wall: str

    def findings(self) -> tuple[()]:
        return ()

    def start(self, setup: Any) -> Any:
        from llm_strategy.sandbox.bubblewrap.body import Bubblewrap, start_walled
        from llm_strategy.sandbox.landlock.body import Landlock, start_shut_in
        from llm_strategy.sandbox.landlock.folder import make_folder
        from llm_strategy.sandbox.walls.free_user import free_user

        if self.name == "bubblewrap":
            return start_walled(self.opened(Bubblewrap().launch(setup.limits)), setup)
        user = free_user() if os.geteuid() == 0 else None
        folder = make_folder(user)
        return start_shut_in(self.opened(Landlock().launch(setup.limits, folder, user)), setup, folder)

    def opened(self, launch: Any) -> Any:  # noqa: C901  # one case a wall
        from llm_strategy.sandbox.walls.canaries import canaries

        data, limits, command = dict(launch.prelude.data), dict(launch.rlimits), list(launch.command)
        environment = dict(launch.environment)
        outside = str(Path(data["plan"]["secret"]).parent)
        match self.wall:
            case "read" | "write" if self.name == "landlock":
                data[self.wall] = [*data[self.wall], outside]
            case "read" | "write":
                bind = "--ro-bind" if self.wall == "read" else "--bind"
                place = command.index("--remount-ro")
                command[place:place] = [bind, outside, outside]
            case "connect":
                command = [word for word in command if word != "--unshare-net"]
                data["filter"] = _harmless()
            case "environment":
                environment["LEFT_OVER"] = canaries().token
            case "signal" | "privileges":
                command = [word for word in command if word != "--unshare-pid"]
                data["user"], data["abi"] = None, 5  # no limit of signals yet
            case "fork":
                limits.pop("NPROC")
            case "memory":
                limits.pop("AS")
            case "disk":
                data["disk"] *= 2
            case "file size":
                limits.pop("FSIZE")
            case "system calls":
                data["filter"] = _harmless() if self.name == "landlock" else ""
        return replace(
            launch,
            command=tuple(command),
            environment=environment,
            rlimits=limits,
            prelude=replace(launch.prelude, data=data),
        )


def _harmless() -> str:
    from llm_strategy.sandbox.walls.seccomp import seccomp_program
    from llm_strategy.sandbox.walls.seccomp_rules import SeccompRule

    return base64.b64encode(seccomp_program((SeccompRule("swapoff"),))).decode()


WALLS = (
    *((wall, "bubblewrap") for wall in ("read", "write", "connect", "environment", "fork", "memory", "disk")),
    *((wall, "bubblewrap") for wall in ("system calls", "privileges")),
    *((wall, "landlock") for wall in ("read", "write", "connect", "environment", "signal", "fork", "memory")),
    *((wall, "landlock") for wall in ("file size", "system calls", "privileges")),
)
"""Walls that are opened, one at a time, each with its body."""


def try_case(name: str, body: str, *, seconds: float = 60.0) -> dict[str, Any]:
    """Try one case in a process of its own; return what it said: `ran`, `told`, and the same of 'auto'."""
    lack = next((one for one in LACKS if one.name == name), None)
    done = subprocess.run(
        [*(lack.prefix if lack else ()), sys.executable, "-m", "benchmarks.lacks", name, body],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"ran": None, "told": done.stderr[-2000:], "auto_ran": None, "auto_told": ""}


def refused(name: str, answer: dict[str, Any]) -> bool:
    """Whether a case was refused as it should be."""
    lack = next((one for one in LACKS if one.name == name), None)
    said = lack.told if lack else f"  {name}: "
    found = answer["ran"] is False and said in answer["told"]
    if lack is None:
        return found
    return found and answer["auto_ran"] is False and all(f"  {one}: " in answer["auto_told"] for one in _REAL)


def _attempt(sandbox: Any) -> tuple[bool, str]:
    from llm_strategy.errors import SandboxUnavailableError
    from llm_strategy.sandbox.session import Session
    from llm_strategy.tools import tool

    called: list[bool] = []

    @tool(accepts_untrusted=True)
    def mark() -> str:
        """Tell that code runs."""
        called.append(True)
        return ""

    try:
        with Session(sandbox, tools=[mark]) as session:
            result = session.run(_CODE)
    except SandboxUnavailableError as error:
        return bool(called), str(error)
    return True, f"it ran: {result.stdout!r} {result.error}"


def _child(name: str, body: str) -> dict[str, Any]:
    lack = next((one for one in LACKS if one.name == name), None)
    if lack is None:
        os.environ["TMPDIR"] = str(Path.home())  # bubblewrap covers /tmp: nothing can be laid open there
        ran, told = _attempt(body if name == "nothing" else Opened(body, name))
        return {"ran": ran, "told": told}
    lack.make()
    ran, told = _attempt(body)
    others = {"bubblewrap": _no_program, "landlock": _old_landlock, "monty": _no_monty}
    for other in _REAL:
        if other not in lack.bodies:
            others[other]()
    auto_ran, auto_told = _attempt("auto")
    return {"ran": ran, "told": told, "auto_ran": auto_ran, "auto_told": auto_told}


def main(arguments: list[str]) -> int:
    if len(arguments) == 2:
        print(json.dumps(_child(*arguments)))
        return 0
    from rich.console import Console
    from rich.table import Table

    cases = [(one.name, body) for one in LACKS for body in one.bodies]
    cases += [] if "--quick" in arguments else WALLS
    table = Table("what is missing, or open", "sandbox", "refused", "said")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda case: try_case(*case), cases))
    good = 0
    for (name, body), answer in zip(cases, answers, strict=True):
        held = refused(name, answer)
        good += held
        said = answer["told"].splitlines() or [""]
        table.add_row(name, body, "yes" if held else "NO", said[-1][:90])
    Console(width=160).print(table)
    total = len(cases)
    print(f"lacks: {good} of {total} refused before any code ran (goal all) {'ok' if good == total else 'short'}")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
