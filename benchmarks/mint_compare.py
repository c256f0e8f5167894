"""Whether an observation is that of the record, and which rules made the two comparable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.mint_record import Recorded
    from llm_strategy.sandbox import CodeResult

__all__ = ["RULES", "SYNTAX_ERRORS", "Comparison", "compare", "is_time_limit"]

SYNTAX_ERRORS = frozenset({"SyntaxError", "IndentationError", "TabError"})
OWN_LINE = re.compile(r"^ *File \"<[^\n]*>\", line (\d+)", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:[eE][+-]?\d+)?(?!\w)|(?<![\w.])-?\d+[eE]-?\d+(?!\w)")
BRACES = re.compile(r"\{([^{}:]*)\}")
OLD_WORDS = (
    (r"\b(?:\w+\.)+(?:<locals>\.)?(?=\w+\(\) (?:takes|missing|got))", ""),
    (r"integer division or modulo by zero", "integer modulo by zero"),
    (r"local variable ('\w+') referenced before assignment", r"\1 has no value"),
    (r"cannot access local variable ('\w+') where it is not associated with a value", r"\1 has no value"),
    (r"free variable ('\w+') referenced before assignment in enclosing scope", r"\1 has no value"),
    (r"cannot access free variable ('\w+') where it is not associated .* in enclosing scope", r"\1 has no value"),
    (r"expected at least 1 arguments", "expected at least 1 argument"),
    (r"\. Did you mean: '\w+'\?$", ""),
)
"""How Python 3.8, in which the record was made, and newer ones say the same."""


def _addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-fA-F]+", "0x", text)


def _functions(text: str) -> str:
    text = re.sub(r"<function (?:__main__\.)?([\w.<>]+)(?:\([^()]*\)| at 0x[0-9a-fA-F]*)>", r"<function \1>", text)
    return re.sub(r"<class '__main__\.(\w+)'>", r"__main__.\1", text)


def _scalars(text: str) -> str:
    return re.sub(r"\bnp\.(?:float|int)\d+\(([^()]*)\)", r"\1", text)


def _breaks(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)


def _sets(text: str) -> str:
    return BRACES.sub(lambda found: "{" + ",".join(sorted(re.split(r",\s*", found[1]))) + "}", text)


def _digits(text: str) -> str:
    return NUMBER.sub(lambda found: f"{float(found[0]):.9g}", text)


def _wording(text: str) -> str:
    for old, new in OLD_WORDS:
        text = re.sub(old, new, text)
    return text


def _places(text: str) -> str:
    return re.sub(r" \((?:unknown location|[^()\s]*/[^()]*)\)", "", text)


BROKEN = "lines: the shell breaks long values"
"""The rule that is for values only: what was printed has the lines that it has."""
RULES: dict[str, Callable[[str], str]] = {
    "addresses in memory": _addresses,
    "functions and classes: the shell names their modules": _functions,
    "order of sets: the shell sorts them": _sets,
    "last digits of floats, beyond the ninth": _digits,
    "wording of newer Pythons": _wording,
    "folders of libraries": _places,
    "numbers of numpy: version 2 shows their type": _scalars,
    BROKEN: _breaks,
}
"""What two texts may differ in: each rule removes one thing from both."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an observation of ours compares with that of the record."""

    differs: tuple[str, ...]
    """The parts that differ whatever rule is applied: output, value, error, message, line."""
    rules: tuple[str, ...] = ()
    """The rules that it took."""


def is_time_limit(result: CodeResult) -> bool:
    """Whether an action of ours was stopped for its time."""
    return result.error is not None and result.error.kind == "TimeLimit"


def compare(before: Recorded, now: CodeResult) -> Comparison:
    """Compare an observation with ours, part by part; what the record has cut off is not compared."""
    kind, message = ("", "") if now.error is None else (now.error.kind, now.error.message)
    if is_time_limit(now):
        kind = "TimeoutError"
    parts = {"output": (before.printed, now.stdout)}
    if before.kind or before.value or not before.cut:
        parts |= {"value": (before.value, "" if kind else now.shown), "error": (before.kind, kind)}
    limited = before.kind in {"TimeoutError", "RecursionError"}  # where they end is a matter of chance
    rules: set[str] = set()
    if kind == before.kind and kind in SYNTAX_ERRORS:
        rules |= set() if before.message == message else {"wording of newer Pythons"}
    elif kind == before.kind and before.message is not None and not limited:
        parts["message"] = (before.message, message)
    differs: list[str] = []
    for name, (old, new) in parts.items():
        needed = _needed(old, new, [rule for rule in RULES if rule != BROKEN or name == "value"], cut=before.cut)
        rules |= needed or set()
        if needed is None:
            differs.append(name)
    if kind == before.kind and before.line and not before.cut and not limited and _line(now) not in {0, before.line}:
        differs.append("line")
    return Comparison(tuple(differs), tuple(sorted(rules)))


def _line(now: CodeResult) -> int:
    """The last line of the action's own in our traceback; 0 where there is none."""
    lines = OWN_LINE.findall(now.error.traceback) if now.error is not None else []
    return int(lines[-1]) if lines else 0


def _needed(old: str, new: str, allowed: list[str], *, cut: bool) -> set[str] | None:
    """The rules that make two texts equal; None where none do."""
    old, new = old.strip(), new.strip()
    if _same(old, new, cut=cut):
        return set()
    for rule in allowed:
        if _same(RULES[rule](old), RULES[rule](new), cut=cut):
            return {rule}
    needed: set[str] = set()
    for rule in allowed:
        before = old, new
        old, new = RULES[rule](old), RULES[rule](new)
        if before != (old, new):
            needed.add(rule)
    return needed if _same(old, new, cut=cut) else None


def _same(old: str, new: str, *, cut: bool) -> bool:
    """Whether two texts are the same, as far as the record goes."""
    return new.startswith(old) if cut and old else old == new
