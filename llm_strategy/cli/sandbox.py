"""`llm-strategy sandbox`: what this machine has for running code of a model, and trying it."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  # typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from llm_strategy.cli.trace_files import console_for_output
from llm_strategy.errors import InputError
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.sandbox import CodeResult
    from llm_strategy.sandbox.checking import Checked

__all__ = ["app"]

app = typer.Typer(help="Sandboxes for code of a model: check, run.", no_args_is_help=True)


@app.command()
def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe/--no-probe", help="Start each one, which tries its walls from inside.")
    ] = True,
) -> None:
    """Show which sandboxes hold on this machine, what the others lack, and which one 'auto' takes."""
    from llm_strategy.sandbox.checking import check_sandboxes, chosen

    checked = check_sandboxes(probe=probe)
    name = chosen(checked)
    if as_json:
        typer.echo(json.dumps({"auto": name or None, "sandboxes": [_data(one) for one in checked]}, indent=2))
    else:
        _show(checked, name)
    if not name:
        raise typer.Exit(1)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A Python script; '-' reads standard input.")],
    *,
    sandbox: Annotated[str, typer.Option("--sandbox", "-s", help="Which one; `check` shows them.")] = "auto",
    seconds: Annotated[float, typer.Option(min=0.1, help="Wall time.")] = 30.0,
    memory: Annotated[int, typer.Option(min=16, help="Memory, in MiB.")] = 1024,
) -> None:
    """Run a script in a sandbox; print what it printed, the value of its last line, and the files that it made."""
    from llm_strategy.sandbox import Limits
    from llm_strategy.sandbox.session import Session

    code = _source(file)
    with Session(sandbox, limits=Limits(seconds=seconds, memory_mib=memory)) as session:
        result = session.run(code)
        _tell(result, session.sandbox.name)
    if not result.ok:
        raise typer.Exit(1)


def _source(file: Path) -> str:
    try:
        return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{printable_line(str(file))!r} cannot be read as a Python script: {error}.") from error


def _tell(result: CodeResult, name: str) -> None:
    typer.echo(printable(result.stdout), nl=False)
    typer.echo(printable(result.stderr), nl=False, err=True)
    if result.shown:
        typer.echo(printable(result.shown))
    if result.error is not None:
        told = result.error.traceback or f"{result.error.kind}: {result.error.message}"
        typer.echo(printable(told).rstrip("\n"), err=True)
    for change in result.files:
        typer.echo(f"{change.operation} {printable_line(change.path)} ({change.size:,} bytes)", err=True)
    if result.dropped:
        typer.echo(f"{result.dropped:,} bytes of output were dropped", err=True)
    typer.echo(f"in {name}, {result.usage.seconds:.2f} s", err=True)


def _data(one: Checked) -> dict[str, object]:
    return {
        "name": one.name,
        "complete": one.complete,
        "started": one.started,
        "told": one.told,
        "start_seconds": round(one.seconds, 4) if one.started else None,
        "findings": [{"name": each.name, "ok": each.ok, "told": each.told} for each in one.findings],
    }


def _show(checked: Sequence[Checked], name: str) -> None:
    console = console_for_output()
    with console.capture() as captured:
        for one in checked:
            console.print(_shown(one))
            console.print()
        console.print(_verdict(name))
        console.print("'unsafe-process' has no walls: it is taken only where it is written out.")
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _shown(one: Checked) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(one.name, "bold"), *_state(one))
    for each in one.findings:
        sign = Text("ok", "green") if each.ok else Text("missing", "red")
        table.add_row(Text(f"  {each.name}"), sign, Text(printable_line(each.told, 2000), "" if not each.ok else "dim"))
    return table


def _state(one: Checked) -> tuple[Text, Text]:
    if one.started:
        return Text("holds", "bold green"), Text(f"starts in {one.seconds * 1000:,.0f} ms")
    if one.started is False:
        return Text("fails", "bold red"), Text(printable(one.told))
    if one.complete:
        return Text("complete", "green"), Text("not tried")
    return Text("no", "bold red"), Text("it lacks what is marked below")


def _verdict(name: str) -> Text:
    if name:
        return Text.assemble("sandbox='auto' takes ", (name, "bold"), ".")
    return Text(
        "sandbox='auto' finds nothing here: SandboxUnavailableError. Any of the above will do; the quickest is "
        "monty: pip install 'llm-strategy[sandbox]'"
    )
