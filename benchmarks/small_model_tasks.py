"""The tasks of `small_model`: questions with one short answer, and the instructions that searches choose from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.corpora import corpus
from llm_strategy import llm_function
from llm_strategy.optimize import Case, Dataset, split

if TYPE_CHECKING:
    from llm_strategy.function import LLMFunction

__all__ = ["NAMES", "Task", "task_named"]

NAMES = ("boolean_expressions", "sports_understanding", "banking77-8")
_SIZES = {"train": 40, "val": 40}
_TEST = 100
_INTENTS = 8

Letter = Literal["A", "B", "C", "D", "E", "F", "G", "H"]


@llm_function(temperature=0.0, max_tokens=12)
def truth(model: Any, expression: str) -> Literal["True", "False"]:
    """Evaluate."""
    raise NotImplementedError


@llm_function(temperature=0.0, max_tokens=12)
def plausible(model: Any, sentence: str) -> Literal["yes", "no"]:
    """Is this plausible?"""
    raise NotImplementedError


@llm_function(temperature=0.0, max_tokens=12)
def intent(model: Any, intents: str, message: str) -> Letter:
    """Choose the intent."""
    raise NotImplementedError


POOLS: dict[str, tuple[str, ...]] = {
    "boolean_expressions": (
        "Evaluate the Boolean expression.",
        "Evaluate the Boolean expression in Python: `not` binds most, then `and`, then `or`; brackets come first.",
        "You are an expert in logic. What is the value of this expression?",
        "Is this expression true or false? Work from the innermost brackets to the outside, then from left to right.",
        "First replace each `not True` by False and each `not False` by True, then each `and`, at last each `or`.",
        "Think carefully, and answer with the value of the expression.",
        "Count the `not` in front of each value: with an odd number it is the opposite. Then apply `and` before `or`.",
        "The answer is the value that Python prints for the expression.",
    ),
    "sports_understanding": (
        "Is the sentence about sports plausible?",
        "Does the named athlete play the sport that the action belongs to? Answer yes if so, else no.",
        "You are an expert in sports. Say whether this could have happened.",
        "Answer no if the action belongs to another sport than the one the person plays, or to another competition.",
        "Is this sentence true or made up?",
        "Think of the person's sport, then of the sport in which such a thing is done: yes if they are the same.",
        "Is the sentence grammatical and believable?",
        "Most of these mix an athlete with another sport's words: answer no at the first sign of that, otherwise yes.",
    ),
    "banking77-8": (
        "Choose the intent that fits the customer's message.",
        "Which of the intents does the customer of a bank have? Give its letter.",
        "Read the message, compare it with each intent, and give the letter of the closest one.",
        "You work in the support of a bank. Route the message to the right team by its letter.",
        "What does the customer want to know or to have done? Choose the intent by its key word.",
        "Choose the most specific intent; where two fit, take the one whose words are in the message.",
        "Think step by step, then choose.",
        "Give the letter of the first intent that could fit.",
    ),
}
_FUNCTIONS: dict[str, LLMFunction[..., Any]] = {
    "boolean_expressions": truth,
    "sports_understanding": plausible,
    "banking77-8": intent,
}


@dataclass(frozen=True, slots=True)
class Task:
    """A task with its cases for one seed."""

    name: str
    function: LLMFunction[..., Any]
    train: Dataset
    val: Dataset
    test: Dataset
    pool: tuple[str, ...]


def task_named(name: str, seed: int) -> Task:
    """Return a task, its cases divided by a seed."""
    cases = _banking(seed) if name == "banking77-8" else _big_bench(name)
    test = min(_TEST, len(cases) - sum(_SIZES.values()))
    train, val, judge = split(cases, **_SIZES, test=test, seed=seed)
    return Task(name, _FUNCTIONS[name], train, val, judge, POOLS[name])


def _big_bench(name: str) -> list[Case[dict[str, str], str]]:
    field = "expression" if name == "boolean_expressions" else "sentence"
    rows = (row for row in corpus("bbh.jsonl") if row["task"] == name)
    return [Case({field: row["input"]}, row["target"], row["id"], group=row["target"]) for row in rows]


def _banking(seed: int) -> list[Case[dict[str, str], str]]:
    """Return 23 messages of each of eight intents: the first ones by name, which are alike in part."""
    by_intent: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in corpus("banking77.jsonl"):
        if row["split"] == "test":
            by_intent[row["intent"]].append(row)
    chosen = sorted(by_intent)[:_INTENTS]
    letters = dict(zip(chosen, "ABCDEFGH", strict=True))
    intents = "; ".join(f"{letters[one]}: {one.replace('_', ' ')}" for one in chosen)
    first = seed % 2 * 10
    return [
        Case({"intents": intents, "message": row["text"]}, letters[one], row["id"], group=letters[one])
        for one in chosen
        for row in by_intent[one][first : first + 23]
    ]
