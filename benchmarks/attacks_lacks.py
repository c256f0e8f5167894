"""Machines that lack something, simulated: each has to refuse before any code of a model is run.

python -m benchmarks.attacks_lacks: a line of JSON for each, for the user who runs it.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Finding, Sandbox, Setup, Worker
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap, start_walled
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.process.launch import Launch
from llm_strategy.sandbox.session import Session
from llm_strategy.sandbox.strongest import FailedStarts, Strongest
from llm_strategy.sandbox.walls import free_user as bubblewrap_user
from llm_strategy.sandbox.walls.canaries import canaries
from llm_strategy.sandbox.walls.seccomp import seccomp_program
from llm_strategy.tools import tool

OLD = "#!/bin/sh\necho bubblewrap 0.4.1\n"
FORBIDDEN = """#!/bin/sh
[ "$1" = --version ] && { echo bubblewrap 0.8.0; exit 0; }
echo "bwrap: No permissions to create new namespace, likely because the kernel does not allow it" >&2
exit 1
"""


@dataclass(frozen=True)
class Changed:
    """The hardened body, started in a way that is wrong."""

    change: Callable[[Launch], Launch]
    name: str = "bubblewrap"

    def findings(self) -> tuple[Finding, ...]:
        return ()

    def start(self, setup: Setup) -> Worker:
        return start_walled(self.change(Bubblewrap().launch(setup.limits)), setup)


@contextmanager
def program(text: str) -> Iterator[Sandbox]:
    """Another bubblewrap."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bwrap"
        path.write_text(text)
        path.chmod(0o755)
        yield Bubblewrap(program=str(path))


@contextmanager
def module_raises(name: str, error: Exception, body: str) -> Iterator[Sandbox]:
    """A package that cannot be imported."""

    class Finder:
        def find_spec(self, wanted: str, *_: Any) -> None:
            if wanted == name:
                raise error

    kept = {one: sys.modules.pop(one) for one in [*sys.modules] if one.split(".")[0] == name}
    if isinstance(error, ImportError):
        sys.modules[name] = None  # what Python itself writes down for "there is no such module"
    sys.meta_path.insert(0, Finder())
    seccomp_program.cache_clear()
    try:
        yield sandbox_named(body)
    finally:
        del sys.meta_path[0]
        sys.modules.pop(name, None)
        sys.modules.update(kept)
        seccomp_program.cache_clear()


@contextmanager
def no_free_user() -> Iterator[Sandbox]:
    """A container that knows root and nobody else; for an ordinary user, one in which no other Python is."""
    if os.geteuid() != 0:
        yield Bubblewrap(python="/no/such/python")
        return
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("0 0 1\n")
        file.flush()
        kept, bubblewrap_user.UID_MAP = bubblewrap_user.UID_MAP, Path(file.name)
        try:
            yield Bubblewrap()
        finally:
            bubblewrap_user.UID_MAP = kept


@contextmanager
def given(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox


@contextmanager
def none_at_all() -> Iterator[Sandbox]:
    """Nothing that "auto" may take."""
    with module_raises("pydantic_monty", ImportError("no such package"), "monty") as monty:
        yield Strongest((Bubblewrap(program="no-such-bwrap"), monty), FailedStarts())


def _with_data(launch: Launch, **changes: Any) -> Launch:
    return replace(launch, prelude=replace(launch.prelude, data={**launch.prelude.data, **changes}))


def _without(launch: Launch, *words: str) -> Launch:
    return replace(launch, command=tuple(one for one in launch.command if one not in words))


def _no_mounts(launch: Launch) -> Launch:
    place = launch.command.index("CAP_SYS_ADMIN")
    return replace(launch, command=(*launch.command[: place - 1], *launch.command[place + 1 :]))


def _canary_shown(launch: Launch) -> Launch:
    folder = str(Path(launch.prelude.data["plan"]["secret"]).parent)
    place = launch.command.index("--remount-ro")
    return replace(launch, command=(*launch.command[:place], "--bind", folder, folder, *launch.command[place:]))


def _own_environment(launch: Launch) -> Launch:
    os.environ.setdefault("OPENAI_API_KEY", "a key that nobody may see")
    plan = {**launch.prelude.data["plan"], "environment": canaries().marks({})}
    return replace(_with_data(launch, plan=plan), environment={**launch.environment, **os.environ})


LACKS: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("bwrap is missing", lambda: given(Bubblewrap(program="no-such-bwrap"))),
    ("bwrap is too old", lambda: program(OLD)),
    ("no user namespaces", lambda: program(FORBIDDEN)),
    ("pyseccomp is missing", lambda: module_raises("pyseccomp", ImportError("no such package"), "bubblewrap")),
    ("libseccomp is missing", lambda: module_raises("pyseccomp", RuntimeError("no libseccomp"), "bubblewrap")),
    ("the kernel refuses the filter", lambda: given(Changed(lambda one: _with_data(one, filter="AAAAAAAAAAA=")))),
    ("tmpfs is refused", lambda: given(Changed(_no_mounts))),
    ("no free user", no_free_user),
    ("the canary is read", lambda: given(Changed(_canary_shown))),
    ("the canary is reached", lambda: given(Changed(lambda one: _without(one, "--unshare-net")))),
    ("the environment is seen", lambda: given(Changed(_own_environment))),
    ("other processes are seen", lambda: given(Changed(lambda one: _without(one, "--unshare-pid")))),
    ("Landlock is missing", lambda: module_raises("landlockpy", ImportError("no such package"), "landlock")),
    ("monty is missing", lambda: module_raises("pydantic_monty", ImportError("no such package"), "monty")),
    ("nothing is there", none_at_all),
)


def refuses(lack: Callable[[], Any]) -> str:
    """What is wrong: '' where the session refused, and no code had run."""
    ran: list[str] = []

    @tool(accepts_untrusted=True)
    def note(text: str) -> str:
        """Tell the host that code is running."""
        ran.append(text)
        return text

    try:
        with lack() as sandbox, Session(sandbox, tools=[note]) as session:
            session.run("note('code ran')")
    except SandboxUnavailableError:
        return "code ran first" if ran else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it did not refuse"


def main() -> int:
    for name, lack in LACKS:
        began = time.monotonic()
        wrong = refuses(lack)
        print(json.dumps({"lack": name, "wrong": wrong, "seconds": round(time.monotonic() - began, 2)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
