"""How far a search has come, as lines of a terminal. Whatever a model wrote stands on one line, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from llm_strategy.optimize.events import Accepted, Began, Ended, Grown, Noted, Rejected, Warned
from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.optimize.budget.view import LedgerView, LineView
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.report.progress import Progress

__all__ = ["event_lines", "progress_lines", "spark"]

_BARS: Final = "▁▂▃▄▅▆▇█"
_ASCII_BARS: Final = "_.:-=+*#"
_ROOM: Final = 24
_MOST_WARNINGS: Final = 3


def spark(values: Sequence[float], bars: str = _BARS, room: int = _ROOM) -> str:
    """Return values as small bars, from the least of them to the largest; of many, the last ones.

    >>> spark([0.2, 0.4, 0.6])
    '▁▅█'
    """
    shown = values[-room:]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if high <= low:
        return bars[len(bars) // 2] * len(shown)
    return "".join(bars[min(len(bars) - 1, int((value - low) / (high - low) * len(bars)))] for value in shown)


def progress_lines(progress: Progress, width: int = 80, *, plain: bool = False) -> Iterator[Text]:
    """Yield how far a search has come.

    Args:
        progress: how far.
        width: letters of a line.
        plain: for terminals that know ASCII alone.

    >>> from llm_strategy.optimize.report.progress import Progress
    >>> next(progress_lines(Progress())).plain
    'best: not known yet · 0 candidates'
    """
    dot = " | " if plain else " · "
    yield Text(dot.join(_state(progress, _ASCII_BARS if plain else _BARS)))
    accepted = progress.accepted
    if accepted is not None:
        about = printable_line(accepted.hypothesis, 300) or "nothing was said of it"
        yield Text.assemble(
            (f"last accepted: #{accepted.number} by {printable_line(accepted.proposer, 40)}: ", "dim"), about
        )
    yield Text(dot.join(_doing(progress)), "cyan" if not progress.reason else "")
    for warning in progress.warnings[-_MOST_WARNINGS:]:
        yield Text(f"! {printable_line(warning, 300)}", "yellow")
    if progress.books is not None:
        yield Text(dot.join(_books(progress.books)), "dim")
        yield _budget(progress, max(10, min(40, width // 4)), dot, plain=plain)


def event_lines(event: Event, progress: Progress) -> Iterator[str]:
    """Yield what is worth a line of a log, in order."""
    match event:
        case Began(resumed=True):
            yield f"goes on, with {count_text(event.rollouts, 'rollout')} known from before"
        case Began():
            limits = ", ".join(f"{name} {limit:,g}" for name, limit in event.books.budget.limited.items())
            yield f"begins; budget: {limits or 'no limit'}"
        case Accepted(number=number, mean=mean, replayed=False):
            who = progress.accepted
            about = (
                f": {printable_line(who.hypothesis, 300)}" if who and who.number == number and who.hypothesis else ""
            )
            yield f"step {progress.step}: candidate {number} accepted, score {mean:.3f}{about}"
        case Rejected(number=number, why=why, replayed=False):
            yield f"step {progress.step}: candidate {number} turned away: {printable_line(why, 300)}"
        case Grown(size=size, replayed=False):
            yield f"{count_text(size, 'validation case')} from now on"
        case Noted(kind="invalid", data=data, replayed=False):
            said = printable_line(str(data.get("problem", "")), 300)
            yield f"step {progress.step}: what {data.get('proposer', 'somebody')} proposed is invalid: {said}"
        case Warned(message=message):
            yield f"warning: {printable_line(message, 1000)}"
        case Ended(reason=reason):
            yield f"ended: {printable_line(reason, 400)}"
        case _:
            pass


def _state(progress: Progress, bars: str) -> Iterator[str]:
    mean = progress.mean
    if mean is None:
        yield "best: not known yet"
    else:
        seed = "" if progress.seed_mean is None or progress.best == 0 else f", seed {progress.seed_mean:.3f}"
        history = [*([] if progress.seed_mean is None else [progress.seed_mean]), *progress.scores]
        curve = f" {spark(history, bars)}" if len(history) > 1 else ""
        yield f"best: {mean:.3f} (#{progress.best}{seed}){curve}"
    if progress.front:
        yield f"front: {len(progress.front):,}"
    kept = f" ({progress.kept:,} past their gates)" if progress.made else ""
    yield f"{count_text(progress.made, 'candidate')}{kept}"


def _doing(progress: Progress) -> Iterator[str]:
    if progress.reason:
        yield f"ended: {printable_line(progress.reason, 400)}"
        return
    yield printable_line(progress.doing)
    if progress.step:
        yield f"step {progress.step:,}"
    if progress.validation:
        yield f"{count_text(progress.validation, 'validation case')} in use"


def _books(books: LedgerView) -> Iterator[str]:
    limits = books.budget.limited
    rollouts = f" of {limits['rollouts']:,.0f}" if "rollouts" in limits else ""
    yield f"{books.rollouts:,}{rollouts} rollouts"
    yield f"task model: {_line(books.task)}"
    yield f"optimizer model: {_line(books.optimizer)}"


def _line(line: LineView) -> str:
    money = "$?" if line.dollars is None else cost_text(line.dollars)
    return f"{count_text(line.calls, 'call')}, {line.tokens:,} tokens, {money}"


def _budget(progress: Progress, room: int, dot: str, *, plain: bool) -> Text:
    books = progress.books
    if books is None:
        return Text()
    full = round((1 - books.left) * room)
    filled, empty = ("#", ".") if plain else ("█", "░")
    limits = [name for name in books.budget.limited if name != "rollouts"]
    told = [
        f"{books.left * 100:.0f} % of the budget left" if books.budget.limited else "no limit",
        *_limits(books, limits),
    ]
    told.append(seconds_text(books.seconds))
    left = progress.seconds_left
    if left is not None:
        told.append(f"about {seconds_text(left)} left")
    bar = f"{filled * full}{empty * (room - full)} " if books.budget.limited else ""
    return Text.assemble((bar, "blue"), dot.join(told))


def _limits(books: LedgerView, names: Sequence[str]) -> Iterator[str]:
    """Yield what limits there are, by their names: those of time and rollouts stand elsewhere."""
    for name in names:
        limit = books.budget.limited[name]
        if name.endswith("usd"):
            yield f"{name} {cost_text(limit)}"
        elif name != "seconds":
            yield f"{name} {limit:,.0f}"
        else:
            yield f"of {seconds_text(limit)}"
