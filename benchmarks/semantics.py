"""Whether an interpreter gives the answers of CPython: 25 pieces of code, in each of our sandboxes and in smolagents'.

python -m benchmarks.semantics [--quick] [--smolagents PYTHON]

A piece of code is right, or refused (its author is told that the interpreter lacks something); or it fails (an error
that blames the code), or is wrong: another answer, and nobody is told.
"""

import json
import re
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.actions_bodies import OURS, bodies
from benchmarks.actions_options import smolagents_python
from benchmarks.semantics_snippets import SNIPPETS

REAL = ("bubblewrap", "landlock", "unsafe-process")
"""Our sandboxes that run CPython: every answer has to be right."""
_REFUSED = re.compile(
    r"not supported|not implemented|not allowed|[Ff]orbidden|not among|[Uu]nauthorized|NotImplementedError"
)
_COLORS = {"right": "green", "refused": "yellow", "fails": "red", "wrong": "red"}


def main() -> int:
    found, lacking = bodies(smolagents_python())
    quick = "--quick" in sys.argv
    verdicts = {body.name: [verdict(body, snippet, quick=quick) for snippet in SNIPPETS] for body in found}
    for body in found:
        body.close()
    show(verdicts, lacking)
    hardened = next((name for name in REAL if name in verdicts), None)
    right = _count(verdicts[hardened], "right") if hardened else 0
    wrong = sum(_count(verdicts[name], kind) for name in OURS if name in verdicts for kind in ("fails", "wrong"))
    passed = hardened != "unsafe-process" and right == len(SNIPPETS) and not wrong
    print(
        f"semantics: {right} of {len(SNIPPETS)} right in {hardened or 'no body'}, {wrong} wrong or failing in ours "
        f"(goal {len(SNIPPETS)}, 0) {'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


def verdict(body, snippet, *, quick: bool) -> tuple[str, str]:
    """What came of a piece of code, and what was said. A quick run leaves the names of one to the next."""
    if not quick:
        body.fresh()
    done = body.run(snippet.code)
    if not done.kind:
        value = json.loads(json.dumps(done.value))
        return ("right", "") if value == snippet.answer else ("wrong", f"{value}")
    refused = done.kind == "Unsupported" or (body.name == "smolagents" and _REFUSED.search(done.told))
    return "refused" if refused else "fails", f"{done.kind}: {done.told}"


def show(verdicts: dict[str, list[tuple[str, str]]], lacking: dict[str, str]) -> None:
    """Print the table, and what was said where an answer was not right."""
    console = Console(width=max(Console().width, 116))
    table = Table()
    for column in ("snippet", *verdicts):
        table.add_column(column.replace(" ", "\n").replace("-", "-\n"), no_wrap=True)
    for number, snippet in enumerate(SNIPPETS):
        cells = [of_body[number][0] for of_body in verdicts.values()]
        table.add_row(snippet.name, *(f"[{_COLORS[cell]}]{cell}[/]" for cell in cells))
    for name in _COLORS:
        table.add_row(f"[b]{name}[/]", *(f"[b]{_count(of_body, name)}[/]" for of_body in verdicts.values()))
    console.print(table)
    for name, why in lacking.items():
        console.print(f"{name}: not run. {why}", markup=False)
    for name, of_body in verdicts.items():
        for snippet, (kind, told) in zip(SNIPPETS, of_body, strict=True):
            if kind in ("fails", "wrong"):
                console.print(f"  {kind}: {name}, {snippet.name}: {' '.join(told.split())[:180]}", markup=False)


def _count(of_body: list[tuple[str, str]], kind: str) -> int:
    return sum(one == kind for one, _ in of_body)


if __name__ == "__main__":
    sys.exit(main())
