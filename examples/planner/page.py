"""Tells of tries in a page of the documentation: all of them in a table, and one of them whole.

python examples/planner/page.py workspace/tries.jsonl docs/benchmarks/planner-real-run.md [--whole todo-2]

What is written stands between two comments of the page, and takes the place of what stood there; a picture of the
figures is written beside the page.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llm_strategy.planner.figures.of_workspace import WorkspaceRun, read_run
from llm_strategy.planner.figures.png import write_png

BEGIN, END = "<!-- tries: written by examples/planner/page.py -->", "<!-- end of tries -->"
_LANGUAGES = {".py": "python", ".md": "markdown", ".json": "json"}
Row = dict[str, Any]


def rows_of(path: Path) -> list[Row]:
    """Return what the runner wrote down of each try."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def best_of(rows: list[Row]) -> Row:
    """Return the try that was accepted by most tests, the first of equals."""
    return max(rows, key=lambda row: (row["accepted"]["passed"], -len(row["accepted"]["failed"])))


def table(rows: list[Row]) -> Iterator[str]:
    """Yield a table of the tries as Markdown."""
    yield "| try | ended | acceptance tests | its own tests | features | errors | LOC | calls | tokens | seconds |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        passed, failed = row["accepted"]["passed"], len(row["accepted"]["failed"])
        own = f"{row['own_passed']} of {row['own_passed'] + row['own_failed']}"
        told = [row["workspace"], row["reason"], f"{passed} of {passed + failed}", own, f"{row['features']:.0%}"]
        told += [f"{row[name]:,.0f}" for name in ("errors", "lines", "calls", "tokens", "seconds")]
        yield f"| {' | '.join(one.replace('|', ' ') for one in told)} |"


def whole(row: Row, run: WorkspaceRun, workspace: Path, picture: str) -> Iterator[str]:
    """Yield one try: its program, its files as they were written, its figures and its trace."""
    yield f"## {row['workspace']}"
    yield f"The task: {run.report.task}"
    yield "How it ended:"
    yield _block("\n".join(line for line in str(run.report).splitlines() if str(workspace) not in line))
    yield "The requirements, and what became of them:"
    yield _block("\n".join(f"{one.id} {one.state}: {one.text}" for one in run.report.requirements))
    for path in sorted(one for one in workspace.rglob("*") if one.is_file() and one.suffix in _LANGUAGES):
        if not {".llm-strategy", "__pycache__"} & set(path.relative_to(workspace).parts):
            yield f"`{path.relative_to(workspace).as_posix()}`"
            yield _block(path.read_text("utf-8"), _LANGUAGES[path.suffix])
    yield f"![Figures of the run]({picture})"
    yield "Its trace, from `llm-strategy trace show`:"
    yield _block("\n".join(_trace(workspace)))


def _trace(workspace: Path) -> Iterator[str]:
    """Yield the lines of the traces, without the paths of this machine."""
    show = [sys.executable, "-m", "llm_strategy.cli.main", "trace", "show", "--no-content", "--depth", "3"]
    for path in sorted((workspace / ".llm-strategy" / "traces").glob("*.jsonl")):
        done = subprocess.run([*show, str(path)], capture_output=True, text=True, check=True)  # noqa: S603
        yield from (line.split(str(path))[0].rstrip() for line in done.stdout.splitlines())


def _block(text: str, language: str = "") -> str:
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def main(arguments: list[str] | None = None) -> int:
    """Write the tries into the page."""
    parser = argparse.ArgumentParser(description="Tells of tries in a page.")
    parser.add_argument("tries", type=Path, help="the tries.jsonl of a workspace of run.py")
    parser.add_argument("page", type=Path, help="a page with the two comments")
    parser.add_argument("--whole", help="the try that is shown whole; the best one if left out")
    given = parser.parse_args(arguments)
    rows = rows_of(given.tries)
    shown = next(row for row in rows if row["workspace"] == given.whole) if given.whole else best_of(rows)
    workspace, picture = given.tries.parent / shown["workspace"], given.page.with_suffix(".png")
    run = read_run(workspace)
    write_png(run.figures, picture, title=shown["workspace"])
    told = ["\n".join(table(rows)), *whole(shown, run, workspace, picture.name)]
    before, _, rest = given.page.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n\n".join([BEGIN, *told, END])
    given.page.write_text(f"{before}{text}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
