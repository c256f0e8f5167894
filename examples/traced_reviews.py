"""Hyperparameters and traces: the same function under three settings, each run recorded and compared.

python examples/traced_reviews.py                # answered by the embedded model
llm-strategy trace list                          # what was recorded
llm-strategy trace html traces/*.jsonl -o reviews.html
"""

import os
from typing import Literal

from llm_strategy import ChainOfThought, Hyperparameters, ModelLike, llm_function, span, trace

REVIEWS = {
    "Lovely food, and the waiter sang for us.": "good",
    "Forty minutes for a cold soup.": "bad",
    "Great wine, dreadful chairs.": "mixed",
}


@llm_function(temperature=0.0, max_tokens=200)
def mood(model: ModelLike | None, review: str) -> Literal["good", "bad", "mixed"]:
    """Judge the mood of the review."""
    raise NotImplementedError


def settings() -> dict[str, Hyperparameters]:
    """Return what is compared: nothing changed, another instruction, another method of reasoning."""
    worded, thoughtful = Hyperparameters(), Hyperparameters()
    worded[mood].instruction = "Say whether the guest liked all of it (good), none of it (bad) or a part (mixed)."
    thoughtful[mood].reasoning = ChainOfThought()
    return {"plain": Hyperparameters(), "worded": worded, "thoughtful": thoughtful}


def main(directory: str = "traces") -> None:
    """Run all settings; print the share of right answers, the tokens and the seconds of each."""
    model = os.environ.get("LLM_STRATEGY_MODEL", "local")
    for name, scope in settings().items():
        with scope, trace(name, directory=directory) as t:
            right = 0
            for review, wanted in REVIEWS.items():
                with span("review", {"wanted": wanted}):
                    right += mood(model, review) == wanted
            t.score(right / len(REVIEWS))
        print(f"{name:12} right: {right} of {len(REVIEWS)}, tokens: {t.totals.tokens}, {t.totals.seconds:.1f} s")
    print(f"Written to {directory!r}. Compare: llm-strategy trace html {directory}/*.jsonl -o reviews.html")


if __name__ == "__main__":
    main()
