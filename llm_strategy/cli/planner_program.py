"""The program of a run in the terminal: its steps, its versions, and what these differ in."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from difflib import unified_diff
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from llm_strategy.cli.planner_edit import text_of_program
from llm_strategy.cli.planner_order import EMBEDDED
from llm_strategy.cli.planner_words import spent_text
from llm_strategy.cli.trace_files import console_for_output
from llm_strategy.errors import InputError, ProgramError, WorkspaceError
from llm_strategy.planner.config import read_config
from llm_strategy.planner.program import read_program
from llm_strategy.planner.program.differences import differences
from llm_strategy.planner.program.outline import outline
from llm_strategy.planner.replan import replan
from llm_strategy.planner.state import ProgramVersion, RunState
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.planner.program import Program

__all__ = ["list_versions", "print_text", "replan_program", "show_difference", "show_program"]

_STYLES = {"done": "green", "failed": "bold red", "skipped": "yellow", "yes": "cyan", "no": "cyan"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_NOT_YET = "edited by hand, and not taken up yet: the run does so with its next step"


def show_program(workspace: Path) -> None:
    """Print the steps of the program of a run, and what it requires. Raises WorkspaceError, ProgramError."""
    with RunState.reading(workspace) as record:
        program, outcomes = record.program, record.outcomes
        tries = {one.path: one for one in record.steps()}
    if program is None:
        raise WorkspaceError(f"The run in {str(workspace)!r} has no program yet. Resume it, and it is planned.")
    console = console_for_output()
    console.print(Text(printable_line(program.task, 400), "bold"), soft_wrap=True)
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("step", "status", "tries", "for"):
        table.add_column(name, no_wrap=name != "for", overflow="fold")
    table.add_column("what", overflow="fold", ratio=1)
    for row in outline(program, outcomes):
        attempts = str(tries[row.path].attempts) if row.is_instruction and row.path in tries else ""
        table.add_row(
            Text(printable_line(row.path)),
            Text(row.outcome or ("open" if row.path else ""), _STYLES.get(row.outcome, "dim")),
            attempts,
            Text(" ".join(map(printable_line, row.requirements)), "blue"),
            Text(f"{'  ' * row.depth}{printable_line(row.text, 2000)}"),
        )
    console.print(table)
    for one in program.requirements:
        console.print(Text.assemble((f"{printable_line(one.id)}  ", "blue"), printable_line(one.text, 2000)))


def print_text(workspace: Path, number: int | None) -> None:
    """Print the text of the program, or of one of its versions. Raises WorkspaceError, InputError."""
    text = text_of_program(workspace) if number is None else _version(_versions(workspace), number).text
    typer.echo(printable(text), nl=not text.endswith("\n"))


def list_versions(workspace: Path) -> None:
    """Print the versions of the program, with why and when they were made. Raises WorkspaceError."""
    console = console_for_output()
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("version", "when", "steps", "why"):
        table.add_column(name, justify="right" if name in {"version", "steps"} else "left", no_wrap=name != "why")
    for one in _versions(workspace):
        when = f"{datetime.fromtimestamp(one.made, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S}" if one.made else ""
        program = _program(one)
        steps = "no program" if program is None else str(len(list(program.nodes())))
        table.add_row(str(one.number), when, steps, Text(printable_line(one.why, 500)))
    console.print(table)


def show_difference(workspace: Path, old: int | None, new: int | None) -> None:
    """Print what two versions differ in; by default the last two. Raises WorkspaceError, InputError."""
    versions = _versions(workspace)
    if old is None and len(versions) < 2:
        typer.echo(f"There is one version of the program ({printable_line(versions[0].why)}), and nothing to compare.")
        return
    after = versions[-1] if new is None else _version(versions, new)
    before = _version(versions, old) if old is not None else versions[-2]
    first, second = _program(before), _program(after)
    names = (f"version {before.number}, {before.why}", f"version {after.number}, {after.why}")
    names = (printable_line(names[0]), printable_line(names[1]))
    if first is None or second is None:
        lines = [*unified_diff(before.text.splitlines(), after.text.splitlines(), *names, lineterm="")]
    else:
        lines = differences(first, second, names=names).splitlines()
    if not lines:
        typer.echo("They say the same, at most in another form.")
    console = console_for_output()
    for line in lines:
        console.print(Text(printable(line), _COLOURS.get(line[:1], "")), soft_wrap=True)


def replan_program(workspace: Path, because: str, model: str | None, config: Path | None) -> None:
    """Plan the rest anew, and print what has changed. Raises what `replan` does."""
    setup = read_config({"model": model}, file=config, resuming=True)
    made = replan(workspace, because, setup.model or EMBEDDED, budget=setup.budget)
    console = console_for_output()
    for line in differences(made.before, made.program).splitlines():
        console.print(Text(printable(line), _COLOURS.get(line[:1], "")), soft_wrap=True)
    typer.echo(f"Version {made.version} is in place ({spent_text(made.spent)}).", err=True)
    typer.echo(f"Go on with: llm-strategy generate --resume --workspace {shlex.quote(str(workspace))}", err=True)


def _versions(workspace: Path) -> list[ProgramVersion]:
    """Return the versions of the program, the last one being its file as it is now."""
    text = text_of_program(workspace)
    with RunState.reading(workspace) as record:
        versions = record.programs()
    if not versions or versions[-1].text != text:
        number = versions[-1].number + 1 if versions else 1
        versions.append(ProgramVersion(number, _NOT_YET, 0.0, text))
    return versions


def _version(versions: list[ProgramVersion], number: int) -> ProgramVersion:
    found = next((one for one in versions if one.number == number), None)
    if found is None:
        raise InputError(f"There is no version {number}. The last one is {versions[-1].number}; see --list.")
    return found


def _program(version: ProgramVersion) -> Program | None:
    try:
        return read_program(version.text)
    except ProgramError:
        return None
