"""Calls to a provider that fails: every one ends in a value or a typed error, in time, and never too early.

python -m benchmarks.faults [--quick]

1,000 calls of typed functions through ChatOpenAI, in threads, in tasks and streamed in both, against a server of our
own on loopback (`benchmarks/fault_server.py`) that answers 30 % of the requests in one of 43 bad ways, by a seed. One
call in eight goes to a port that refuses connections for 0.3 of every second. Then calls that never get a reply, calls
that are told to wait ten hours, and many calls at once on one key that
is told to wait some milliseconds in 80 % of its requests: no request may be sent before the time asked for. What was
sent and what was asked for is taken from the log of the server; the moment of sending is taken at the client, as early
as can be, since both share a clock.
"""

import json
import resource
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_openai import ChatOpenAI
from rich.console import Console
from rich.table import Table

from benchmarks.fault_calls import (
    ASKS,
    ATTEMPTS,
    DEADLINE,
    TIMEOUT,
    Outcome,
    Sent,
    chat_model,
    in_tasks,
    in_threads,
    rules,
)
from benchmarks.fault_kinds import FINAL, KINDS, SAID
from llm_strategy.errors import RateLimitedError, TimedOutError
from llm_strategy.flow.retries import Backoff

SEED, RATE = 20261121, 0.3
MOODY = 8
"""One of so many calls goes to the port that refuses connections at times."""
GRACE = 1.0
"""Seconds that a call may take beyond its deadline."""
MOST_MEMORY = 400
"""Megabytes that the process may grow by, at its peak: a reply may take 32 MiB, and 32 calls are under way."""
SHORT = 1.5
"""Seconds that calls have to which the server gives no reply."""
HOURS = 10
"""How many calls are told to wait ten hours, each with a key of its own, since that holds for the whole key."""
HAMMERED_ATTEMPTS, HAMMERED_DEADLINE = 80, 600.0

Log = dict[str, list[dict[str, Any]]]


def main() -> int:
    quick = "--quick" in sys.argv
    shares = {"threads": 60, "tasks": 80, "stream-threads": 30, "stream-tasks": 30}
    shares = shares if quick else {name: 5 * count for name, count in shares.items()}
    sent, hammered = Sent(), Sent()
    with _server() as (steady, moody):
        for name in shares:
            _share(f"warm-{name}", 30, [chat_model(steady, 1)], Sent())
        before = _peak()
        models = [*[chat_model(steady)] * (MOODY - 1), chat_model(moody)]
        outcomes = {name: _share(name, count, models, sent) for name, count in shares.items()}
        late = [chat_model(steady, 2)]
        for name in shares:
            outcomes[f"late-{name}"] = _share(f"late-{name}", 10 if quick else 25, late, sent, SHORT)
        hours = [chat_model(steady, 10 + key) for key in range(HOURS)]
        outcomes["hours-threads"] = _share("hours-threads", HOURS, hours, sent)
        count = 250 if quick else 2600
        with rules(hammered, HAMMERED_ATTEMPTS, HAMMERED_DEADLINE, backoff=Backoff(base=0.005, cap=0.05)):
            model = chat_model(steady, 3)
            outcomes["hammer"] = in_tasks("hammer", count, [model], tasks=64, deadline=HAMMERED_DEADLINE)
        log = _log(steady)
    if "--errors" in sys.argv:
        for one in (one for share in outcomes.values() for one in share if not one.right):
            print(one.call, f"{one.seconds:.2f} s", one.numbers, repr(one.error), one.error, sep="\n  ")
    console = Console()
    console.print(_shares(outcomes, log, sent, hammered), _kinds(outcomes, log), _errors(outcomes), sep="\n")
    rows = [*_judged(outcomes, log, sent, hammered), _memory(_peak() - before)]
    table = Table("what must hold", "measured", "goal", "", title="all calls")
    for what, measured, goal, passed in rows:
        table.add_row(what, measured, goal, "ok" if passed else "short")
    console.print(table)
    passed = sum(row[3] for row in rows)
    print(f"faults: {passed} of {len(rows)} goals met (goal all) {'ok' if passed == len(rows) else 'short'}")
    return 0 if passed == len(rows) else 1


@contextmanager
def _server() -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "benchmarks.fault_server", str(SEED), str(RATE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            steady, moody = server.stdout.readline().split()
            yield int(steady), int(moody)
        finally:
            server.terminate()


def _share(name: str, count: int, models: list[ChatOpenAI], sent: Sent, deadline: float = DEADLINE) -> list[Outcome]:
    with rules(sent, deadline=deadline, timeout=None if deadline < TIMEOUT else TIMEOUT):
        return (in_threads if "threads" in name else in_tasks)(name, count, models, deadline=deadline)


def _log(port: int) -> Log:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/log") as reply:
        entries: list[dict[str, Any]] = json.load(reply)
    log: Log = defaultdict(list)
    for entry in entries:
        log[entry["call"]].append(entry)
    return log


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # in MB, on Linux


def _shares(outcomes: dict[str, list[Outcome]], log: Log, sent: Sent, hammered: Sent) -> Table:
    table = Table("calls", "number", "values", "typed errors", "else", "requests", "not let in", "slowest", title="how")
    for name, ended in outcomes.items():
        at = (hammered if name == "hammer" else sent).at
        came = sum(len(log[one.call]) for one in ended)
        table.add_row(
            name,
            str(len(ended)),
            str(sum(one.right for one in ended)),
            str(sum(one.typed for one in ended)),
            str(sum(not one.right and not one.typed for one in ended)),
            str(came),
            str(sum(len(at[one.call]) for one in ended) - came),
            f"{max(one.seconds for one in ended):.1f} s",
        )
    return table


def _kinds(outcomes: dict[str, list[Outcome]], log: Log) -> Table:
    table = Table("fault", "times", "calls", "that got values", title="what they met")
    ended = _mixed(outcomes)
    for kind in KINDS:
        met = [one for one in ended if any(entry["kind"] == kind for entry in log[one.call])]
        times = sum(entry["kind"] == kind for one in met for entry in log[one.call])
        mark = " (final)" if kind in FINAL else ""
        table.add_row(kind + mark, str(times), str(len(met)), str(sum(one.right for one in met)))
    return table


def _errors(outcomes: dict[str, list[Outcome]]) -> Table:
    table = Table("error", "number", "for instance", title="how calls without a value ended")
    failed = [one for share in outcomes.values() for one in share if not one.right]
    names = Counter(type(one.error).__name__ for one in failed)
    for name, number in names.most_common():
        first = next(one for one in failed if type(one.error).__name__ == name)
        words = str(first.error).partition("\n")[0] if first.error else f"values {first.numbers}"
        table.add_row(name, str(number), f"{first.call}: {words[:90]!r}")
    return table


def _judged(
    outcomes: dict[str, list[Outcome]], log: Log, sent: Sent, hammered: Sent
) -> Iterator[tuple[str, str, str, bool]]:
    mixed = _mixed(outcomes)
    every = [one for share in outcomes.values() for one in share]
    requests = sum(len(sent.at[one.call]) for one in mixed)
    met = requests - sum(entry["kind"] == "fine" for one in mixed for entry in log[one.call])
    yield "requests that met a fault", f"{met / requests:.1%} of {requests}", "about 30 %", 0.2 < met / requests < 0.45
    other = [one for one in every if not one.right and not one.typed]
    yield "calls that ended in anything but a right value or a typed error", str(len(other)), "0", not other
    able = [one for one in mixed if not any(entry["kind"] in FINAL for entry in log[one.call])]
    right = sum(one.right for one in able) / len(able)
    yield "values where a retry can succeed", f"{right:.2%} of {len(able)}", ">= 99 %", right >= 0.99
    late = max(one.seconds - one.deadline for one in every)
    yield "latest end after the deadline", f"{late:.2f} s", f"<= {GRACE:g} s", late <= GRACE
    silent = [one for name, share in outcomes.items() if name.startswith("late") for one in share]
    ended = sum(isinstance(one.error, TimedOutError) for one in silent)
    yield "calls without any reply that ended so", f"{ended} of {len(silent)}", "all", ended == len(silent)
    most = max(len(sent.at[one.call]) / (ATTEMPTS * (1 + _said(log[one.call], one))) for one in mixed)
    yield "requests sent, of those allowed, at most", f"{most:.0%}", "<= 100 %", most <= 1
    beyond = max(len(log[one.call]) for one in mixed)
    yield "requests of one call at the server, at most", str(beyond), f"<= {ATTEMPTS} x {ASKS}", beyond <= 18
    hours = [
        one for one in outcomes["hours-threads"] if isinstance(one.error, RateLimitedError) and one.seconds < GRACE
    ]
    at_once = sum(len(log[one.call]) == 1 and one.error.retry_after == 36000 for one in hours)
    yield (
        "calls told to wait ten hours that ended at once, with the error",
        f"{at_once} of {HOURS}",
        "all",
        at_once == HOURS,
    )
    for name, ours in (("mixed", sent), ("hammered", hammered)):
        early, waits = _early(ours, log)
        yield f"requests before the time asked for, {name}", f"{early} of {waits}", "0", early == 0
    early, requests = _early_of_key(hammered, log)
    yield "requests of any call before a time that the key knew of", f"{early} of {requests}", "0", early == 0


def _mixed(outcomes: dict[str, list[Outcome]]) -> list[Outcome]:
    return [
        one for name, share in outcomes.items() if not name.startswith(("hammer", "hours", "late")) for one in share
    ]


def _said(entries: list[dict[str, Any]], one: Outcome) -> int:
    """How often the model had to be asked again, at most: a reply came that was of no use."""
    streamed = "stream" in one.call  # where some values came, the rest is asked for anew
    return min(ASKS - 1, sum(entry["kind"] in SAID or (streamed and entry["kind"] != "fine") for entry in entries))


def _early(sent: Sent, log: Log) -> tuple[int, int]:
    """Count the requests that a call sent before it was asked to, and all that it was asked to wait with."""
    early = waits = 0
    for call, at in sent.at.items():
        for entry in log[call]:
            following = next((time for time in at if time > entry["said"]), None)
            if entry.get("asked") and following is not None:
                waits += 1
                early += following < entry["said"] + entry["asked"]
    return early, waits


def _early_of_key(sent: Sent, log: Log) -> tuple[int, int]:
    """Count the requests that any call sent while another one knew that the key has to wait."""
    until = {call: iter([one["said"] + one["asked"] for one in log[call] if one["kind"] != "fine"]) for call in sent.at}
    events = [(time, 0.0) for at in sent.at.values() for time in at]
    events += [(told, next(until[call])) for told, call in sent.told]
    early, pause = 0, 0.0
    for moment, wait in sorted(events):
        early += not wait and moment < pause
        pause = max(pause, wait)
    return early, sum(len(at) for at in sent.at.values())


def _memory(growth: float) -> tuple[str, str, str, bool]:
    return "growth of the peak of memory", f"{growth:.0f} MB", f"<= {MOST_MEMORY} MB", growth <= MOST_MEMORY


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(code)
