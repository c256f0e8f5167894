"""Each figure of a run, drawn with matplotlib. Texts of a model are drawn as they stand, never as formulas."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any

from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from llm_strategy.planner.figures.heat import OPERATIONS
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.planner.figures.data import Figures, Panel

__all__ = ["draw", "height_of", "place_of", "write_title"]

_FONTS: Any = import_module("matplotlib.font_manager")
_TITLES: dict[str, str] = {
    "retention": "Requirements kept",
    "files": "Access to files",
    "errors": "Errors in the workspace",
    "tests": "Tests passed and failed",
    "context": "Size of the context",
}
_COLOURS = {"read": "#7d9bea", "write": "#d08a2e", "create": "#3d9a5c", "delete": "#cc4141", "other": "#565d6b"}
_INK, _SOFT, _LINE, _ACCENT = "#171a21", "#565d6b", "#dfe2e8", "#2f56c8"
_LEFT, _RIGHT = 0.07, 0.03
"""Shares of the width beside a plot."""
_LETTER = 0.0062
"""Share of the width that a letter of a file's name takes."""
_ABOVE, _BELOW = 0.42, 0.42
"""Inches around a plot, for its title and its axis."""
_ROW, _TALLEST = 0.19, 22.0
"""Inches of a file, and of all of them."""
_LONGEST_PATH, _LONGEST_STEP = 44, 12
_LETTERS_A_LINE = 130
"""How many letters of an axis stand beside each other."""


def height_of(panel: Panel, figures: Figures) -> float:
    """Return how high a figure is, in inches."""
    if figures.why_empty(panel):
        return 0.75
    return min(_ROW * len(figures.heat.paths), _TALLEST) + _ABOVE + _BELOW if panel == "files" else 2.6


def place_of(panel: Panel, figures: Figures, box: tuple[Any, float, float, float]) -> Any:
    """Return axes for a figure.

    Args:
        panel: which one.
        figures: what it shows; names of files stand on its left.
        box: the picture, how many inches above its foot the figure ends, how high it is, and how high the picture is.
    """
    picture, top, height, whole = box
    plot = max(height - _ABOVE - _BELOW, 0.01)
    is_map = panel == "files" and figures.heat.paths
    left = 0.02 + _LETTER * max(4, *(len(_path(path)) for path in figures.heat.paths)) if is_map else _LEFT
    return picture.add_axes((left, (top - height + _BELOW) / whole, 1 - left - _RIGHT, plot / whole))


def write_title(figure: Any, title: str, at: float) -> None:
    """Write a text above all figures."""
    text = _drawable(printable_line(title, 100))
    figure.text(0.02, at, text, fontproperties=_font(11, bold=True), color=_INK, va="top", parse_math=False)


def draw(panel: Panel, figures: Figures, axes: Any) -> None:
    """Draw a figure, or why it is empty."""
    axes.set_title(_TITLES[panel], loc="left", fontproperties=_font(9, bold=True), color=_INK, pad=8)
    why = figures.why_empty(panel)
    if why:
        axes.set_axis_off()
        axes.text(0, 0.5, why, transform=axes.transAxes, fontproperties=_font(8), color=_SOFT, va="center")
        return
    _PAINTERS[panel](figures, axes)
    axes.set_facecolor("white")
    axes.set_axisbelow(True)
    axes.tick_params(colors=_SOFT, length=0, labelsize=7)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set(color=_LINE, linewidth=0.8)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set(fontproperties=_font(7), parse_math=False)


def _retention(figures: Figures, axes: Any) -> None:
    whole = len(figures.requirements)
    stood = [one.stood / whole for one in figures.retention]
    named = [_number(one.named) / whole for one in figures.retention]
    places = range(len(stood))
    axes.fill_between(places, stood, color=_ACCENT, alpha=0.16, linewidth=0)
    axes.plot(
        places, stood, color=_ACCENT, linewidth=1.6, marker=_dots(stood), markersize=3, label="have stood in a context"
    )
    axes.plot(places, named, color=_COLOURS["create"], linewidth=1.4, linestyle="--", label="named by the program")
    axes.set_ylim(0, 1.04)
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    _finish(axes, [(one.step, place) for place, one in enumerate(figures.retention)], len(stood), "step")


def _files(figures: Figures, axes: Any) -> None:
    heat = figures.heat
    gap = 0.06 if len(heat.steps) <= 80 else 0.0
    boxes: dict[str, list[Rectangle]] = {}
    for cell in heat.cells:
        kind = OPERATIONS[max(place for place, count in enumerate(cell.counts) if count)]
        boxes.setdefault(kind, []).append(Rectangle((cell.step + gap, cell.path + 0.1), 1 - 2 * gap, 0.8))
        if cell.counts[0] and kind != "read":
            boxes.setdefault("read", []).append(Rectangle((cell.step + gap, cell.path + 0.66), 1 - 2 * gap, 0.24))
    for kind in sorted(boxes, key=OPERATIONS.index, reverse=True):  # reads last: they stand on writes
        axes.add_collection(PatchCollection(boxes[kind], facecolor=_COLOURS[kind], linewidth=0))
    axes.set_ylim(len(heat.paths), 0)
    every = ceil(len(heat.paths) * 0.145 / min(_ROW * len(heat.paths), _TALLEST))
    shown = range(0, len(heat.paths), every)
    axes.set_yticks([place + 0.5 for place in shown], [_path(heat.paths[place]) for place in shown])
    handles = [Rectangle((0, 0), 1, 1, facecolor=_COLOURS[kind]) for kind in OPERATIONS if kind in boxes]
    names = [(str(place + 1), place + 0.5) for place in range(len(heat.steps))]
    _finish(axes, names, len(heat.steps), "step that writes", (handles, [kind for kind in OPERATIONS if kind in boxes]))
    axes.set_xlim(0, len(heat.steps))
    axes.set_axisbelow(True)


def _errors(figures: Figures, axes: Any) -> None:
    errors = [_number(turn.errors) for turn in figures.turns]
    axes.plot(
        errors, color=_COLOURS["delete"], linewidth=_thin(errors), marker=_dots(errors), markersize=3, label="errors"
    )
    _counted(axes, errors)
    _finish(axes, _step_names(figures), len(errors), "step, turn by turn")


def _tests(figures: Figures, axes: Any) -> None:
    passed, failed = ([getattr(turn, name) or 0 for turn in figures.turns] for name in ("passed", "failed"))
    wide = min(0.82, 0.2 * len(passed)) if len(passed) <= 120 else 1.0
    axes.bar(range(len(passed)), passed, wide, color=_COLOURS["create"], alpha=0.65, label="passed", linewidth=0)
    axes.bar(range(len(failed)), failed, wide, passed, color=_COLOURS["delete"], label="failed", linewidth=0)
    _counted(axes, [sum(both) for both in zip(passed, failed, strict=True)])
    _finish(axes, _step_names(figures), len(passed), "step, turn by turn")


def _context(figures: Figures, axes: Any) -> None:
    sizes = [
        (name, colour, [_number(getattr(one, name)) for one in figures.contexts])
        for name, colour in (("letters", _ACCENT), ("tokens", _COLOURS["write"]))
        if any(getattr(one, name) is not None for one in figures.contexts)
    ]
    for name, colour, values in sizes:
        axes.plot(values, color=colour, linewidth=_thin(values), marker=_dots(values), markersize=3, label=name)
        axes.fill_between(range(len(values)), values, color=colour, alpha=0.14, linewidth=0)
    _counted(axes, [value for _, _, values in sizes for value in values])
    names = (
        _step_names(figures) if figures.turns else [(str(place + 1), place) for place in range(len(figures.contexts))]
    )
    _finish(axes, names, len(figures.contexts), "step, turn by turn" if figures.turns else "request")


_PAINTERS: dict[str, Callable[[Figures, Any], None]] = {
    "retention": _retention,
    "files": _files,
    "errors": _errors,
    "tests": _tests,
    "context": _context,
}


def _finish(
    axes: Any, names: Sequence[tuple[str, float]], size: int, what: str, legend: tuple[Any, Any] | None = None
) -> None:
    """Draw grid, legend, and as many names below the axis as stand beside each other."""
    axes.set_xlim(-0.6, size - 0.4)
    texts = [(_drawable(printable_line(name, _LONGEST_STEP)), at) for name, at in names]
    widest = max(len(name) for name, _ in texts) + 2
    room = max(1, _LETTERS_A_LINE // widest)
    every = next(
        (one for one in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if ceil(len(texts) / one) <= room), len(texts)
    )
    shown = [one for place, one in enumerate(texts) if place == 0 or (place + 1) % every == 0]
    axes.set_xticks([at for _, at in shown], [name for name, _ in shown])
    axes.set_xlabel(what, fontproperties=_font(7), color=_SOFT, labelpad=2)
    axes.yaxis.grid(visible=True, color=_LINE, linewidth=0.6)
    given = legend or axes.get_legend_handles_labels()
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": len(OPERATIONS), "borderaxespad": 0.2}
    axes.legend(*given, **place, frameon=False, prop=_font(7), labelcolor=_SOFT, handlelength=1.2, columnspacing=1.2)


def _counted(axes: Any, values: Sequence[float]) -> None:
    """Begin at 0, with room above, and whole numbers on the axis."""
    axes.set_ylim(0, max([1.0, *(value for value in values if value == value)]) * 1.06)  # noqa: PLR0124 (nan)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_whole))


def _step_names(figures: Figures) -> list[tuple[str, float]]:
    """Return the name of each stretch of turns that are one step, and where its middle is."""
    found: list[tuple[str, int, int]] = []
    for place, turn in enumerate(figures.turns):
        if found and found[-1][0] == turn.key.step:
            found[-1] = (turn.key.step, found[-1][1], place)
        else:
            found.append((turn.key.step, place, place))
    return [(name, (first + last) / 2) for name, first, last in found]


def _percent(value: float, _place: int) -> str:
    return f"{value * 100:.0f} %"


def _whole(value: float, _place: int) -> str:
    return f"{value:,.0f}"


def _number(value: int | None) -> float:
    return float("nan") if value is None else float(value)


def _dots(values: Sequence[object]) -> str:
    return "o" if len(values) <= 80 else ""


def _thin(values: Sequence[object]) -> float:
    return 1.4 if len(values) <= 200 else 0.8


def _path(path: str) -> str:
    """Return a path that is cut at its beginning where it is long: its end tells more."""
    text = _drawable(printable_line(path, 1000))
    return text if len(text) <= _LONGEST_PATH else f"...{text[-_LONGEST_PATH:]}"


@cache
def _font(size: float, *, bold: bool = False) -> Any:
    return _FONTS.FontProperties(
        family="DejaVu Sans", size=size, weight="bold" if bold else "normal"
    )  # it comes with matplotlib


@cache
def _known() -> frozenset[int]:
    return frozenset(_FONTS.get_font(_FONTS.findfont(_font(8))).get_charmap())


def _drawable(text: str) -> str:
    """Return a text with a sign in place of what the font cannot draw; half of a surrogate pair is no letter either."""
    return "".join(sign if ord(sign) in _known() else "\N{WHITE SQUARE}" for sign in text)
