"""The figures of a run as a PNG: all of them below each other, or some.

matplotlib is loaded when something is drawn, and only its objects are used: no `pyplot`, no settings that the process
shares, so that programs with figures of their own see nothing of it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, MissingExtraError
from llm_strategy.planner.figures.data import PANELS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from llm_strategy.planner.figures.data import Figures, Panel

__all__ = ["figures_png", "write_png"]

_WIDE = 10.0
"""Inches."""
_DOTS = 120
"""Dots an inch."""


def figures_png(figures: Figures, panels: Collection[Panel] = PANELS, *, title: str = "") -> bytes:
    """Return a picture of figures.

    Args:
        figures: what `figures_of` found in the traces of the run.
        panels: which of them, from the top down.
        title: stands above them: the task, say.

    Raises:
        ConfigurationError: there is no figure of that name, or none was asked for.
        MissingExtraError: matplotlib, which the extra `planner` brings, is not installed.

    >>> from llm_strategy.planner.figures.data import figures_of
    >>> from llm_strategy.testing.sample_planner_traces import sample_planner_trace
    >>> figures_png(figures_of(sample_planner_trace(3).spans), ["errors"])[1:4]
    b'PNG'
    """
    unknown = [name for name in panels if name not in PANELS]
    if unknown or not panels:
        told = f"there is no figure {unknown[0]!r}" if unknown else "no figure is asked for"
        raise ConfigurationError(f"figures_png(..., {[*panels]!r}): {told}. Take some of {', '.join(PANELS)}.")
    if find_spec("matplotlib") is None:
        raise MissingExtraError("planner", "Drawing figures as PNG")
    drawing: Any = import_module("llm_strategy.planner.figures.png_panels")
    figure: Any = import_module("matplotlib.figure")
    agg: Any = import_module("matplotlib.backends.backend_agg")
    heights = [drawing.height_of(name, figures) for name in panels]
    above = 0.45 if title else 0.1
    drawn = figure.Figure(figsize=(_WIDE, sum(heights) + above), dpi=_DOTS, facecolor="white")
    canvas = agg.FigureCanvasAgg(drawn)
    if title:
        drawing.write_title(drawn, title, 1 - 0.14 / (sum(heights) + above))
    top = sum(heights)
    for name, height in zip(panels, heights, strict=True):
        drawing.draw(name, figures, drawing.place_of(name, figures, (drawn, top, height, sum(heights) + above)))
        top -= height
    written = BytesIO()
    canvas.print_png(written, metadata={"Software": "llm-strategy"})
    return written.getvalue()


def write_png(figures: Figures, path: Path, panels: Collection[Panel] = PANELS, *, title: str = "") -> None:
    """Write a picture of figures. Raises what `figures_png` raises, and OSError where the file cannot be written."""
    path.write_bytes(figures_png(figures, panels, title=title))
