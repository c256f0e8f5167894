"""A durable run: kill it at any moment (Ctrl-C, or kill -9), run it again, and it goes on where it was.

python examples/durable_map.py                   # answered by the embedded model
llm-strategy journal show slogans.db             # what it has been answered so far
"""

import os
import sys

from llm_strategy import ModelLike, durable, llm_function

GOODS = ["bread", "bicycles", "umbrellas", "telescopes", "teapots", "kites", "violins", "lanterns", "boots", "clocks"]


@llm_function(temperature=0.0, max_tokens=100)
def slogan(model: ModelLike | None, goods: str, length: int = 6) -> str:
    """A slogan for a shop that sells these goods, in about as many words as the length says."""
    raise NotImplementedError


def main(journal: str = "slogans.db") -> None:
    """Ask for all slogans, four at a time; print them, and what they cost."""
    model = os.environ.get("LLM_STRATEGY_MODEL", "local")
    with durable(journal) as run:
        for waiting in run.in_flight:
            print(f"asked again, since the last run ended before the answer: {waiting.about}")
        results = slogan.map(model, GOODS, limit=4)
    for goods, result in zip(GOODS, results, strict=True):
        print(f"{goods:12} {result.value if result.error is None else result.error}")
    totals = run.totals
    print(f"{totals.calls} replies, {totals.tokens} tokens; {totals.replayed} of the replies came out of {journal!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
