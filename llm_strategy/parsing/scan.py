"""Find the places in a reply where a value may stand: in prose, behind fences, after the model's thinking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.limits import MAX_DEPTH
from llm_strategy.parsing.strict_json import parse_strictly
from llm_strategy.parsing.tolerant import parse_tolerantly

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = [
    "Candidate",
    "goes_on_behind",
    "looks_like_html",
    "next_candidate",
    "strip_fence",
    "strip_thinking",
    "unescape_once",
]

_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
_THINKING: Final = ("think", "thinking", "thought", "reasoning", "reflection", "scratchpad")
_THINKING_TAG = re.compile(rf"<({'|'.join(_THINKING)})>", re.IGNORECASE)
_THINKING_END = re.compile(r"</(?:think|thinking)>(?=\s|[{\[`]|\Z)", re.IGNORECASE)
_VALUE_BEGIN = re.compile(r"[{\[]|```")
_FENCED_TUPLE = re.compile(r"[\w+-]{0,20}\s{0,100}+(?=\()")
_GOES_ON = re.compile(r"""\s{0,200}+,\s{0,200}+"[^"\n]{0,200}+"\s{0,20}+:""")
_FENCE = re.compile(r"\A\s*+(?:json|json5)?\s?```(?:[A-Za-z][\w+-]{0,20}+(?=[\s{\[(]))?[ \t]*+\n?")
_MEMBER_FIRST = re.compile(r"""\A\s*+["'][^"'\n{}\[\]]{1,100}["']\s{0,20}+:""")
_HTML = re.compile(
    r"\A\s{0,1000}+(?:<\?xml[^>]{0,200}>\s{0,100}+)?(?:<!--.{0,1000}?-->\s{0,100}+)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_QUOTE_REPAIRS: Final = frozenset({"unescaped quote", "missing closing quote", "doubled quotes"})
_REST_OF_TEXT = re.compile(r"""[^{}\[\]"]{0,2000}"\s{0,50}[}\]]""")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part of a reply that reads as a JSON container."""

    value: Any
    """Plain JSON data."""
    start: int
    """Offset of its first character in the text that was searched."""
    end: int
    """Offset behind its last character."""
    repairs: tuple[str, ...] = ()
    """What had to be mended; empty for well-formed JSON."""
    cut: bool = False
    """Whether the text ended inside it."""
    closable: bool = False
    """Whether a cut one ended where only brackets of objects can be missing."""


def next_candidate(text: str, at: int, budget: Budget) -> Candidate | None:
    """Return the first candidate that begins at `at` or later; None if there is none.

    Raises:
        OversizedReplyError: nesting or effort beyond the limits.
    """
    if at == 0 and _MEMBER_FIRST.match(text):
        return _without_opening_bracket(text, budget)
    while True:
        match = _VALUE_BEGIN.search(text, at)
        if match is None:
            return None
        budget.spend(1, characters=match.start() - at)
        start = match.start()
        if match[0] == "```":
            at = match.end()
            fenced_tuple = _FENCED_TUPLE.match(text, at)
            if fenced_tuple is None:
                continue
            start = fenced_tuple.end()
        end = None if match[0] == "```" else _closing_offset(text, start, budget)
        if end is not None:
            strict = _strictly(text, start, end)
            if strict is not None and not _GOES_ON.match(text, end):
                return strict
        parsed = parse_tolerantly(text, start, budget)
        return Candidate(parsed.value, start, parsed.end, parsed.repairs, parsed.cut, parsed.only_objects_open)


def _without_opening_bracket(text: str, budget: Budget) -> Candidate:
    """`"a": 1, "b": 2}`: an object whose first bracket the prompt or the model swallowed."""
    parsed = parse_tolerantly("{" + text, 0, budget)
    repairs = ("missing opening bracket", *parsed.repairs)
    return Candidate(parsed.value, 0, max(parsed.end - 1, 1), repairs, parsed.cut, parsed.only_objects_open)


def _closing_offset(text: str, start: int, budget: Budget) -> int | None:
    """Offset behind the bracket that closes the one at `start`, as in well-formed JSON; None if there is none."""
    depth = tokens = last = 0
    for match in _STRUCTURE.finditer(text, start):
        mark = match[0][0]
        last = match.end()
        tokens += 1
        if mark in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise OversizedReplyError(
                    f"The reply nests deeper than {MAX_DEPTH} levels. Reply with a flatter value."
                )
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                budget.spend(1 + tokens // 8, characters=last - start)
                return last
    budget.spend(1 + tokens // 8, characters=len(text) - start)
    return None


def _strictly(text: str, start: int, end: int) -> Candidate | None:
    try:
        value = parse_strictly(text[start:end])
    except ValueError:
        return None
    return Candidate(value, start, end)


def goes_on_behind(candidate: Candidate, body: str) -> bool:
    """Whether the value was closed too early: at a quote that belongs to a text whose rest stands behind it."""
    mended = not _QUOTE_REPAIRS.isdisjoint(candidate.repairs)
    return mended and _REST_OF_TEXT.match(body, candidate.end) is not None


def strip_thinking(text: str) -> tuple[str, bool]:
    """Remove the thinking blocks in front of the answer.

    Returns:
        The text behind them, and whether the last block was never closed (the text is then what it holds).
    """
    while True:
        tag = _THINKING_TAG.search(text)
        begin = _VALUE_BEGIN.search(text)
        if tag is None or (begin is not None and begin.start() < tag.start()):
            break
        closing = f"</{tag[1].lower()}>"
        end = text.lower().find(closing, tag.end())
        if end < 0:
            return text[tag.end() :], True
        text = text[: tag.start()] + text[end + len(closing) :]
    ends = list(_THINKING_END.finditer(text)) if "</think" in text else []
    return (text[ends[-1].end() :] if ends else text), False


def strip_fence(text: str) -> str:
    """Return what stands inside the code fence that is the whole text, or the text itself."""
    match = _FENCE.match(text)
    if match is None:
        return text
    inner = text[match.end() :].rstrip()
    return inner.removesuffix("```").strip("\n")


def unescape_once(text: str) -> str | None:
    """Undo one level of escaping of a text whose every quote is escaped; None if this is not such a text."""
    if not re.match(r'\s{0,100}+[{\[]?\s{0,100}+(?:\\n|\s){0,20}+\\"', text):
        return None
    return re.sub(r'\\(["\\/nrt])', lambda match: {"n": "\n", "r": "\r", "t": "\t"}.get(match[1], match[1]), text)


def looks_like_html(text: str) -> bool:
    """Return whether a whole text is an HTML page, as gateways send instead of a reply.

    >>> looks_like_html("<!DOCTYPE html><html><body>Bad gateway</body></html>")
    True
    >>> looks_like_html("Use <html> tags.")
    False
    """
    return _HTML.match(text) is not None
