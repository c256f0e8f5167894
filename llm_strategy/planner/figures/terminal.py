"""The figures of a run as lines of a terminal: a line of small bars each, and the files as rows of letters.

Whatever a model wrote is shown as text on one line, without signs that steer a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from llm_strategy.planner.figures.heat import OPERATIONS
from llm_strategy.planner.figures.payload import requirement_rows, step_rows
from llm_strategy.planner.figures.summary import RunSummary
from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from llm_strategy.planner.figures.data import Figures
    from llm_strategy.planner.figures.heat import HeatMap

__all__ = ["figure_lines", "print_figures", "sparkline", "summary_lines"]

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.:-=+*#"
_NAMES = 22
"""How wide the names of figures are."""
_TOLD = 34
"""How much room is kept for what is told behind the bars."""
_MOST_FILES = 20
_MOST_ROWS = 40
_LETTERS = {"read": "r", "write": "w", "create": "c", "delete": "d", "other": "o"}
_STYLES = {"r": "blue", "w": "yellow", "c": "green", "d": "red", "o": "dim"}
_MOODS = {"good": "green", "warn": "yellow", "bad": "red"}
_OUTCOMES = {"done": "green", "yes": "green", "passed": "green", "failed": "red", "untested": "yellow"}


def print_figures(console: Console, figures: Figures, summary: RunSummary | None = None) -> None:
    """Print a run: what is said about it, its steps and requirements, and its figures."""
    plain = not console.encoding.lower().startswith("utf")
    told = summary or RunSummary(task=figures.name)
    lines = [*summary_lines(figures, told), Text(), *figure_lines(figures, console.width, plain=plain)]
    for line in lines:
        line.rstrip()
        console.print(line, highlight=False, no_wrap=True, overflow="ellipsis", soft_wrap=not console.is_terminal)


def summary_lines(figures: Figures, summary: RunSummary) -> Iterator[Text]:
    """Yield what is said about a run, its steps and its requirements; of many, the first ones."""
    if summary.task:
        yield Text(printable_line(summary.task), "bold")
    if summary.outcome or summary.reason:
        outcome = (printable_line(summary.outcome), _MOODS.get(summary.mood, "bold"))
        yield Text.assemble(outcome, "  " if summary.outcome else "", printable_line(summary.reason, 1000))
    widest = max((len(printable_line(row.name)) for row in summary.rows), default=0)
    for row in summary.rows:
        name = printable_line(row.name)
        value = (printable_line(row.value), _MOODS.get(row.mood, ""))
        yield Text.assemble((f"{name:<{widest}}  ", "dim"), value, (f"  {printable_line(row.note)}", "dim"))
    steps = [(row.outcome, row.path, row.text, row.note) for row, _ in step_rows(figures, summary.steps)]
    yield from _listed("steps", steps)
    requirements = [(state, row.id, row.text, "") for row, state in requirement_rows(figures, summary.requirements)]
    yield from _listed("requirements", requirements)


def figure_lines(figures: Figures, width: int = 80, *, plain: bool = False) -> Iterator[Text]:
    """Yield the figures.

    Args:
        figures: what `figures_of` found in the traces of the run.
        width: how many letters a line has.
        plain: for terminals that know ASCII alone.

    >>> from llm_strategy.planner.figures.data import figures_of
    >>> from llm_strategy.testing.sample_planner_traces import sample_planner_trace
    >>> for line in [*figure_lines(figures_of(sample_planner_trace(12).spans))][:3]:
    ...     print(line)
    stood in a context    ▁▂▂▃▄▄▅▆▆▇██  12 of 13 requirements
    named by the program  ████████████  12 of 13
    errors                ▁▆▁▁▂▁▁▆▁█▆▁▂▁▁▆▁█▆█▂▁  0 at last, 4 at most
    """
    bars = _ASCII_BARS if plain else _BARS
    room = max(8, width - _NAMES - _TOLD)
    for name, values, told, style in _rows(figures):
        if not any(value is not None for value in values):
            yield Text.assemble(f"{name:<{_NAMES}}", (told, "dim"))
        else:
            line = sparkline(values, room, bars)
            yield Text.assemble(f"{name:<{_NAMES}}", (line, style), f"  {told}")
    yield from _heat_lines(figures.heat, figures.why_empty("files"), width)


def sparkline(values: Sequence[float | None], width: int, bars: str = _BARS) -> str:
    """Return values as small bars from 0 up; of those that share a place, the highest. What is not known is a gap.

    >>> sparkline([0, 1, None, 4, 8], 80), sparkline(range(100), 8), sparkline([0, 0], 8)
    ('▁▁ ▄█', '▁▂▃▄▅▆▇█', '▁▁')
    """
    places = min(len(values), max(width, 1))
    shared = [values[place * len(values) // places : (place + 1) * len(values) // places] for place in range(places)]
    heights = [max((value for value in some if value is not None), default=None) for some in shared]
    most = max((value for value in heights if value is not None), default=0) or 1
    return "".join(" " if one is None else bars[max(0, -int(-len(bars) * one // most) - 1)] for one in heights)


_Row = tuple[str, "Sequence[float | None]", str, str]
"""Name, values, what is told behind them or instead of them, and their style."""


def _rows(figures: Figures) -> Iterator[_Row]:
    why = figures.why_empty
    whole = len(figures.requirements)
    kept = () if why("retention") else figures.retention
    last = kept[-1] if kept else None
    told = f"{last.stood} of {count_text(whole, 'requirement')}" if last else why("retention")
    yield "stood in a context", [one.stood / whole for one in kept], told, "blue"
    if last:
        named = [None if one.named is None else one.named / whole for one in kept]
        told = "the trace does not hold the program" if last.named is None else f"{last.named} of {whole}"
        yield "named by the program", named, told, "green"
    errors = [turn.errors for turn in figures.turns]
    yield "errors", errors, why("errors") or _last_and_most(errors), "red"
    passed, failed = [turn.passed for turn in figures.turns], [turn.failed for turn in figures.turns]
    yield "tests passed", passed, why("tests") or _last_and_most(passed), "green"
    if not why("tests"):
        yield "tests failed", failed, _last_and_most(failed), "red"
    letters, tokens = [one.letters for one in figures.contexts], [one.tokens for one in figures.contexts]
    yield "context, letters", letters, why("context") or _last_and_most(letters), "blue"
    if any(one is not None for one in tokens):
        yield "context, tokens", tokens, _last_and_most(tokens), "yellow"


def _last_and_most(values: Sequence[int | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{known[-1]:,} at last, {max(known):,} at most" if known else "not told"


def _heat_lines(heat: HeatMap, why: str, width: int) -> Iterator[Text]:
    if why:
        yield Text.assemble(f"{'files':<{_NAMES}}", (why, "dim"))
        return
    shown = heat.paths[:_MOST_FILES]
    names = [_tail(path, max(16, width // 3)) for path in shown]
    widest = max(map(len, names))
    room = max(8, width - widest - 2)
    places = min(len(heat.steps), room)
    signs = [[" "] * places for _ in shown]
    for cell in heat.cells:
        if cell.path < len(shown):
            row, at = signs[cell.path], cell.step * places // len(heat.steps)
            row[at] = _stronger(row[at], cell.counts)
    yield Text(f"files over {count_text(len(heat.steps), 'step')}: r read, w written, c created, d deleted", "bold")
    for name, row in zip(names, signs, strict=True):
        line = Text(f"{name:<{widest}}  ")
        for sign in row:
            line.append(sign, _STYLES.get(sign, ""))
        yield line
    if len(heat.paths) > len(shown):
        yield Text(f"... {count_text(len(heat.paths) - len(shown), 'more file')}", "dim")


def _stronger(sign: str, counts: Sequence[int]) -> str:
    """Return the letter of what changes a file most, of a letter and of counts."""
    found = [_LETTERS[name] for name, count in zip(OPERATIONS, counts, strict=True) if count]
    return max([sign, *found], key=" orwcd".index)


def _listed(name: str, rows: Sequence[tuple[str, str, str, str]]) -> Iterator[Text]:
    if not rows:
        return
    yield Text()
    yield Text(f"{name}", "bold")
    outcomes, names = (max(len(printable_line(row[place], 24)) for row in rows) for place in (0, 1))
    for outcome, path, text, note in rows[:_MOST_ROWS]:
        style = _OUTCOMES.get(outcome, "dim")
        behind = (f"  {printable_line(note)}" if note else "", "dim")
        mark = f"{printable_line(outcome, 24) or '-':<{outcomes}}  " if outcomes else ""
        yield Text.assemble((mark, style), f"{printable_line(path, 24):<{names}}  ", printable_line(text), behind)
    if len(rows) > _MOST_ROWS:
        yield Text(f"... {len(rows) - _MOST_ROWS:,} more {name}", "dim")


def _tail(path: str, longest: int) -> str:
    text = printable_line(path, 1000)
    return text if len(text) <= longest else f"...{text[3 - longest :]}"
