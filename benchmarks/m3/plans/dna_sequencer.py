"""Genes: the steps in the order of the instruction, from one sequence or over several."""

from __future__ import annotations

import re

from benchmarks.m3.plans.reading import UnreadError, has, quoted
from benchmarks.m3.tasks import Task

__all__ = ["plan"]

STEPS = (
    (r"reverse[- ]transcri", "value = reverse_transcribe_mrna_to_dna(value)"),
    (r"(?<!reverse )(?<!reverse-)transcri(?!bed)", "value = transcribe_dna_to_mrna(value)"),
    (r"translat", "value = translate_mrna_to_amino_acid(value)"),
    (r"count|(?:maximum|most|highest|max)\b", "value = count_nucleotides(value)"),
)
MOST = ("maximum", "max nucleotide", "most", "highest")
SEQUENCE = re.compile(r"[A-Z]{3,}")


def plan(task: Task) -> list[str]:
    """Return the actions."""
    text = task.instruction
    sequences = [one for one in quoted(text) if SEQUENCE.fullmatch(one)]
    sought = [one for one in quoted(text) if not SEQUENCE.fullmatch(one) and one not in {"True", "False"}]
    if not sequences:
        raise UnreadError("no sequence in quotes")
    if len(sequences) > 1 or has(text, "valid"):
        return [*_valid(sequences), f"finish({_chosen(task)})"]
    found = sorted((match.start(), step) for sign, step in STEPS if (match := re.search(sign, text, re.IGNORECASE)))
    steps = [f"value = {sequences[0]!r}", *(step for _, step in found)]
    if len(steps) == 1:
        raise UnreadError("no step")
    return ["\n".join([*steps, "print(value)"]), f"finish({_asked(task, sought)})"]


def _valid(sequences: list[str]) -> list[str]:
    look = (
        f"valid = []\nfor sequence in {sequences!r}:\n    good = is_valid_dna_sequence(sequence)\n"
        "    print(sequence, good)\n    if good:\n        valid.append(sequence)"
    )
    return [look]


def _chosen(task: Task) -> str:
    text = task.instruction
    if task.answer is bool:
        return f"len(valid) == {len(quoted(text))}"
    if task.answer is float:
        return "len(valid)"
    if has(text, "longest"):
        return "max(valid, key=len)"
    if has(text, "shortest"):
        return "min(valid, key=len)"
    return "valid[0]" if task.answer is str else "valid"


def _asked(task: Task, sought: list[str]) -> str:
    if task.answer is bool:
        if not sought:
            raise UnreadError("nothing to look for in quotes")
        return f"{sought[0]!r} in value"
    if has(task.instruction, *MOST):
        most = "find_max_nucleotide(*[part for pair in value.items() for part in pair])"
        return most + {str: "[0]", float: "[1]"}.get(task.answer, "")
    if task.answer is float:
        letter = next((one for one in sought if one in "ACGT"), None)
        return "sum(value.values())" if letter is None else f"value[{letter!r}]"
    return "value"
