"""One process under attack: it runs each row in a session of its own, and prints a line of JSON for each.

python -m benchmarks.attacks_running BODY < rows.jsonl, with OPENAI_API_KEY=<token> in the environment.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.attacks_range import Census, Range, Target, adopt_orphans
from llm_strategy.errors import LLMStrategyError
from llm_strategy.files import Folder
from llm_strategy.sandbox import CodeResult, Limits
from llm_strategy.sandbox.session import Session
from llm_strategy.tools import tool

LIMITS = Limits(seconds=5, memory_mib=512, processes=32, disk_mib=64, output_kib=1024)
LATER = 10.0
"""Seconds after the end of a session until its marks are looked at again."""


def tools(folder: Folder, called: list[str]) -> list[Any]:
    """What the code may ask for; each notes that it was really called."""

    @tool(accepts_untrusted=True)
    def host_write(path: str, text: str) -> str:
        """Write a file."""
        called.append("host_write")
        folder.write(path, text.encode())
        return "written"

    @tool(accepts_untrusted=True)
    def host_echo(text: str) -> str:
        """Say it again."""
        called.append("host_echo" if type(text) is str else "a value of another type")
        return text

    @tool(accepts_untrusted=True)
    def host_count(number: int) -> int:
        """Add one."""
        called.append("host_count" if type(number) is int else "a value of another type")
        return number + 1

    return [host_write, host_echo, host_count]


class Shot:
    """One attack, and what was seen of it."""

    def __init__(self, body: str, row: dict, place: Range, ignored: frozenset[int]) -> None:
        self.row, self.place = row, place
        self.target: Target = place.lay(row)
        self.called: list[str] = []
        self.wall = 0.0
        self.result: CodeResult | None = None
        self.error = ""
        self.session = Session(
            body, tools=tools(Folder(place.base / f"tools-{place.laid}"), self.called), limits=LIMITS
        )
        self.census = Census(ignored)
        self.grown = 0.0

    def fire(self) -> None:
        before = _peak_mib()
        try:
            with self.census:
                self.session.open()
                began = time.monotonic()
                try:
                    self.result = self.session.run(self.target.code())
                finally:
                    self.wall = time.monotonic() - began
                    self.census.look()
        except LLMStrategyError as error:
            self.error = f"{type(error).__name__}: {error}"
        if self.row["name"] == "call_after_the_end":
            time.sleep(1.0)
        self.session.close()
        self.closed = time.monotonic()
        self.grown = _peak_mib() - before

    def lost(self) -> list[str]:
        """The things that must not be seen, and were."""
        if self.result is None:
            return [f"it was not run: {self.error}"]
        checks = self._checks()
        return [key for key, limit in self.row["must_not"].items() if checks[key](limit)]

    def marks_later(self) -> list[str]:
        """Look at the marks again."""
        must_not = self.row["must_not"]
        found = [
            key
            for key, seen in (("marker", self.target.marked), ("outside_changed", self.target.changed))
            if key in must_not and seen()
        ]
        if "marker_named" in must_not and (self.target.mark / must_not["marker_named"]).exists():
            found.append("marker_named")
        self.target.close()
        return found

    def _checks(self) -> dict[str, Callable[[Any], bool]]:
        result, census = self.result, self.census
        said = "\n".join((result.stdout, result.stderr, result.shown, repr(result.value)))
        told = f"{said}\n{result.error}"
        return {
            "stdout_has": lambda text: text in said,
            "token_in_output": lambda _: self.place.token in told,
            "marker": lambda _: self.target.marked(),
            "marker_named": lambda name: (self.target.mark / name).exists(),
            "outside_changed": lambda _: self.target.changed(),
            "canary_hit": lambda _: self.target.hit(),
            "decoy_signalled": lambda _: self.place.decoy_signalled(),
            "survivor_process": lambda _: bool(census.survivors()),
            "wall_s_over": lambda seconds: self.wall > seconds,
            "rss_mb_over": lambda mib: census.rss_mib > mib,
            # The small limits are of processes, the large one is of threads too.
            "children_over": lambda most: (census.processes if most <= 64 else census.tasks) > most,
            "disk_mb_over": lambda mib: census.disk_mib > mib,
            "captured_bytes_over": lambda most: len(result.stdout.encode()) + len(result.stderr.encode()) > most,
            "host_state_lost": lambda _: not self._fresh_session_works(),
            "forged_result": lambda _: "ESCAPED-FORGED" in f"{result.value!r} {result.shown}",
            "called": lambda name: name in self.called,
            "calls_over": lambda most: len(self.called) > most,
            "host_growth_mib_over": lambda mib: self.grown > mib,
        }

    def _fresh_session_works(self) -> bool:
        try:
            with Session(self.session.sandbox, limits=LIMITS) as fresh:
                return fresh.run("20 + 22").value == 42
        except LLMStrategyError:
            return False


def _peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    body, token = sys.argv[1], os.environ["OPENAI_API_KEY"]
    rows = [json.loads(line) for line in sys.stdin]
    adopt_orphans()
    place = Range(token)
    with Session(body, limits=LIMITS) as first:  # what belongs to the host from now on is no descendant of an attack
        first.open()
    ignored = frozenset(Census(frozenset()).everybody())
    try:
        shots = []
        for row in rows:
            _tell(begun=row["id"])
            shot = Shot(body, row, place, ignored)
            shot.fire()
            shots.append(shot)
            _tell(id=row["id"], lost=shot.lost(), wall=round(shot.wall, 3), outcome=_outcome(shot))
        time.sleep(max(0.0, *(shot.closed + LATER - time.monotonic() for shot in shots)) if shots else 0.0)
        for shot in shots:
            late = shot.marks_later()
            if late:
                _tell(id=shot.row["id"], late=late)
    finally:
        place.close()
    return 0


def _outcome(shot: Shot) -> str:
    if shot.result is None:
        return shot.error
    return "ended" if shot.result.error is None else f"{shot.result.error.kind}: {shot.result.error.message}"[:160]


def _tell(**told: Any) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    sys.exit(main())
