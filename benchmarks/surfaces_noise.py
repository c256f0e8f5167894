"""S3 and S5: a noisy task where little of what is proposed helps, and one where nothing does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from benchmarks.surfaces_rules import INSTRUCTION, rules_of, written
from benchmarks.surfaces_surface import Knob, Point, Reflected, Seen, Surface, uniform

__all__ = ["S3", "S5"]

OFFERED = 12


@dataclass(frozen=True)
class S3(Surface):
    """Every call is drawn anew. `G0` to `G2` help, `M...` learn by heart, `N...` do next to nothing."""

    name: ClassVar[str] = "S3"
    deterministic: ClassVar[bool] = False
    floor: float = 0.45
    gains: tuple[float, ...] = (0.12, 0.12, 0.12)
    """What each good change adds."""
    good: float = 1 / 12
    """How often a reflection proposes a good change."""
    learned: float = 4 / 12
    """How often one that learns the training cases by heart; one that does nothing otherwise."""
    by_heart: float = 0.95
    """The chance at training cases with such a change."""
    harm: float = 0.05
    """What each of them takes from every other case."""
    spread: float = 0.02
    """What one that does nothing adds or takes."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        return (Knob(INSTRUCTION, "text", ""),)

    def group(self, split: str, index: int) -> str:
        del split, index
        return ""

    def quality(self, values: Point) -> float:
        return min(1.0, max(0.0, self.floor + sum(map(self._effect, sorted(rules_of(values))))))

    def _effect(self, change: str) -> float:
        if change[0] == "G":
            return self.gains[int(change[1:])]
        if change[0] == "M":
            return -self.harm
        return self.spread * (1 if uniform(self.seed, "null", change) < 0.5 else -1)

    def chance(self, values: Point, split: str, index: int) -> float:
        del index
        if split == "train" and any(change[0] == "M" for change in rules_of(values)):
            return self.by_heart
        return self.quality(values)

    def best(self) -> float:
        return min(1.0, self.floor + sum(gain for gain in self.gains if gain > 0))

    def reflect(self, values: Point, runs: Sequence[Seen], stream: int) -> Reflected:
        del runs
        draws = random.Random(stream)
        added = self._drawn(draws)
        return Reflected({INSTRUCTION: written(rules_of(values) | {added})}, f"add {added}")

    def _drawn(self, draws: random.Random) -> str:
        kind = draws.random()
        if kind < self.good and self.gains:
            return f"G{draws.randrange(len(self.gains))}"
        return f"{'M' if kind < self.good + self.learned else 'N'}{draws.randrange(10_000)}"

    @property
    def open_knobs(self) -> tuple[Knob, ...]:
        """Twelve changes that reflections propose at the start: what they do is not told."""
        return tuple(Knob(f"change {number}", "boolean", default=False) for number in range(OFFERED))

    def opened(self, point: Point) -> dict[str, str]:
        offered = [self._drawn(random.Random(f"{self.seed} {number}")) for number in range(OFFERED)]
        return {INSTRUCTION: written(offered[int(name.split()[1])] for name, taken in point.items() if taken)}

    def redrawn(self, draw: int) -> S3:
        """Another floor, and other chances and effects of each kind of change."""
        draws = random.Random(f"S3 {draw}")
        return replace(
            self,
            floor=draws.uniform(0.35, 0.55),
            gains=tuple(draws.uniform(0.08, 0.16) for _ in range(3)),
            good=draws.uniform(0.06, 0.14),
            learned=draws.uniform(0.2, 0.4),
            by_heart=draws.uniform(0.85, 0.98),
            harm=draws.uniform(0.02, 0.08),
            spread=draws.uniform(0.0, 0.03),
        )


@dataclass(frozen=True)
class S5(S3):
    """Nothing helps: whoever claims a gain here has taken luck for one. `M...` still learn training cases by heart."""

    name: ClassVar[str] = "S5"
    gains: tuple[float, ...] = ()
    good: float = 0.0
    harm: float = 0.0
    spread: float = 0.0

    def redrawn(self, draw: int) -> S5:
        """Another floor, and more or less that learns by heart."""
        draws = random.Random(f"S5 {draw}")
        return replace(self, floor=draws.uniform(0.3, 0.7), learned=draws.uniform(0.0, 0.6))
