"""A data question, answered by code: the model writes Python, which runs in a sandbox until it knows the answer.

python examples/code_act.py                      # answered by the embedded model, in the strongest sandbox there is
llm-strategy sandbox check                       # what this machine has

The sandbox sees a copy of the data and nothing else: no network, no other file, no secret. The plot is copied out of
it. It has to have pandas and matplotlib, as the sandboxes of Linux do: pip install 'llm-strategy[sandbox,examples]'.
"""

import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from llm_strategy import CodeAct, ModelLike, llm_function, trace
from llm_strategy.tracing import semconv

QUESTION = "Which region has the highest total revenue?"


@dataclass
class Finding:
    """The answer to the question."""

    name: Annotated[str, Field(description="which one it is")]
    total: Annotated[float, Field(description="its total")]


@llm_function(temperature=0.0, max_tokens=600)
def look_up(model: ModelLike | None, question: str, file: str) -> Finding:
    """Answer the question from the CSV file, with pandas.

    Read the file and print its first lines. Group the rows, sum them up as `totals`, and print these. Set
    name = totals.idxmax() and total = totals.max(), and print both. Then draw the totals with totals.plot.bar(), and
    save the chart with plt.savefig("plot.png").
    """
    raise NotImplementedError


def write_sales(place: Path) -> None:
    """Write a year of sales, the same ones each time."""
    draw = random.Random(7)  # noqa: S311 (made-up data)
    rows = ["day,region,product,revenue"]
    for day in range(1, 366):
        region, product = draw.choice(["North", "South", "East", "West"]), draw.choice(["tea", "coffee", "cocoa"])
        rows.append(f"{day},{region},{product},{draw.randint(10, 99)}")
    place.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main(folder: str = ".", sandbox: str = "auto") -> Finding:
    """Ask; print each action of the model with what it gave, and the finding."""
    sales = Path(folder) / "sales.csv"
    write_sales(sales)
    acting = look_up.using(reasoning=CodeAct(files=(str(sales),), keep_files=folder, sandbox=sandbox))
    with trace("code_act", directory=str(Path(folder) / "traces")) as recorded:
        finding = acting(os.environ.get("LLM_STRATEGY_MODEL", "local"), QUESTION, "sales.csv")
    for number, span in enumerate((span for span in recorded.spans if span.kind == "code"), 1):
        print(f"--- action {number} ({span.seconds:.2f} s)\n{span.text(semconv.CODE)}")
        print(f"--- gave\n{span.text(semconv.CODE_OUTPUT)}")
    print(finding)
    return finding


if __name__ == "__main__":
    main(*sys.argv[1:])
