"""Surfaces by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.surfaces_mixed import S2
from benchmarks.surfaces_noise import S3, S5
from benchmarks.surfaces_rules import S1, S4
from benchmarks.surfaces_surface import SHIPPED, Sizes, Surface

__all__ = ["SURFACES", "surface_of"]

SURFACES: Mapping[str, Surface] = {
    "S1": S1(),
    "S2": S2(),
    "S3": S3(),
    "S4": S4(),
    "S4 exposed": S4(exposed=True),
    "S5": S5(),
}


def surface_of(name: str, seed: int, sizes: Sequence[int] = SHIPPED, draw: int | None = None) -> Surface:
    """A surface by its name.

    Args:
        name: its name.
        seed: draws the luck of every rollout.
        sizes: how many cases there are of each split.
        draw: draws the constants afresh; None for those of the reference.
    """
    surface = replace(SURFACES[name], seed=seed, sizes=Sizes(*sizes))
    return surface if draw is None else surface.redrawn(draw)
