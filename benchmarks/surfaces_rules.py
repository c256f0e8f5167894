"""S1 and S4: an instruction that gains by rules, each of which helps a kind of case; and the same behind a trap."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from benchmarks.surfaces_surface import Knob, Point, Reflected, Seen, Surface, uniform

__all__ = ["INSTRUCTION", "ORDER", "S1", "S4", "rules_of", "written"]

INSTRUCTION = "task:instruction"
ORDER = "task:output_order"
REPAIR = "ORDER: reason before you answer"
ORDERS = ("answer_first", "reasoning_first")


def rules_of(values: Point) -> frozenset[str]:
    """The rules that an instruction has: one a line."""
    return frozenset(str(values[INSTRUCTION]).split("\n")) - {""}


def written(rules: Iterable[str]) -> str:
    """An instruction of some rules, in their order.

    >>> written({"R1", "D0"}).splitlines()
    ['D0', 'R1']
    """
    return "\n".join(sorted(set(rules)))


@dataclass(frozen=True)
class S1(Surface):
    """Rules that each help the cases of a class, and distractors that harm a little: `R0`... and `D0`..."""

    name: ClassVar[str] = "S1"
    floor: float = 0.25
    """The chance without any rule."""
    effects: tuple[float, ...] = (0.65,) * 8
    """What each rule adds to the cases of its class."""
    shares: tuple[float, ...] = ()
    """How much of all cases each class is; () for classes in turn."""
    distractors: int = 8
    harm: float = 0.02
    """What each distractor takes from every case."""
    hit: float = 0.6
    """How often a reflection finds the rule of a failure; a distractor otherwise."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        return (Knob(INSTRUCTION, "text", ""),)

    def kind(self, split: str, index: int) -> int:
        """The class of a case."""
        if not self.shares:
            return index % len(self.effects)
        drawn = uniform(self.seed, "class", split, index)
        below = [sum(self.shares[: number + 1]) for number in range(len(self.shares))]
        return next((number for number, edge in enumerate(below) if drawn < edge), len(self.shares) - 1)

    def group(self, split: str, index: int) -> str:
        return f"R{self.kind(split, index)}"

    def chance(self, values: Point, split: str, index: int) -> float:
        return self._chance(values, self.kind(split, index))

    def quality(self, values: Point) -> float:
        shares = self.shares or (1 / len(self.effects),) * len(self.effects)
        return sum(share * self._chance(values, kind) for kind, share in enumerate(shares))

    def best(self) -> float:
        return self.quality(self._rewritten(self.seed_values, {f"R{kind}" for kind in range(len(self.effects))}))

    def _chance(self, values: Point, kind: int) -> float:
        rules = rules_of(values)
        harm = self.harm * sum(rule.startswith("D") for rule in rules)
        return min(1.0, max(0.0, self.floor + self.effects[kind] * (f"R{kind}" in rules) - harm))

    def reflect(self, values: Point, runs: Sequence[Seen], stream: int) -> Reflected:
        draws = random.Random(stream)
        added = self._added(runs, draws)
        return Reflected(self._rewritten(values, rules_of(values) | {added}), f"add {added}")

    def _added(self, runs: Sequence[Seen], draws: random.Random) -> str:
        failed = [self.kind("train", int(run.case)) for run in runs if run.score < 1.0]
        if failed and draws.random() < self.hit:
            return f"R{draws.choice(failed)}"
        return f"D{draws.randrange(self.distractors)}"

    def _rewritten(self, values: Point, rules: Iterable[str]) -> dict[str, Any]:
        return {**values, INSTRUCTION: written(rules)}

    @property
    def open_knobs(self) -> tuple[Knob, ...]:
        names = [f"R{kind}" for kind in range(len(self.effects))] + [f"D{one}" for one in range(self.distractors)]
        return tuple(Knob(name, "boolean", default=False) for name in names)

    def opened(self, point: Point) -> dict[str, Any]:
        return self._rewritten(self.seed_values, (name for name, taken in point.items() if taken is True))

    def redrawn(self, draw: int) -> S1:
        """6 to 10 classes of unequal shares, each with an effect of its own; other chances and distractors."""
        draws = random.Random(f"{self.name} {draw}")
        count = draws.randint(6, 10)
        weights = [draws.uniform(0.5, 1.5) for _ in range(count)]
        floor = draws.uniform(0.15, 0.35)
        return replace(
            self,
            floor=floor,
            effects=tuple(draws.uniform(0.4, 0.95 - floor) for _ in range(count)),
            shares=tuple(weight / sum(weights) for weight in weights),
            distractors=draws.randint(5, 12),
            harm=draws.uniform(0.01, 0.04),
            hit=draws.uniform(0.45, 0.7),
        )


@dataclass(frozen=True)
class S4(S1):
    """S1 behind a trap: while the answer comes before the reasoning, no rule helps.

    A reflection adds a rule as in S1, and names the trap as well now and then. Where the order is a hyperparameter of
    its own (`exposed`), it sometimes sets it to the other value, whichever that is.
    """

    name: ClassVar[str] = "S4"
    exposed: bool = False
    """Whether the order of the output is a hyperparameter that may be chosen."""
    named: float = 0.05
    """How often a reflection names the trap that is nowhere to be seen."""
    moved: float = 0.25
    """How often a reflection moves the order, where it is a hyperparameter."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        order = (Knob(ORDER, "choice", ORDERS[0], choices=ORDERS),) if self.exposed else ()
        return (*super().knobs, *order)

    def trapped(self, values: Point) -> bool:
        """Whether the answer comes first."""
        return values.get(ORDER) != ORDERS[1] and REPAIR not in rules_of(values)

    def _chance(self, values: Point, kind: int) -> float:
        chance = super()._chance(values, kind)
        return min(self.floor, chance) if self.trapped(values) else chance

    def best(self) -> float:
        rules = {f"R{kind}" for kind in range(len(self.effects))} | {REPAIR}
        return self.quality(self._rewritten(self.seed_values, rules))

    def reflect(self, values: Point, runs: Sequence[Seen], stream: int) -> Reflected:
        draws = random.Random(stream)
        added = self._added(runs, draws)
        rules = rules_of(values) | {added}
        if not self.exposed and draws.random() < self.named:
            return Reflected(self._rewritten(values, rules | {REPAIR}), f"repair the order, add {added}")
        new = self._rewritten(values, rules)
        if self.exposed and draws.random() < self.moved:
            new[ORDER] = ORDERS[ORDERS.index(new[ORDER]) - 1]
        return Reflected(new, f"add {added}")

    @property
    def open_knobs(self) -> tuple[Knob, ...]:
        return (*super().open_knobs, Knob(ORDER, "choice", ORDERS[0], choices=ORDERS))

    def opened(self, point: Point) -> dict[str, Any]:
        repair = {REPAIR} if point[ORDER] == ORDERS[1] and not self.exposed else set[str]()
        new = self._rewritten(self.seed_values, {name for name, taken in point.items() if taken is True} | repair)
        return {**new, ORDER: point[ORDER]} if self.exposed else new

    def redrawn(self, draw: int) -> S4:
        """As S1, with other chances that the trap is named or moved."""
        draws = random.Random(f"trap {draw}")
        drawn = super().redrawn(draw)
        assert isinstance(drawn, S4)
        return replace(drawn, named=draws.uniform(0.03, 0.08), moved=draws.uniform(0.15, 0.35))
