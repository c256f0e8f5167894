"""Messages: from hex, reversed, shifted; all of them or the one that is asked for."""

from __future__ import annotations

import re

from benchmarks.m3.plans.reading import UnreadError, has, quoted
from benchmarks.m3.tasks import Task

__all__ = ["plan"]

MOSTS = (("long", "maximum_value", "max"), ("short", "minimum_value", "min"))
NUMBERS = (
    (("max", "largest", "highest", "greatest"), "maximum_value"),
    (("min", "smallest", "lowest", "least"), "minimum_value"),
)
HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


def plan(task: Task) -> list[str]:
    """Return the actions."""
    text = task.instruction
    messages = quoted(text)
    if not messages:
        raise UnreadError("no message in quotes")
    shifts = _shifts(text, len(messages))
    steps = ["text = message"]
    if has(text, "hex", "ASCII") and all(HEX.fullmatch(message) for message in messages):
        steps.append("text = convert_hex_to_ascii(text)")
    if has(text, "revers"):
        steps.append("text = reverse_string(text)")
    if shifts:
        steps.append("text = caesar_decode(text, shift)")
    if len(steps) == 1:
        raise UnreadError("no step of decoding")
    body = "\n".join(f"    {step}" for step in steps)
    look = (
        f"decoded = []\nfor message, shift in zip({messages!r}, {shifts or [0] * len(messages)!r}):\n{body}\n"
        "    print(message, '->', text)\n    decoded.append(text)"
    )
    return [look, f"finish({_answer(text, numeric=task.answer is float)})"]


def _shifts(text: str, count: int) -> list[int]:
    found = re.search(r"shifts? (?:of )?(\d+(?:(?:, (?:and )?| and )\d+)*)", text)
    if found is None:
        return []
    shifts = [int(one) for one in re.findall(r"\d+", found[1])]
    if len(shifts) not in {1, count}:
        raise UnreadError(f"{len(shifts)} shifts for {count} messages")
    return shifts if len(shifts) == count else shifts * count


def _answer(text: str, *, numeric: bool) -> str:
    """The expression of what is asked for. Where a number is, and a text is named, its length is meant."""
    lengths = "*[string_length(text) for text in decoded]"
    wanted = re.search(r"length (?:that is )?(?:equal to|of exactly|of) (\d+)", text)
    if wanted is not None:
        return f"[text for text in decoded if string_length(text) == {wanted[1]}][0]"
    for sign, tool, built_in in MOSTS:
        if has(text, f"{sign}est"):
            return f"{tool}({lengths})" if numeric else f"{built_in}(decoded, key=len)"
    for words, tool in NUMBERS:
        if numeric and has(text, *words):
            return f"{tool}(*[int(text) for text in decoded])"
    if numeric and has(text, "length"):
        return "string_length(decoded[0])"
    return "decoded[0]" if len(quoted(text)) == 1 else "decoded"
