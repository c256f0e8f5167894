"""S2: a style in words, and numbers and choices that depend on each other and on it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from benchmarks.surfaces_surface import Knob, Point, Reflected, Seen, Surface

__all__ = ["S2"]

STYLE, SHOTS, WARMTH = "task:instruction", "task:shots", "task:temperature"
FORMAT, LENGTH = "task:format", "task:max_tokens"
STYLES, FORMATS = ("terse", "cot", "cot+verify"), ("json", "xml", "plain")


@dataclass(frozen=True)
class S2(Surface):
    """A mixed space: the chance is a sigmoid of what all values add up to."""

    name: ClassVar[str] = "S2"
    offset: float = -1.6
    styles: tuple[float, ...] = (0.0, 1.0, 1.6)
    """What each style adds."""
    peak: int = 4
    """How many shots are best."""
    rise: float = 0.35
    """What a shot adds up to there."""
    fall: float = 0.25
    """What a shot takes beyond."""
    curve: float = 2.0
    """How fast a temperature gets worse that is off the best one."""
    warmth: tuple[float, ...] = (0.0, 0.4, 0.4)
    """The best temperature for each format."""
    formats: tuple[float, ...] = (0.5, 0.0, 0.2)
    """What each format adds."""
    needs: tuple[int, ...] = (32, 256, 448)
    """How many tokens each style needs."""
    cut: float = 2.5
    """What it takes to have fewer."""
    better: float = 0.5
    """How often a reflection takes the better of two values that it draws; the first one otherwise."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        return (
            Knob(STYLE, "text", "terse"),
            Knob(SHOTS, "integer", 0, 0, 8),
            Knob(WARMTH, "number", 1.0, 0.0, 1.5),
            Knob(FORMAT, "choice", "plain", choices=FORMATS),
            Knob(LENGTH, "integer", 64, 32, 512, log=True),
        )

    def group(self, split: str, index: int) -> str:
        del split, index
        return ""

    def chance(self, values: Point, split: str, index: int) -> float:
        del split, index
        return self.quality(values)

    def quality(self, values: Point) -> float:
        if values[STYLE] not in STYLES:  # a text that nobody proposes
            return 0.0
        style, form = STYLES.index(values[STYLE]), FORMATS.index(values[FORMAT])
        shots = values[SHOTS]
        total = self.offset + self.styles[style] + self.formats[form]
        total += self.rise * min(shots, self.peak) - self.fall * max(0, shots - self.peak)
        total -= self.curve * (values[WARMTH] - self.warmth[form]) ** 2
        total -= self.cut * (values[LENGTH] < self.needs[style])
        return 1 / (1 + math.exp(-total))

    def best(self) -> float:
        return max(
            self.quality({STYLE: style, SHOTS: self.peak, WARMTH: warmth, FORMAT: form, LENGTH: 512})
            for style in STYLES
            for form, warmth in zip(FORMATS, self.warmth, strict=True)
        )

    def reflect(self, values: Point, runs: Sequence[Seen], stream: int) -> Reflected:
        del runs
        draws = random.Random(stream)
        knob = draws.choice(self.open_knobs)
        drawn = [{**values, knob.path: _value(knob, draws)} for _ in range(2)]
        new = max(drawn, key=self.quality) if draws.random() < self.better else drawn[0]
        return Reflected(new, f"{knob.path} to {new[knob.path]}")

    @property
    def open_knobs(self) -> tuple[Knob, ...]:
        return (Knob(STYLE, "choice", "terse", choices=STYLES), *self.knobs[1:])

    def redrawn(self, draw: int) -> S2:
        """Other effects of styles and formats, in any order; other best places of shots, temperatures and lengths."""
        draws = random.Random(f"S2 {draw}")
        styles = (0.0, draws.uniform(0.6, 1.4), draws.uniform(0.6, 2.0))
        return replace(
            self,
            offset=draws.uniform(-2.0, -1.2),
            styles=styles,
            peak=draws.randint(2, 6),
            rise=draws.uniform(0.2, 0.45),
            fall=draws.uniform(0.15, 0.35),
            curve=draws.uniform(1.0, 3.0),
            warmth=tuple(draws.uniform(0.0, 1.0) for _ in FORMATS),
            formats=tuple(draws.sample((0.5, 0.0, 0.2), 3)),
            needs=(32, draws.randint(128, 320), draws.randint(256, 480)),
            cut=draws.uniform(1.5, 3.0),
        )


def _value(knob: Knob, draws: random.Random) -> Any:
    if knob.choices:
        return draws.choice(knob.choices)
    assert knob.low is not None
    assert knob.high is not None
    if knob.log:
        value = math.exp(draws.uniform(math.log(knob.low), math.log(knob.high)))
    elif knob.kind == "integer":
        value = draws.randint(int(knob.low), int(knob.high))
    else:
        value = draws.uniform(knob.low, knob.high)
    return round(value) if knob.kind == "integer" else round(value, 3)
