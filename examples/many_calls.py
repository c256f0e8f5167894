"""Many calls at once: progress, results as they come, and what is left after Ctrl-C.

python examples/many_calls.py                    # answered by the embedded model
LLM_STRATEGY_MODEL=openai:gpt-4o-mini python examples/many_calls.py
"""

import os
import sys
from typing import Literal

from llm_strategy import ModelLike, Result, llm_function

REVIEWS = (
    "The hinge broke on the second day.",
    "My grandmother loves it, and so do I.",
    "It is a lamp. It lights.",
    "Never again.",
    "Better than the one that cost three times as much.",
    "The manual is in a language that nobody here knows.",
)


@llm_function
def verdict(model: ModelLike | None, review: str) -> Literal["good", "bad", "neither"]:
    """What the review says of the product."""
    raise NotImplementedError


def main() -> None:
    """Ask for all reviews."""
    model = os.environ.get("LLM_STRATEGY_MODEL", "local")
    try:
        show(verdict.map(model, REVIEWS, limit=4, progress=sys.stderr.isatty()))
    except KeyboardInterrupt as interrupt:
        show(getattr(interrupt, "results", []))


def show(results: list[Result[Literal["good", "bad", "neither"]]]) -> None:
    """Print what there is."""
    for result in results:
        print(f"{result.value if result.ok else result.error}: {REVIEWS[result.index]}")


if __name__ == "__main__":
    main()
