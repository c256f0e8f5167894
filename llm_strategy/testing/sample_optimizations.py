"""Reports of optimizations that are made up: of any size, the same each time, with texts as hostile as you like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.optimize.report.parts import (
    Calibration,
    GainRecord,
    LeafRecord,
    MemberRecord,
    MissingRecord,
    Spent,
    SyntheticRecord,
)
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from random import Random

    from pydantic import JsonValue

__all__ = ["sample_report", "write_essay"]

_HERE = "llm_strategy.testing.sample_optimizations.write_essay"
_INSTRUCTION = "Write an essay about the topic. Keep to the word limit, and do not repeat yourself."
_SENTENCES = (
    "Begin with a thesis that somebody could dispute.",
    "Give each paragraph one claim and one piece of evidence.",
    "Name the strongest argument against the thesis, and answer it.",
    "Count the words before you answer; cut the weakest sentence where there are too many.",
    "Write for a reader who knows the subject and has little time.",
    "End with what follows from the thesis, not with a summary.",
)
_PROPOSERS = ("llm", "optuna", "llm", "merge", "local", "llm", "restart", "examples")
_HYPOTHESES = {
    "llm": "The essays lose points for structure: saying what each paragraph is for should help.",
    "optuna": "temperature 0.3, reasoning 'outline'",
    "merge": "Takes the instruction of one parent and the numbers of the other.",
    "local": "A lower temperature keeps the word limit.",
    "restart": "The instruction may be a dead end: begin again from what the task asks for.",
    "examples": "Two essays with full marks as examples.",
}
_REJECTED = ("rejected: minibatch", "rejected: validation", "invalid: temperature is above 1.5", "duplicate")


@track_hyperparameters
def write_essay(
    topic: str,
    *,
    _instruction: str = _INSTRUCTION,
    _temperature: float = 1.0,
    _words: int = 300,
    _reasoning: str = "direct",
    _shows_outline: bool = False,
) -> str:
    """Stand for a task with hyperparameters of each kind."""
    return f"{topic}: {_instruction} {_temperature} {_words} {_reasoning} {_shows_outline}"


def sample_report(
    candidates: int = 24, cases: int = 30, *, text: str = "", gain: float = 0.245, seed: int = 0
) -> OptimizationReport:
    """Return a report of a run that did not happen.

    Args:
        candidates: how many were tried.
        cases: how many validation cases there are.
        text: stands in everything that a model may have written; '' for plain sentences.
        gain: what the winner gains on the test; the interval around it is 0.2 wide.
        seed: draws everything.

    >>> print(sample_report().gain)
    +0.245 on test, 95 % interval +0.145 to +0.345, 100 cases
    """
    members = _members(candidates, cases, text, seed)
    known = [one for one in members if one.is_kept]
    winner = max(known, key=lambda one: one.mean or 0.0).number
    best = winner if gain > 0.1 else 0
    has_gain = winner > 0
    return OptimizationReport(
        task=text or "An essay about a topic",
        best=_scope(members[best]),
        seed=_scope(members[0]),
        best_number=best if has_gain else 0,
        winner_number=winner,
        gain=GainRecord(mean=gain, low=gain - 0.1, high=gain + 0.1, confidence=0.95, cases=100, split="test")
        if has_gain
        else None,
        test_scores={"seed": 0.452, "winner": 0.452 + gain},
        reason="budget",
        steps=max(0, len(members) - 1),
        rollouts=sum(one.rollouts for one in members) + 200,
        seconds=722.0,
        task_spent=Spent(calls=1460, tokens=912_400, dollars=0.3182, seconds=2406.0),
        optimizer_spent=Spent(calls=61, tokens=148_211, dollars=0.4410, seconds=388.0),
        budget={"rollouts": 1500, "dollars": 1.0},
        leaves=_leaves(text),
        members=members,
        front=tuple(one.number for one in known if one.fate != "dominated"),
        calibration=_calibration(seed),
        missing=_missing(text),
        synthetic=_synthetic(text),
        judge_noise=0.041,
        random_seed=seed,
        versions={"llm-strategy": "3.0.0", "python": "3.12.4", "optuna": "5.0.0"},
        hashes={name: f"{stream(seed, name).getrandbits(64):016x}" for name in ("data", "space", "code", "settings")},
        settings={"workers": 4, "minibatch": 3, "patience": 8},
    )


def _leaves(text: str) -> tuple[LeafRecord, ...]:
    note = text or "What the model is told to do."
    return (
        LeafRecord(path=f"{_HERE}:instruction", kind="text", seed=_INSTRUCTION, description=note),
        LeafRecord(path=f"{_HERE}:reasoning", kind="choice", seed="direct", description="How it thinks."),
        LeafRecord(path=f"{_HERE}:shows_outline", kind="boolean", seed=False),
        LeafRecord(path=f"{_HERE}:temperature", kind="number", seed=1.0, low=0.0, high=1.5),
        LeafRecord(path=f"{_HERE}:words", kind="integer", seed=300, low=50, high=2000, log=True),
    )


def _members(candidates: int, cases: int, text: str, seed: int) -> tuple[MemberRecord, ...]:
    maker = _Maker(cases, text, seed)
    for number in range(max(1, candidates)):
        maker.add(number)
    return tuple(maker.members)


class _Maker:
    """Makes candidates, each from those before it."""

    def __init__(self, cases: int, text: str, seed: int) -> None:
        self.members: list[MemberRecord] = []
        self._cases, self._text, self._seed = cases, text, seed
        self._levels: list[float] = []
        self._kept: list[int] = []

    def add(self, number: int) -> None:
        draw = stream(self._seed, "member", number)
        proposer = _PROPOSERS[number % len(_PROPOSERS)] if number else "seed"
        best = sorted(self._kept, key=self._levels.__getitem__)[-4:]
        parents = tuple(sorted(set(draw.choices(best, k=1 + (proposer == "merge"))))) if number else ()
        level = min(0.92, self._levels[parents[-1]] + draw.uniform(-0.06, 0.07)) if parents else 0.45
        self._levels.append(level)
        passed = number == 0 or draw.random() < 0.5
        fate = self._fate(draw, passed=passed, level=level) if number else "seed"
        scored = self._cases if passed else self._cases // 3 if "validation" in fate else 0
        scores = {f"case-{case:03}": round(min(1, max(0, draw.gauss(level, 0.22))), 3) for case in range(scored)}
        rollouts = 0 if fate.startswith(("invalid", "duplicate")) else scored + 6
        member = MemberRecord(
            number=number,
            parents=parents,
            proposer=proposer,
            hypothesis=(self._text or _HYPOTHESES[proposer]) if number else "",
            fate=fate,
            changes=self._changes(draw, parents, proposer),
            scores=scores,
            objectives={"brevity": round(draw.random(), 3)} if scores else {},
            step=number,
            spent=(self.members[-1].spent if number else 0) + rollouts,
            rollouts=rollouts,
            cost=Spent(calls=rollouts, tokens=rollouts * draw.randrange(300, 900), dollars=rollouts * 0.0003),
        )
        self.members.append(member)
        self._kept += [number] if passed else []

    def _fate(self, draw: Random, *, passed: bool, level: float) -> str:
        if passed:
            return "pool" if level > max(self._levels) - 0.04 else "dominated"
        fate = draw.choice(_REJECTED)
        return f"invalid: {self._text}" if self._text and fate.startswith("invalid") else fate

    def _changes(self, draw: Random, parents: tuple[int, ...], proposer: str) -> dict[str, JsonValue]:
        if not parents:
            return {}
        found: dict[str, JsonValue] = {}
        for parent in parents:
            found |= self.members[parent].changes
        if proposer in {"llm", "restart", "examples"}:
            before = "" if proposer == "restart" else str(found.get(f"{_HERE}:instruction", _INSTRUCTION))
            found[f"{_HERE}:instruction"] = f"{before} {self._text or draw.choice(_SENTENCES)}"[-600:].strip()
        else:
            found[f"{_HERE}:temperature"] = round(draw.uniform(0, 1.5), 2)
            found[f"{_HERE}:words"] = draw.choice((150, 300, 450, 900))
        if draw.random() < 0.3:
            found[f"{_HERE}:reasoning"] = draw.choice(("direct", "outline", "chain of thought"))
            found[f"{_HERE}:shows_outline"] = draw.random() < 0.5
        return found


def _calibration(seed: int) -> Calibration:
    draw = stream(seed, "calibration")
    told = [round(draw.random(), 2) for _ in range(24)]
    return Calibration.of([(one, draw.random() < one * 0.8) for one in told])


def _missing(text: str) -> tuple[MissingRecord, ...]:
    rows = (("minimum word count", 9, 0.62), ("academic level", 5, 0.31), ("enforce structure", 4, 0.22))
    return tuple(
        MissingRecord(name=text or name, count=count, weight=weight, examples=(text or f"It needs: {name}.",))
        for name, count, weight in rows
    )


def _synthetic(text: str) -> tuple[SyntheticRecord, ...]:
    return (
        SyntheticRecord(
            id="synthetic-1",
            parameters={"topic": text or "Whether bridges are art"},
            why=text or "An abstract topic without facts.",
            score=0.31,
        ),
    )


def _scope(member: MemberRecord) -> str:
    values = {path.partition(":")[2]: value for path, value in member.changes.items()}
    return Hyperparameters({write_essay: values}).model_dump_json(exclude_unset=True)
