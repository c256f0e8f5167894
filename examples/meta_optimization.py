"""Meta-optimization: a model improves how essays are written, by looking at what came of them.

python examples/meta_optimization.py             # answered by the embedded model: some minutes
python examples/meta_optimization.py --model openai:gpt-4o-mini --rounds 2

Nothing here says what may be changed: the task is carried out at two topics, and whatever prompts and parameters its
functions use are hyperparameters. Inputs and results are typed: the model that optimizes suggests further topics as
`EssayInputs`, and other hyperparameters as values of their types.
"""

import argparse

from pydantic import BaseModel, Field

from llm_strategy import Hyperparameters, ModelLike, llm_function, trace
from llm_strategy.optimize.loop import LLMOptimizer, LoopReport, optimize_hyperparameters
from llm_strategy.optimize.space import search_space


class EssayInputs(BaseModel):
    """What an essay is about."""

    essay_topic: str = Field(description="The topic, in a few words.")


TOPICS = [
    EssayInputs(essay_topic="How a warmer climate changes what farmers grow"),
    EssayInputs(essay_topic="Why quantum mechanics and gravity do not fit together yet"),
]


@llm_function(temperature=0.3, max_tokens=250)
def write_essay(model: ModelLike | None, essay_topic: str) -> str:
    """Write a short essay."""
    raise NotImplementedError


def write(model: ModelLike | None, inputs: EssayInputs) -> str:
    """Carry the task out once."""
    print(f"An essay is written: {inputs.essay_topic}", flush=True)
    return write_essay(model, inputs.essay_topic)


def optimize(
    model: ModelLike | None, rounds: int = 1
) -> tuple[Hyperparameters, LoopReport[EssayInputs, str, BaseModel]]:
    """Let the model look at its own essays, and improve the instruction."""
    space = search_space(write_essay, include=["write_essay:instruction"])
    brief = (
        Hyperparameters()
    )  # the questions of the optimizer are LLM functions too: a small model finds no end in some
    brief[LLMOptimizer.reflect_on_task_run].max_tokens = 400
    brief[LLMOptimizer.suggest_next_optimization_step].max_tokens = 400
    brief[LLMOptimizer.probability_for_improvement].max_tokens = 400
    with brief:
        return optimize_hyperparameters(
            model, model, write, TOPICS, space=space, rounds=rounds, inputs_per_round=1, points_per_round=1
        )


def main() -> None:
    """Optimize; show what happened, and the essay function before and after."""
    asked = argparse.ArgumentParser(description="Let a model improve how it writes essays.")
    asked.add_argument("--model", default="local", help="who writes, reflects and suggests")
    asked.add_argument("--rounds", type=int, default=1, help="how many suggestions are asked for")
    options = asked.parse_args()
    print("Essays, what is thought of them, what might be better: about ten calls.", flush=True)
    with trace("meta_optimization") as recorded:
        best, report = optimize(options.model, options.rounds)
    print(recorded.tree(), "\n")
    print(report, "\n")
    print("What reflections found missing:", report.missing.top(3), sep="\n")
    print("\nBefore:", report.runs[0].hyperparameters)
    print("After: ", report.best_hyperparameters)
    with best:
        print("\nThe instruction now reads:", write_essay.prompt("Bees")[0].content.splitlines()[3])


if __name__ == "__main__":
    main()
