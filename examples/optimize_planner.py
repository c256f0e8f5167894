"""The planner's own hyperparameters, optimized on small programs with tests that the model never sees.

python examples/optimize_planner.py                         # built by the embedded model: about two minutes a program
python examples/optimize_planner.py --model openai:gpt-4o-mini --rollouts 60 --store planner.db

Each rollout is a whole run of the planner, in a folder of its own. Its score is the share of the held-out tests that
pass. How the writer is told what to do, how often it may reply and try, and what it is advised are searched: numbers
and switches by a response surface over all rollouts, the advice by the model, as one short text.
"""

import argparse
import tempfile

from llm_strategy.optimize import Budget, Case, LLMProposerSettings, OptimizationReport, Score, optimize, search_space
from llm_strategy.optimize.events import Accepted, CandidateMade, Done, Event, Rejected
from llm_strategy.planner import generate_codebase
from llm_strategy.planner.domains import codebase
from llm_strategy.planner.evaluators import Evaluators
from llm_strategy.planner.settings import PlannerSettings, planner_settings

HELD_OUT = "held_out/test_held_out.py"

PROGRAMS = {
    "roman.py has to_roman(number), which returns a number from 1 to 3999 in Roman numerals, and raises ValueError for "
    "any other number.": """
        import pytest
        from roman import to_roman
        ROMAN = {1: "I", 4: "IV", 9: "IX", 40: "XL", 1994: "MCMXCIV", 3999: "MMMCMXCIX"}
        @pytest.mark.parametrize("number", ROMAN)
        def test_numbers(number): assert to_roman(number) == ROMAN[number]
        @pytest.mark.parametrize("number", [0, -1, 4000])
        def test_others(number):
            with pytest.raises(ValueError): to_roman(number)
    """,
    "words.py has count_words(text), which returns a dict from each word of the text, in lower case and without "
    "punctuation at its ends, to how often it is there.": """
        from words import count_words
        def test_counts(): assert count_words("a b a") == {"a": 2, "b": 1}
        def test_case(): assert count_words("Bee bee BEE") == {"bee": 3}
        def test_ends(): assert count_words("Yes, yes! (no)") == {"yes": 2, "no": 1}
        def test_inside(): assert count_words("don't don't") == {"don't": 2}
        def test_nothing(): assert count_words("") == {}
    """,
    "stack.py has a class Stack with push(item), pop(), which raises IndexError where there is nothing, peek(), which "
    "returns the last item and leaves it, and len(stack).": """
        import pytest
        from stack import Stack
        def test_order():
            stack = Stack()
            stack.push(1); stack.push(2)
            assert (stack.peek(), len(stack), stack.pop(), stack.pop(), len(stack)) == (2, 2, 2, 1, 0)
        def test_nothing():
            with pytest.raises(IndexError): Stack().pop()
        def test_apart():
            one = Stack()
            one.push(1)
            assert len(Stack()) == 0
    """,
    "dates.py has days_between(first, second), which takes two dates as texts such as '2024-02-28' and returns the "
    "number of days from the first to the second, negative where the second is earlier.": """
        from dates import days_between
        def test_leap(): assert days_between("2024-02-28", "2024-03-01") == 2
        def test_back(): assert days_between("2024-01-10", "2024-01-01") == -9
        def test_same(): assert days_between("2024-01-10", "2024-01-10") == 0
    """,
    "table.py has as_table(rows), which takes a list of lists of texts and returns them as lines, the cells of each "
    "column padded with spaces to the longest one and separated by ' | ', without spaces at the ends of lines.": """
        from table import as_table
        def test_pads(): assert as_table([["a", "bb"], ["ccc", "d"]]) == "a   | bb\\nccc | d"
        def test_one(): assert as_table([["x"]]) == "x"
        def test_nothing(): assert as_table([]) == ""
    """,
    "brackets.py has is_balanced(text), which says whether all round, square and curly brackets in a text are closed "
    "in the right order.": """
        import pytest
        from brackets import is_balanced
        @pytest.mark.parametrize("text", ["", "a(b)[c]{d}", "([{}])"])
        def test_good(text): assert is_balanced(text) is True
        @pytest.mark.parametrize("text", ["(", ")(", "([)]", "}"])
        def test_bad(text): assert is_balanced(text) is False
    """,
}


def cases() -> list[Case[str, str]]:
    """Return the programs with their held-out tests."""
    return [Case(task, "\n".join(line[8:] for line in tests.splitlines())) for task, tests in PROGRAMS.items()]


def built(model: object, task: str) -> dict[str, str]:
    """Build a program with the hyperparameters in force, and return its files."""
    with tempfile.TemporaryDirectory() as folder:
        return dict(generate_codebase(task, model, workspace=folder, settings=planner_settings(), trace=False))


def accepted(case: Case[str, str], files: dict[str, str]) -> Score:
    """Score files by the held-out tests, in a sandbox; what fails is told to whoever proposes."""
    program = {path: text for path, text in files.items() if "test" not in path}
    verdict = Evaluators(["tests"])({**program, HELD_OUT: case.expected})
    total = verdict.passed + verdict.failed
    return Score(verdict.passed / total if total else 0.0, feedback=verdict.told(600))


def improve(model: object, rollouts: int, store: str | None = None) -> OptimizationReport:
    """Optimize the settings for small models, and the advice to writers; the seed gives up soon."""
    space = search_space(
        planner_settings,
        codebase,
        include=[
            "*:steps",
            "*:turns",
            "*:attempts",
            "*:warmth",
            "*:brief",
            "*:lost_code",
            "*:feedback_tokens",
            "codebase:writing",
        ],
        bounds={"*:steps": (1, 3), "*:turns": (1, 6), "*:attempts": (1, 3), "*:feedback_tokens": (100, 800)},
        scope={planner_settings: PlannerSettings.small(turns=3, attempts=1).model_dump()},
    )
    return optimize(
        built,
        cases(),
        metric=accepted,
        space=space,
        budget=Budget(rollouts=rollouts),
        model=model,
        task_model=model,
        proposing=LLMProposerSettings(mode="plain"),
        store=store,
        watch=tell,
    )


def tell(event: Event) -> None:
    """Print what happens, a line each."""
    match event:
        case Done(rollout, purpose):
            print(f"{purpose}: {rollout.score:.2f} {rollout.error[:100]}", flush=True)
        case CandidateMade(candidate):
            said = f": {candidate.hypothesis[:120]}" if candidate.hypothesis else ""
            print(f"candidate {candidate.number}, by {candidate.proposer}{said}", flush=True)
        case Rejected(number, why):
            print(f"candidate {number} is turned away: {why}", flush=True)
        case Accepted(number, mean):
            print(f"candidate {number} is kept, with {mean:.2f} on validation cases", flush=True)


def main() -> None:
    """Optimize, and show what came of it."""
    asked = argparse.ArgumentParser(description="Optimize the planner's hyperparameters on small programs.")
    asked.add_argument("--model", default="local", help="who builds and proposes")
    asked.add_argument("--rollouts", type=int, default=16, help="how many programs are built")
    asked.add_argument("--store", help="a file in which it is kept, and out of which it goes on")
    options = asked.parse_args()
    print(improve(options.model, options.rollouts, options.store))


if __name__ == "__main__":
    main()
