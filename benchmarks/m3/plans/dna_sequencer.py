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
COUNT = re.compile(r"\b([ACGT])\b['\"]?\s*[:=(,]?\s*(\d+)")
SEQUENCE = re.compile(r"[A-Z]{3,}")


def plan(task: Task) -> list[str]:
    """Return the actions."""
    text = task.instruction
    sequences = [one for one in quoted(text) if SEQUENCE.fullmatch(one)]
    sought = [one for one in quoted(text) if not SEQUENCE.fullmatch(one) and one not in {"True", "False"}]
    if not sequences and (counts := COUNT.findall(text)):
        parts = [part for letter, count in counts for part in (letter, int(count))]
        return [f"most = find_max_nucleotide(*{parts!r})\nprint(most)", f"finish(most{_part(task)})"]
    if not sequences:
        raise UnreadError("neither a sequence in quotes nor counts")
    found = sorted((match.start(), step) for sign, step in STEPS if (match := re.search(sign, text, re.IGNORECASE)))
    if len(sequences) > 1 or not found or (task.answer is bool and not sought):
        return [_valid(sequences), f"finish({_chosen(task)})"]
    steps = [f"value = {sequences[0]!r}", *(step for _, step in found)]
    return ["\n".join([*steps, "print(value)"]), f"finish({_asked(task, sought)})"]


def _valid(sequences: list[str]) -> str:
    return (
        f"valid = []\nfor sequence in {sequences!r}:\n    good = is_valid_dna_sequence(sequence)\n"
        "    print(sequence, good)\n    if good:\n        valid.append(sequence)"
    )


def _chosen(task: Task) -> str:
    text = task.instruction
    if task.answer is bool:
        return f"len(valid) == {sum(SEQUENCE.fullmatch(one) is not None for one in quoted(text))}"
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
        return f"find_max_nucleotide(*[part for pair in value.items() for part in pair]){_part(task)}"
    if task.answer is float:
        letter = next((one for one in sought if one in "ACGT"), None)
        return "sum(value.values())" if letter is None else f"value[{letter!r}]"
    return "value"


def _part(task: Task) -> str:
    """What of a nucleotide and its count is asked for."""
    return {str: "[0]", float: "[1]"}.get(task.answer, "")
