"""What a run of the planner asks at the terminal: what a task leaves open, and whether something is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from llm_strategy.cli.planner_edit import edit_program
from llm_strategy.errors import LLMStrategyError
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.cli.planner_view import View
    from llm_strategy.planner.config.keys import Confirming
    from llm_strategy.planner.hooks import Proposal
    from llm_strategy.planner.parts import OpenQuestion

__all__ = ["Talk"]

_LEVELS: Final = {"program": 1, "step": 2, "edits": 3}
_ASKED: Final = {"none": 0, "program": 1, "steps": 2, "edits": 3}
_LONGEST = 20_000


class Talk:
    """Asks at the terminal.

    Args:
        view: what is drawn meanwhile.
        workspace: the folder of the run.
        confirming: what is confirmed: nothing, the program, each step as well, each change of files as well.
    """

    def __init__(self, view: View, workspace: Path, confirming: Confirming) -> None:
        self._view, self._workspace, self._level = view, workspace, _ASKED[confirming]

    def ask(self, question: OpenQuestion) -> str:
        """Ask what a task leaves open; Enter takes the default."""
        default = printable_line(question.default, 500)
        with self._view.paused():
            typer.echo(f"\n{printable_line(question.question, 1000)}", err=True)
            answer = _asked(f"  (Enter: {default}) ")
        return answer.strip() or question.default

    def confirm(self, proposal: Proposal) -> bool:
        """Ask whether something is to be done, as far as that is to be asked."""
        if _LEVELS[proposal.kind] > self._level:
            return True
        with self._view.paused():
            return self._confirmed(proposal)

    def _confirmed(self, proposal: Proposal) -> bool:
        what = {"program": "program", "step": f"step {proposal.step}", "edits": f"edits of step {proposal.step}"}
        typer.echo(f"\n{printable_line(what[proposal.kind])}:\n{printable(proposal.text[:_LONGEST])}\n", err=True)
        if len(proposal.text) > _LONGEST:
            typer.echo(f"... ({len(proposal.text):,} letters)\n", err=True)
        can_edit = proposal.kind == "program"
        while True:
            answer = _asked("Carry it out? [Y]es, [n]o, [e]dit it first: " if can_edit else "Do it? [Y]es, [n]o: ")
            choice = answer.strip().lower()[:1] or "y"
            if choice in {"y", "n"}:
                return choice == "y"
            if choice == "e" and can_edit:
                self._edit()

    def _edit(self) -> None:
        try:
            changed = edit_program(self._workspace)
        except LLMStrategyError as error:
            typer.echo(printable(str(error)), err=True)
            return
        typer.echo("The edited program is in place." if changed else "Nothing was changed.", err=True)


def _asked(question: str) -> str:
    """Ask for a line. Raises KeyboardInterrupt: Ctrl-C, or the end of the input."""
    typer.echo(question, nl=False, err=True)
    try:
        return input()
    except EOFError as error:
        raise KeyboardInterrupt from error
