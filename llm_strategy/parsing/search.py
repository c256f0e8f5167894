"""Search a reply for its value when it is not simply the value.

Every candidate is mended and fitted to the type; the one that needs least mending is the value. Of equals the first
counts: models answer first and comment then, and what they think beforehand stands in blocks that are skipped.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from llm_strategy.errors import EmptyReplyError, InvalidValueError, NoValueError, ReplyError, TruncatedError
from llm_strategy.parsing.coerce import Coercion
from llm_strategy.parsing.envelopes import unwrapped
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.problems import summary, truncated
from llm_strategy.parsing.reading import Reading
from llm_strategy.parsing.scan import (
    goes_on_behind,
    looks_like_html,
    next_candidate,
    strip_fence,
    strip_thinking,
    unescape_once,
)
from llm_strategy.parsing.strict_json import parse_strictly
from llm_strategy.parsing.words import encodable, listed, literal, quoted_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.parsing.fit import Fit
    from llm_strategy.parsing.scan import Candidate
    from llm_strategy.parsing.target import Target

__all__ = ["Search"]

T = TypeVar("T")

_MOST_CANDIDATES: Final = 64
_REPAIR_COST: Final = 2
_MOST_WORDS: Final = 10_000
"""Length up to which a reply that is one misfitting container is read as words, too."""
_CONTAINERS: Final = frozenset({"object", "array", "any"})
_BEGINS_JSON = re.compile(r"""[{\[]\s*+(?:["'“{\[\]}\d-]|\Z|[A-Za-z_]\w{0,60}\s{0,9}:)""")
_OPEN_QUOTE: Final = 'a text in the value holds quotes that are not escaped: write each of them as \\"'
_INLINE = re.compile(r"[^\s:`>=][ \t]{0,20}+\Z")


class Search(Generic[T]):
    """The search of one reply."""

    def __init__(self, target: Target[T], text: str, *, partial: bool) -> None:
        self.target = target
        self.text, self.repairs = encodable(text)
        self.partial = partial
        self.budget = Budget(len(text))
        self.coercion = Coercion(target.root, self.budget, partial=partial, placeholders=target.adapter is None)
        self.found: list[tuple[int, Fit, Candidate]] = []
        """What fits, with its whole cost."""
        self.misfits: list[tuple[int, list[str]]] = []
        """The problems of what does not, with its length."""
        self.cut = False
        """Whether a candidate was left out because the text ends inside it."""

    def run(self) -> Reading[T]:
        """Return the value, or raise the error that tells best why there is none."""
        if not self.text.strip():
            raise EmptyReplyError("Your reply was empty. Reply with the value asked for.")
        inside = strip_fence(self.text)
        done, value = (False, None) if self.partial or inside is self.text else self.target.at_once(inside)
        if done:
            return Reading(cast("T", value), (*self.repairs, "text around the value"))
        body, unclosed = strip_thinking(self.text)
        if unclosed:
            return self._after_unclosed_thinking(body)
        if len(body) < len(self.text):
            self.repairs.append("thinking")
            if not body.strip():
                raise EmptyReplyError("Your reply holds nothing but thinking. Reply with the value asked for.")
            done, value = (False, None) if self.partial else self.target.at_once(body)
            if done:
                return Reading(cast("T", value), tuple(self.repairs))
        plain = unescape_once(body)
        if plain is not None:
            self.repairs.append("escaped twice")
            body = plain
        return self._text(body) if self.target.text_role == "only" else self._value(body)

    def _value(self, body: str) -> Reading[T]:
        if not self.partial:
            _refuse_cut_json(body)
        quoted = quoted_whole(body, self.budget)
        if quoted is not None:
            self._consider(quoted, body)
        if not self.found:
            self._collect(body)
        if self.found:
            return self._best(body)
        bare = self._bare(body)
        if bare is not None:
            return bare
        raise self._failure(body)

    def _after_unclosed_thinking(self, thoughts: str) -> Reading[T]:
        """A value at the very end of an unclosed thinking block is the answer; drafts before it are not."""
        self.repairs.append("unclosed thinking")
        last: Candidate | None = None
        for candidate in self._candidates(thoughts):
            last = candidate
        if last is not None and not last.cut and not thoughts[last.end :].strip("` \n\t"):
            self._consider(last, thoughts)
        if self.found:
            return self._best(thoughts)
        raise TruncatedError("Your reply ended inside its thinking. Think less, and reply with the value asked for.")

    # Candidates

    def _candidates(self, body: str) -> Iterator[Candidate]:
        at = 0
        for _ in range(_MOST_CANDIDATES):
            candidate = next_candidate(body, at, self.budget)
            if candidate is None:
                return
            yield candidate
            stray = (candidate.cut or candidate.repairs) and not _BEGINS_JSON.match(body, candidate.start)
            at = candidate.start + 1 if stray else max(candidate.end, candidate.start + 1)

    def _collect(self, body: str) -> None:
        length = len(strip_fence(body).strip())
        for candidate in self._candidates(body):
            # A number or word may stand in an object, but not in a list that is only a part of the text: `[1]`.
            envelope = is_object(candidate.value) or candidate.end - candidate.start >= length
            if not envelope and not self.target.kinds & _CONTAINERS:
                continue
            self._consider(candidate, body)
            if self.found and self.found[-1][0] == 0 and "array" not in self.target.kinds and self._is_valid():
                return

    def _is_valid(self) -> bool:
        """Whether what was found last keeps the rules that only the type knows."""
        try:
            self.target.validated(self.found[-1][1].value, "")
        except InvalidValueError:
            return False
        return True

    def _consider(self, candidate: Candidate, body: str) -> None:
        """Fit each reading of a candidate, and keep the best one."""
        if candidate.cut and not self.partial and not candidate.closable:
            self.cut = True
            return
        fits: list[Fit] = []
        for value, cost, repair in unwrapped(candidate.value, self.target.key):
            fit = self.coercion.fit(value, self.target.schema, self.target.key or "")
            fit.cost += cost
            if repair:
                fit.repairs[repair] = None
            fits.append(fit)
            if not fit.problems and fit.cost == 0:
                break
        best = min(enumerate(fits), key=_rank)[1]
        if not best.problems and goes_on_behind(candidate, body):
            best.problems.append(_OPEN_QUOTE)
        if best.problems:
            self.cut = self.cut or candidate.cut
            self.misfits.append((candidate.end - candidate.start, best.problems))
        else:
            inline = _INLINE.search(body, max(0, candidate.start - 30), candidate.start) is not None
            self.found.append((best.cost + _REPAIR_COST * len(candidate.repairs) + inline, best, candidate))

    def _best(self, body: str) -> Reading[T]:
        several = self._several()
        if several is not None:
            return several
        problem: InvalidValueError | None = None
        for _, fit, candidate in sorted(self.found, key=lambda entry: entry[0]):
            repairs = [*self.repairs]
            if candidate.start > 0 or candidate.end < len(body.rstrip()):
                repairs.append("text around the value")
            repairs += [*candidate.repairs, *fit.repairs]
            if candidate.cut and not self.partial:
                repairs.append("missing closing bracket")
            try:
                return self._reading(fit, repairs)
            except InvalidValueError as error:
                problem = problem or error
        raise cast("InvalidValueError", problem)

    def _several(self) -> Reading[T] | None:
        """For a list, several objects in a row are its items."""
        wrapped = all("single value read as a list" in fit.repairs for _, fit, _ in self.found)
        if self.target.kinds != frozenset({"array"}) or len(self.found) < 2 or not wrapped:
            return None
        fit = self.coercion.fit([candidate.value for _, _, candidate in self.found], self.target.schema)
        return None if fit.problems else self._reading(fit, [*self.repairs, "several values read as a list"])

    def _reading(self, fit: Fit, repairs: list[str]) -> Reading[T]:
        named = tuple(dict.fromkeys(repairs))
        try:
            return Reading(self.target.validated(fit.value, self.text), named)
        except InvalidValueError:
            if self.partial:
                return Reading(cast("T", fit.value), named)
            raise

    # Replies without brackets

    def _text(self, body: str) -> Reading[T]:
        """A reply that is a text, unless it stands in the envelope that was asked for."""
        stripped = body.strip()
        if self.target.key is not None and "{" in body:
            asked_for = self._collect_envelopes(body)
            if self.cut:
                raise truncated()
            if self.found:
                return self._best(body)
            if asked_for:
                raise self._failure(body)
        if (stripped[:1] == '"' and stripped[-1:] == '"') or stripped == "null":
            try:
                fit = self.coercion.fit(parse_strictly(stripped), self.target.schema)
            except ValueError:
                pass
            else:
                if not fit.problems:
                    return self._reading(fit, self.repairs)
        fit = self.coercion.fit(stripped if self.repairs else body, self.target.schema, self.target.key or "")
        if fit.problems:
            raise InvalidValueError(summary(fit.problems), problems=fit.problems)
        return self._reading(fit, self.repairs)

    def _collect_envelopes(self, body: str) -> bool:
        """Consider the envelopes in a text; return whether one of them is the one that was asked for."""
        length, asked_for = len(strip_fence(body).strip()), False
        for candidate in self._candidates(body):
            whole = candidate.end - candidate.start >= length
            if is_object(candidate.value) and (self.target.key in candidate.value or whole):
                asked_for = asked_for or self.target.key in candidate.value
                self._consider(candidate, body)
        return asked_for

    def _bare(self, body: str) -> Reading[T] | None:
        """A value in words: a literal, or what a short sentence or lines with bullets state."""
        plain = strip_fence(body).strip()
        if not plain or looks_like_html(plain) or self.cut or self._known_misfit(plain):
            return None
        whole, cut = literal(plain, self.budget)
        if cut and not self.partial and self.target.text_role == "also":
            raise truncated()
        for value, prose in ((whole, False), (plain, True), (listed(plain), False)):
            fit = replace(self.coercion, prose=prose).fit(value, self.target.schema, self.target.key or "")
            if fit.problems and not isinstance(value, str | list):
                self.misfits.append((0, fit.problems))
            if fit.problems or ("single value read as a list" in fit.repairs and fit.value == [plain]):
                continue
            if self.target.text_role == "also" and self.misfits and fit.value == plain:
                continue  # a damaged value of the other kind is likelier meant than its text
            try:
                return self._reading(fit, [*self.repairs, "value without JSON", *fit.repairs])
            except InvalidValueError as error:
                self.misfits.append((0, list(error.problems)))
        return None

    def _known_misfit(self, plain: str) -> bool:
        """Whether a long reply is one container from end to end, which does not fit: it states nothing in words."""
        return len(plain) > _MOST_WORDS and any(length >= len(plain) for length, _ in self.misfits)

    def _failure(self, body: str) -> ReplyError:
        """The error that tells best why nothing was found."""
        if self.cut:
            return truncated()
        if self.misfits:
            problems = max(self.misfits, key=lambda entry: entry[0])[1]
            return InvalidValueError(summary(problems), problems=problems)
        if looks_like_html(body):
            return NoValueError("The reply is an HTML page, not an answer of a model.")
        wanted = "the JSON value" if self.target.key is None else f'`{{"{self.target.key}": ...}}`'
        return NoValueError(f"No value was found in the reply. Reply with {wanted} only, no other text.")


def _refuse_cut_json(body: str) -> None:
    """Raise TruncatedError for JSON that is well-formed up to where the text ends, in the middle of it."""
    stripped = body.strip()
    if stripped[:1] in ("{", "[") and stripped[-1:] not in ("}", "]", '"', "`"):
        try:
            parse_strictly(stripped)
        except ValueError as error:
            if "EOF while parsing" in str(error):
                raise truncated() from error


def _rank(entry: tuple[int, Fit]) -> tuple[bool, bool, int, int]:
    """Order of the readings of one candidate: what fits, with least mending; else what says most about the problem."""
    index, fit = entry
    if not fit.problems:
        return False, False, fit.cost, index
    far = index > 0 and not isinstance(fit.value, dict | list)
    return True, far, fit.cost, index
