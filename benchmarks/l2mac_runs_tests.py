"""The tests that recorded runs have left, in our sandbox, beside what the recording says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.evaluators import Evaluators, Verdict
from llm_strategy.sandbox import Sandbox, Session
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.landlock.body import Landlock
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.l2mac_runs_record import Heard
    from benchmarks.l2mac_runs_replay import Replayed

__all__ = ["AGREES", "DIFFERS", "OFFLINE", "Tested", "sandbox_for", "test_all"]

AGREES: Final = "the same"
DIFFERS: Final = "another"
OFFLINE: Final = "another: no network"
_NO_RECORD: Final = "-"
_NETWORK: Final = frozenset(["requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket"])
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tested:
    """How the tests of a run ended here."""

    told: str
    ran: bool
    failed: int
    compared: str
    why: str = ""
    """What failed, where it ended in another way."""

    @property
    def wrong(self) -> bool:
        """Whether tests fail, for all that is known not for want of a network."""
        return self.failed > 0 and self.compared != OFFLINE


def sandbox_for(name: str, python: str) -> Sandbox:
    """Return the body that is taken, not only what chooses one: its name stands in the figure."""
    with Session(sandbox_named(name)) as session:
        body = session.open().sandbox
    if not python:
        return body
    makes = {"bubblewrap": Bubblewrap, "landlock": Landlock}
    return makes[body.name](python=python) if body.name in makes else UnsafeProcess(python)


def test_all(done: Sequence[Replayed], sandbox: Sandbox, until: float) -> dict[int, Tested]:
    """Run the tests of those that there is time for, by the identity of the run."""
    missing = _missing({name for one in done for name in _imported(one.files)}, sandbox)
    evaluators = Evaluators(["tests"], sandbox=sandbox)
    found: dict[int, Tested] = {}
    for one in done:
        if monotonic() < until:
            found[id(one)] = _tested(one, evaluators, missing)
    return found


def _tested(one: Replayed, evaluators: Evaluators, missing: frozenset[str]) -> Tested:
    imported = set(_imported(one.files))
    lacking = sorted(missing & imported)
    if lacking:
        return Tested(f"missing: {', '.join(lacking)}", ran=False, failed=0, compared=_NO_RECORD)
    verdict = evaluators(one.files)
    broken = len(verdict.problems)
    told = f"{verdict.failed} failed, {verdict.passed} passed" if verdict.failed else f"{verdict.passed} passed"
    told += f", {broken} not loaded" if broken else ""
    ends = _compared(verdict, one.run.heard)
    if ends == DIFFERS and imported & _NETWORK:
        ends = OFFLINE
    why = verdict.told(1500) if ends in {DIFFERS, OFFLINE} else ""
    return Tested(told, ran=True, failed=verdict.failed + broken, compared=ends, why=why)


def _compared(verdict: Verdict, heard: Heard | None) -> str:
    if heard is None:
        return _NO_RECORD
    chosen = [test for test in verdict.tests if not heard.files or test.id.partition("::")[0] in heard.files]
    broken = sum(not heard.files or one.path in heard.files for one in verdict.problems)
    failed = sum(test.outcome == "failed" for test in chosen) + broken
    passed = sum(test.outcome == "passed" for test in chosen)
    if heard.interrupted:
        return AGREES if broken == heard.failed else DIFFERS
    if heard.passed is None or heard.failed is None:
        return AGREES if (heard.failed == 0) == (failed == 0) else DIFFERS
    return AGREES if (failed, passed) == (heard.failed, heard.passed) else DIFFERS


def _imported(files: Mapping[str, str]) -> Iterable[str]:
    """Packages that Python files import, without those that are among the files."""
    own = {part.removesuffix(".py") for path in files for part in path.split("/")}
    named = {name for path, text in files.items() if path.endswith(".py") for name in _IMPORT.findall(text)}
    return named - own


def _missing(wanted: Iterable[str], sandbox: Sandbox) -> frozenset[str]:
    code = f"import importlib.util\n[one for one in {sorted(wanted)!r} if importlib.util.find_spec(one) is None]"
    with Session(sandbox) as session:
        found = session.run(code)
    return frozenset(found.value) if found.ok else frozenset(wanted)
