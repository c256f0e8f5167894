"""The goals, against what was measured. A goal about peers counts those that ran."""

from dataclasses import dataclass

from benchmarks.peers.runner import OURS, PLAIN
from benchmarks.peers.tables import right

CAN_BE_HAD = 9
"""In so many of the modes the right object can be had."""
PLAIN_CLIENTS = {PLAIN, "openai_parse"}
"""Clients of one provider: they offer neither typed functions nor prompts."""


@dataclass(frozen=True)
class Goal:
    name: str
    measured: str
    wanted: str
    met: bool


def checked(rows: dict[str, dict], over: tuple[float, float], modes: list[str]) -> list[Goal]:
    ran = {name: row for name, row in rows.items() if row is not None}
    peers = {name: row for name, row in ran.items() if name not in OURS}
    bare, ours = over
    goals = [
        Goal("a call over ChatOpenAI.invoke, ms", f"{ours - bare:+.2f} on {bare:.2f}", "<= 0.3", ours - bare <= 0.3),
        *_imports(ran, peers),
        _no_slower("a call in all, ms", ran, peers, ("sequential", "call_ms"), 1.0),
        _no_slower("500 calls of 50 ms at once, s", ran, peers, ("async", "async_s"), 1.0, most=2.5),
        _no_slower("the same on a busy machine, s", ran, peers, ("busy", "async_s"), 1.0),
        _no_slower("200 calls in 16 threads, s", ran, peers, ("threads", "threads_s"), 1.0),
        _none_failed(ran),
        *_sizes(ran, peers),
        *_robust(ran, peers, modes),
    ]
    return [goal for goal in goals if goal is not None]


def _imports(ran: dict, peers: dict):
    alone, own = (ran["llm_strategy"].get(name, 1e9) for name in ("bare_ms", "package_ms"))
    others = {
        name: row["package_ms"] for name, row in peers.items() if "package_ms" in row and name not in PLAIN_CLIENTS
    }
    yield Goal("import llm_strategy, ms", f"{alone:.0f}", "<= 150", alone <= 150)
    if others:
        name = min(others, key=others.get)
        wanted = f"<= half of {name}, {others[name]:.0f}"
        yield Goal("from llm_strategy import ..., ms", f"{own:.0f}", wanted, own <= others[name] / 2)


def _no_slower(name: str, ran: dict, peers: dict, where: tuple[str, str], factor: float, most: float | None = None):
    what, figure = where
    own = ran["llm_strategy"].get(what, {}).get(figure, 1e9)
    others = {peer: row[what][figure] for peer, row in peers.items() if figure in row.get(what, {})}
    others = {peer: value for peer, value in others.items() if not peers[peer][what].get("bad")}
    if not others:
        return None
    fastest = min(others, key=others.get)
    wanted = f"<= {fastest}, {others[fastest]:.2f}" + (f", and <= {most}" if most else "")
    met = own <= others[fastest] * factor and (most is None or own <= most)
    return Goal(name, f"{own:.2f}", wanted, met)


def _none_failed(ran: dict) -> Goal:
    failed = {
        name: sum(ran[name].get(what, {}).get("bad", 0) for what in ("async", "busy", "threads")) for name in OURS
    }
    return Goal("calls of ours that failed at once", str(sum(failed.values())), "0", not any(failed.values()))


def _sizes(ran: dict, peers: dict):
    unit = "prompt_tokens" if "prompt_tokens" in ran["llm_strategy"].get("sequential", {}) else "prompt_chars"
    words = unit.removeprefix("prompt_").replace("chars", "characters")
    limits = {"llm_strategy_prompt": 200, "llm_strategy_tools": 209}
    for name in OURS:
        size = ran[name].get("sequential", {})
        own, channel = size.get(unit, 1e9), size.get("channel", "?")
        same = {
            peer: row["sequential"][unit]
            for peer, row in peers.items()
            if row.get("sequential", {}).get("channel") == channel and unit in row["sequential"]
        }
        limit = limits.get(name) if unit == "prompt_tokens" else None
        smallest = min(same, key=same.get, default=None)
        wanted = [f"<= {limit}"] if limit is not None else []
        wanted += [f"<= {smallest}, {same[smallest]}"] if smallest is not None else []
        met = (limit is None or own <= limit) and (smallest is None or own <= same[smallest])
        if wanted:
            yield Goal(f"request by {channel}, {words}", str(own), ", ".join(wanted), met)


def _robust(ran: dict, peers: dict, modes: list[str]):
    for name in OURS:
        cells = ran[name].get("robust", {})
        clear = sum(
            isinstance(cells.get(mode), dict) and cells[mode]["outcome"] in {"right", "error"} for mode in modes
        )
        good = right(ran[name])
        measured = f"{good} right, {clear} right or an error"
        yield Goal(
            f"modes, {name}", measured, f"{CAN_BE_HAD} right, {len(modes)}", (good, clear) == (CAN_BE_HAD, len(modes))
        )
    best = max((right(row) for row in peers.values()), default=0)
    own = right(ran["llm_strategy"])
    yield Goal("modes beside the best peer", str(own), f">= {best}", own >= best)
