"""Which hyperparameter is missing? What reflections answer is gathered here, merged where it is alike, and ranked.

No model is asked: texts are compared by their words, and by what kind of hyperparameter they ask for (`missing_kinds`).
What is said in other words entirely, and of no such kind, counts as something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from llm_strategy.optimize.missing_kinds import kinds_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MissingHyperparameter", "MissingReport", "missing_report"]

_ALIKE = 0.5
"""The share of words that two statements have in common from which on they mean the same."""
_KIND = "kind "
"""Begins what stands for a kind among the words of a statement."""
_WEIGHT = 2
"""What a kind counts for among words."""
_LONGEST = 20_000
"""How many characters of an answer are read."""
_COMPARED = 200
"""How many wordings of a wish are compared with each other; further ones are only counted."""
_KEPT_WORDINGS = 5
"""How many wordings of a wish are kept."""
_KEPT_WISHES = 200
"""How many different wishes are told apart; what comes later and is like none of them is left out."""
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_PHRASE_END = re.compile(r"[,;:()]|\b(?:and|or|as well as|such as|which|that)\b")
_WORD = re.compile(r"[^\W_]+")
_NOTHING = re.compile(
    r"(?i)\W*(none|nothing|n/?a|no|null|unknown)\b(?=\W*$|\W+(is |are )?(missing|hyperparameters?|that))"
)
_SAYING_NOTHING = """
a able about above across add added adding additional additionally address adequately adjust adjusted
adjusting adjustment all allow allows also an and another answer answers any appear appears are as aspect aspects
assess at
available be been before behavior being beneficial better both but by can cannot clear clearly content contents
control controlling controls could current currently describe desired direct directly do does each easily
enable enabled encourage encourages enforce enforcement ensure ensures ensuring evaluate even example explicit
explicitly expose exposed for from further furthermore general generated generates generating guide has have
having help helpful helps how hyper hyperparameter hyperparameters if implement improve improved improvement
improvements improves improving in include included includes including inclusion incorporate incorporated
incorporating increase introduce introduced introducing is it its kind lack lacking lacks like make making may
maybe might missing model more moreover must need needed needs no nor not of on one only option options or
other our out output outputs parameter parameters perform performing perhaps possible possibly potentially
present prompt provide provided provides providing related relevant replies reply requirement requirements
response responses result results
seem seems set setting settings should significantly simulate so some something specific specified specify
specifying strict strictly such task tasks text texts than that the their them then there these they this
those through to too type under use used useful using value values way we well what when where which while
will with within would yield you your
"""
_EMPTY_WORDS = frozenset(_SAYING_NOTHING.split())
"""Words that reflections use whatever they ask for."""


class MissingHyperparameter(BaseModel):
    """Something that runs asked for and that no hyperparameter covers."""

    wish: str = Field(description="What is wanted, in the words that have most in common with all the others.")
    runs: int = Field(description="How many runs asked for it.")
    badness: float = Field(description="How bad these runs were on average: 0 for perfect ones, 1 for the worst.")
    weight: float = Field(description="What it is ranked by: the badness of all these runs together.")
    wordings: tuple[str, ...] = Field(default=(), repr=False)


class MissingReport(BaseModel):
    """What runs asked for, the most wanted first."""

    wishes: tuple[MissingHyperparameter, ...] = Field(description="What is wanted, the most wanted first.")
    answers: int = Field(description="How many runs were asked.")

    def top(self, count: int) -> MissingReport:
        """Return the report with the most wanted ones only."""
        return self.model_copy(update={"wishes": self.wishes[:count]})

    def __str__(self) -> str:
        runs = f"{self.answers} run{'s' * (self.answers != 1)}"
        lines = [
            f"{number}. {one.wish} ({one.runs} of {runs}, badness {one.badness:.2f})"
            for number, one in enumerate(self.wishes, 1)
        ]
        return "\n".join(lines) or f"nothing is missing ({runs} asked)"


@dataclass(slots=True)
class _Wish:
    words: frozenset[str]
    phrases: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    sentences: list[str] = field(default_factory=list[str])
    runs: dict[int, float] = field(default_factory=dict[int, float])


def missing_report(
    answers: Iterable[tuple[str, float | None]], *, worst: float = 0.0, best: float = 1.0
) -> MissingReport:
    """Rank what answers ask for, by how often they do and how bad the runs were that they are about.

    >>> report = missing_report([("There is no word limit.", 0.2), ("A limit of words is missing!", 0.0)])
    >>> [(one.runs, round(one.badness, 2)) for one in report.wishes]
    [(2, 0.9)]

    Args:
        answers: what each reflection says is missing, with the score of its run; a run without a score counts as bad.
        worst: the score of a run that is of no use.
        best: the score of a perfect run; a wish of perfect runs has no weight.
    """
    wishes: list[_Wish] = []
    asked = 0
    for number, (answer, score) in enumerate(answers):
        asked += 1
        for sentence in _sentences(answer[:_LONGEST]):
            for phrase in _PHRASE_END.split(sentence):
                _add(wishes, phrase, sentence, number, _badness(score, worst, best))
    ranked = sorted(map(_told, wishes), key=lambda one: (-one.weight, -one.runs, one.wish))
    return MissingReport(wishes=tuple(ranked), answers=asked)


def _badness(score: float | None, worst: float, best: float) -> float:
    if score is None or best <= worst:
        return 1.0
    return min(1.0, max(0.0, (best - score) / (best - worst)))


def _sentences(answer: str) -> list[str]:
    found = (one.strip(" \t-*•") for one in _SENTENCE_END.split(answer))
    return [one for one in found if one and not _NOTHING.match(one)]


def _add(wishes: list[_Wish], phrase: str, sentence: str, run: int, badness: float) -> None:
    words = _words_of(phrase)
    if not words:
        return
    close = (one for one in wishes if not one.words.isdisjoint(words))
    near = max(close, key=lambda one: _alike(one.words, words), default=None)
    if near is None or _alike(near.words, words) < _ALIKE:
        if len(wishes) >= _KEPT_WISHES:
            return
        near = _Wish(words)
        wishes.append(near)
    near.runs[run] = badness
    if len(near.phrases) < _COMPARED:
        near.phrases[_trimmed(phrase)] = words
    if len(near.sentences) < _KEPT_WORDINGS and sentence not in near.sentences:
        near.sentences.append(sentence)


def _words_of(sentence: str) -> frozenset[str]:
    kinds, rest = kinds_in(sentence)
    words = (word.lower() for word in _WORD.findall(rest))
    said = {_stem(word) for word in words if word not in _EMPTY_WORDS and len(word) > 1}
    return frozenset(said | {_KIND + kind for kind in kinds})


def _trimmed(phrase: str) -> str:
    """Cut a phrase from its first to its last word that says something."""
    found = [one for one in _WORD.finditer(phrase) if one.group().lower() not in _EMPTY_WORDS and len(one.group()) > 1]
    return phrase[found[0].start() : found[-1].end()] if found else phrase.strip()


def _stem(word: str) -> str:
    """Cut the commonest endings, so that `source` and `sources`, `analytical` and `analysis` are near each other."""
    for ending in ("ations", "ation", "ings", "ing", "ical", "ysis", "ytical", "ies", "es", "ed", "al", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two statements have in common: the share of their words that both have, kinds counted several times."""
    return _weight(one & other) / _weight(one | other)


def _weight(words: frozenset[str]) -> int:
    return sum(_WEIGHT if word.startswith(_KIND) else 1 for word in words)


def _told(wish: _Wish) -> MissingHyperparameter:
    weight = sum(wish.runs.values())
    return MissingHyperparameter(
        wish=_central(wish.phrases),
        runs=len(wish.runs),
        badness=weight / len(wish.runs),
        weight=weight,
        wordings=tuple(wish.sentences),
    )


def _central(wordings: dict[str, frozenset[str]]) -> str:
    """Return the wording that has most in common with the others; of several, the shortest."""
    texts: Sequence[str] = list(wordings)
    return max(texts, key=lambda text: (sum(_alike(wordings[text], wordings[one]) for one in texts), -len(text)))
