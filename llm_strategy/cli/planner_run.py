"""One run of the planner from the command line: opened, watched, and told how it ended."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from llm_strategy.cli.planner_order import EMBEDDED
from llm_strategy.cli.planner_talk import Talk
from llm_strategy.cli.planner_view import LineView, LiveView, View
from llm_strategy.errors import (
    ConfigurationError,
    InputError,
    LLMStrategyError,
    ProgramError,
    WorkspaceError,
)
from llm_strategy.flow.layers import layered
from llm_strategy.planner import domain_named, generate_custom
from llm_strategy.planner.events import Planned
from llm_strategy.planner.own_folder import OWN_FOLDER
from llm_strategy.planner.progress import Progress
from llm_strategy.planner.state import RunState
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llm_strategy.cli.planner_order import Order
    from llm_strategy.planner.codebase import PlannerReport
    from llm_strategy.planner.domains import Domain
    from llm_strategy.planner.events import Event
    from llm_strategy.planner.options import GenerateOptions
    from llm_strategy.planner.settings import PlannerSettings

__all__ = ["carry_out"]

_STOPPED = 130
"""What a program ends with that was interrupted, as shells have it."""
_FINDINGS = 2000


def carry_out(order: Order) -> int:
    """Carry an order out, and return the exit code: 0 where all of it is done, 1 where not, 130 where it was stopped.

    Raises:
        LLMStrategyError: it cannot be begun, or cannot go on.
    """
    view = _view(order)
    watching = _Watching(order, view)
    try:
        with view, layered(view.meter):
            made = generate_custom(
                _domain_of(order), order.task, order.config.model or EMBEDDED, **_options(order, watching)
            )
    except KeyboardInterrupt:
        _tell_stopped(order, watching)
        return _STOPPED
    except LLMStrategyError as error:
        if watching.has_begun_before(error):
            typer.echo(f"What was done is kept. Go on with: {order.again}", err=True)
        raise
    _tell_end(order, made.report)
    return 0 if made.report.is_done else 1


class _Watching:
    """Hands what happens to a view, with what the events do not tell: a program that was given, and assumptions."""

    def __init__(self, order: Order, view: View) -> None:
        self._order, self._view = order, view
        self._runs = _runs_in(order.workspace)
        self._has_seen = False
        talk = Talk(view, order.workspace, order.config.confirm)
        self.ask = talk.ask if order.asking else None
        self.confirm = talk.confirm if order.config.confirm != "none" else None

    def __call__(self, event: Event) -> None:
        self._has_seen = True
        self._view(event)
        if isinstance(event, Planned) and event.why == "planned" and self.ask is None and not self._order.resume:
            assumed = _assumptions(self._order.workspace)
            self._view.tell([*([self._order.assuming] if assumed and self._order.assuming else []), *assumed])

    def has_begun_before(self, error: LLMStrategyError) -> bool:
        """Whether the run was under way when an error ended it, and can go on."""
        if self._has_seen or _runs_in(self._order.workspace) > self._runs:
            return True
        return self._order.resume and not isinstance(error, ConfigurationError | InputError | WorkspaceError)

    @property
    def can_go_on(self) -> bool:
        """Whether there is a run to go on with."""
        return _runs_in(self._order.workspace) > (0 if self._order.resume else self._runs)


def _view(order: Order) -> View:
    progress = _progress_of(order)
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if order.quiet:
        return View(progress)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(console, progress, f"{printable_line(order.task or _task_of(order), 300)} ({order.workspace})")
    return LineView(console, progress)


def _progress_of(order: Order) -> Progress:
    if not ((order.resume or order.extend) and _runs_in(order.workspace)):
        return Progress()
    with RunState.reading(order.workspace) as record:
        try:
            program = record.program
        except ProgramError:  # the run says it as soon as it needs it
            program = None
        return Progress(program, record.outcomes, record.spent)


def _task_of(order: Order) -> str:
    if not _runs_in(order.workspace):
        return ""
    with RunState.reading(order.workspace) as record:
        return record.task


def _runs_in(workspace: Path) -> int:
    if not (workspace / OWN_FOLDER / "run.sqlite").is_file():
        return 0
    with RunState.reading(workspace) as record:
        return record.number


def _domain_of(order: Order) -> Domain:
    """Return the domain: a run that goes on keeps its own."""
    known = ""
    if (order.resume or order.extend) and _runs_in(order.workspace):
        with RunState.reading(order.workspace) as record:
            known = record.domain
    if order.resume and known and order.domain not in {"", known}:
        raise ConfigurationError(f"The run in {str(order.workspace)!r} builds a {known!r}. Leave --domain out.")
    return domain_named(order.domain or known or "codebase")


def _options(order: Order, watching: _Watching) -> GenerateOptions:
    config = order.config
    return {
        "workspace": order.workspace,
        "settings": _settings(order),
        "budget": config.budget,
        "run_tests": config.run_tests,
        "sandbox": config.sandbox,
        "types": config.types,
        "git": config.git,
        "program": order.program,
        "resume": order.resume,
        "extend": order.extend,
        "ask": watching.ask,
        "confirm": watching.confirm,
        "watch": watching,
    }


def _settings(order: Order) -> PlannerSettings | None:
    if not order.resume:
        return order.config.planner_settings()
    if not (order.config.settings and _runs_in(order.workspace)):
        return None
    with RunState.reading(order.workspace) as record:
        return order.config.planner_settings(record.settings)


def _assumptions(workspace: Path) -> list[str]:
    with RunState.reading(workspace) as record:
        decisions: dict[str, str] = record.get("decisions") or {}
    return [f"assumed: {printable_line(question, 500)} {printable_line(said)}" for question, said in decisions.items()]


def _tell_stopped(order: Order, watching: _Watching) -> None:
    if watching.can_go_on:
        typer.echo(f"Stopped. Everything so far is kept. Go on with: {order.again}", err=True)
    else:
        typer.echo("Stopped, before anything was begun.", err=True)


def _tell_end(order: Order, report: PlannerReport) -> None:
    lines = [str(report)]
    if report.verdict is not None and not report.verdict.ok:
        lines.append(report.verdict.told(_FINDINGS))
    lines += [f"{one.path} failed: {one.note}" for one in report.steps if one.outcome == "failed" and one.note]
    typer.echo("\n".join(printable(line) for line in lines))
    if order.quiet and not order.asking:
        typer.echo("\n".join(_assumptions(order.workspace)), nl=bool(report.decisions))
    place = shlex.quote(str(order.workspace))
    for line in _advice(order, report, place):
        typer.echo(line, err=True)
    typer.echo(f"See how it went: llm-strategy report {place}", err=True)


def _advice(order: Order, report: PlannerReport, place: str) -> Iterator[str]:
    if report.is_done:
        return
    failed = [one.path for one in report.steps if one.outcome == "failed"]
    if failed and not report.reason.startswith("budget"):
        yield f"Try again what failed: llm-strategy program retry {place} {shlex.join(failed)}"
        yield f"Or find another way first: llm-strategy program edit|replan {place}"
        yield f"Then go on with: {order.again}"
    elif report.reason.startswith("budget"):
        yield f"Go on, with a larger budget, by: {_without_budget(order.again)} --budget ..."
    else:
        yield f"Go on with: {order.again}"


def _without_budget(command: str) -> str:
    words = shlex.split(command)
    if "--budget" in words:
        place = words.index("--budget")
        del words[place : place + 2]
    return shlex.join(words)
