"""Read a typed value out of what a model said.

The likeliest comes first: a reply that is the value in well-formed JSON goes straight through the compiled validator.
Anything else is searched for candidates, each mended and fitted to the type; the one that needs least mending is
the value. Of equals the first counts: models answer first and then comment, and what they think beforehand
stands in blocks that are skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from pydantic_core import to_json

from llm_strategy.errors import (
    EmptyReplyError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    ReplyError,
    TruncatedError,
)
from llm_strategy.parsing.coerce import Coercion, Fit
from llm_strategy.parsing.cursor import OPENING_QUOTES
from llm_strategy.parsing.envelopes import unwrapped
from llm_strategy.parsing.limits import MAX_CHARACTERS, Budget
from llm_strategy.parsing.problems import summary
from llm_strategy.parsing.scan import (
    Candidate,
    looks_like_html,
    next_candidate,
    strip_fence,
    strip_thinking,
    unescape_once,
)
from llm_strategy.parsing.strict_json import parse_strictly
from llm_strategy.parsing.target import Target
from llm_strategy.parsing.tolerant import parse_tolerantly

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Reading", "ReplyReader"]

T = TypeVar("T")

_BULLET = re.compile(r"(?:[-*•]|\d{1,3}[.)])\s{1,10}+(.*+)")
_NUMBERS = re.compile(r"[-+\d. ]{1,40}+(?:,[-+\d. ]{1,40}+){1,1000}+")
_MOST_CANDIDATES: Final = 64
_BEGINS_JSON = re.compile(r"""[{\[]\s*+(?:["'“{\[\]}\d-]|\Z|[A-Za-z_]\w{0,60}\s{0,9}:)""")
_INLINE = re.compile(r"[^\s:`>=][ \t]{0,20}+\Z")
_CONTAINERS: Final = frozenset({"object", "array", "any"})


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value read from a reply."""

    value: T
    """The value. With `partial=True`, plain data as long as the value is not yet complete enough for the type."""
    repairs: tuple[str, ...] = ()
    """What had to be mended, each kind once; empty for a reply that was right as it came."""


@dataclass(frozen=True, slots=True)
class ReplyReader(Generic[T]):
    """Reader of replies for one type, compiled once.

    >>> ReplyReader.of(list[int]).read("Sure! ```json [1, 2,] ```")
    Reading(value=[1, 2], repairs=('text around the value', 'surplus comma'))
    """

    target: Target[T] = field(repr=False)
    strict: bool = False
    """Whether only well-formed JSON that fits as it is counts."""

    @classmethod
    def of(cls, target: type[T] | Any, *, key: str | None = None, strict: bool = False) -> ReplyReader[T]:
        """Compile a reader.

        Args:
            target: any type that pydantic validates, or a JSON schema as a dict (the value is then plain data).
            key: the key of the object in which the value was asked for; the value is accepted without it as well.
            strict: switch every repair off.

        Raises:
            DefinitionError: the type cannot be validated, or the schema refers to nothing.
        """
        return cls(Target(target, key), strict)

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Read the value of a reply.

        Args:
            text: what the model said.
            partial: whether the text is the beginning of a reply. The value is then read as far as it goes: an
                unfinished string is kept, an unfinished number or word is not, missing fields are null, missing
                lists empty. It has the type as soon as that is possible, and is plain data before.

        Raises:
            ReplyError: no value can be read; the subclass says why, its message is written for the model.
        """
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"A reply is a str, not {type(text).__name__!r}. Read data with `read_data`.")
        if len(text) > MAX_CHARACTERS:
            raise OversizedReplyError(f"The reply is longer than {MAX_CHARACTERS} characters. Reply shorter.")
        if not partial:
            done, value = self.target.at_once(text)
            if done:
                return Reading(value)
        try:
            return _Search(self, *_mended_text(text), partial=partial).run()
        except ReplyError as error:
            error.reply = text
            raise

    def read_data(self, data: Any, *, partial: bool = False) -> Reading[T]:
        """Read a value that came as JSON data already, such as the decoded arguments of a tool call.

        Raises:
            ReplyError: as `read`.
        """
        if isinstance(data, str):
            return self.read(data, partial=partial)
        try:
            return self.read(to_json(data, inf_nan_mode="constants").decode(), partial=partial)
        except (ValueError, RecursionError) as error:
            raise MalformedReplyError(f"The arguments are no JSON data: {error}") from error

    def read_arguments(self, arguments: str | dict[str, Any] | None, *, partial: bool = False) -> Reading[T]:
        """Read the arguments of a tool call; none at all, or an empty text, stand for an empty object.

        Raises:
            ReplyError: as `read`.
        """
        if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
            return self.read("{}", partial=partial)
        return self.read_data(arguments, partial=partial)


def _mended_text(text: str) -> tuple[str, list[str]]:
    """Replace what is no text: lone surrogates, which no encoding can carry."""
    text = text.removeprefix("\ufeff")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), ["lone surrogate"]
    return text, []


class _Search(Generic[T]):
    """The reading of one reply that is not simply its value."""

    def __init__(self, reader: ReplyReader[T], text: str, repairs: list[str], *, partial: bool) -> None:
        self.target = reader.target
        self.strict = reader.strict
        self.text = text
        self.repairs = repairs
        self.partial = partial
        self.budget = Budget(len(text))
        self.coercion = Coercion(
            self.target.root,
            self.budget,
            lenient=not self.strict,
            partial=partial,
            placeholders=self.target.adapter is None,
        )
        self.found: list[tuple[int, Fit, Candidate]] = []
        self.misfits: list[tuple[int, Fit]] = []
        self.cut = False

    def run(self) -> Reading[T]:
        if not self.text.strip():
            raise EmptyReplyError("Your reply was empty. Reply with the value asked for.")
        if self.strict:
            return self._strictly()
        body, unclosed = strip_thinking(self.text)
        if unclosed:
            return self._after_unclosed_thinking(body)
        if len(body) < len(self.text):
            self.repairs.append("thinking")
            if not body.strip():
                raise EmptyReplyError("Your reply holds nothing but thinking. Reply with the value asked for.")
            done, value = (False, None) if self.partial else self.target.at_once(body)
            if done:
                return Reading(value, tuple(self.repairs))
        return self._from_body(body)

    def _from_body(self, body: str) -> Reading[T]:
        unescaped = unescape_once(body)
        if unescaped is not None:
            self.repairs.append("escaped twice")
            body = unescaped
        if self.target.text_role == "only":
            return self._text(body)
        if not self.partial:
            _refuse_cut_json(body)
        literal = _quoted_whole(body, self.budget)
        if literal is not None:
            self._consider(literal, body)
        if not self.found:
            self._collect(body)
        if self.found:
            return self._best(body)
        bare = self._bare(body)
        if bare is not None:
            return bare
        raise self._failure(body)

    def _strictly(self) -> Reading[T]:
        """Say why a reply that did not go straight through is wrong."""
        if self.target.text_role == "only":
            return Reading(self.target.validated(self.text, self.text))
        try:
            data = parse_strictly(self.text)
        except ValueError as error:
            if "EOF while parsing" in str(error):
                raise _truncated() from error
            raise MalformedReplyError(f"The reply is not JSON: {error}. Reply with the JSON value only.") from error
        if self.target.key is not None and isinstance(data, dict) and self.target.key in data:
            data = cast("dict[str, Any]", data)[self.target.key]
        fit = self.coercion.fit(data, self.target.schema, self.target.key or "")
        if fit.problems:
            raise InvalidValueError(summary(fit.problems), problems=fit.problems)
        return Reading(self.target.validated(fit.value, self.text))

    def _after_unclosed_thinking(self, thoughts: str) -> Reading[T]:
        """A value at the very end of a thinking block that was never closed is the answer; drafts before it are not."""
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
        whole = strip_fence(body).strip()
        for candidate in self._candidates(body):
            if not self.target.kinds & _CONTAINERS and not self._is_envelope(candidate, body, whole):
                continue
            self._consider(candidate, body)
            if self.found and self.found[-1][0] == 0 and "array" not in self.target.kinds:
                return

    def _is_envelope(self, candidate: Candidate, body: str, whole: str) -> bool:
        """Whether a container can hold a single word or number: as an object, or as the whole reply."""
        return isinstance(candidate.value, dict) or candidate.end - candidate.start >= len(whole)

    def _consider(self, candidate: Candidate, body: str) -> None:
        if candidate.cut and not self.partial and not candidate.closable:
            self.cut = True
            return
        best: Fit | None = None
        key = self.target.key
        for value, cost, repair in unwrapped(candidate.value, key):
            fit = self.coercion.fit(value, self.target.schema, key or "")
            fit.cost += cost
            if repair:
                fit.repairs[repair] = None
            if best is None or _rank(fit) < _rank(best):
                best = fit
            if not fit.problems and fit.cost == 0:
                break
        fit = cast("Fit", best)
        if fit.problems:
            self.cut = self.cut or candidate.cut
            self.misfits.append((candidate.end - candidate.start, fit))
        else:
            inline = _INLINE.search(body[: candidate.start]) is not None
            self.found.append((fit.cost + 2 * len(candidate.repairs) + inline, fit, candidate))

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
        if self.target.kinds != {"array"} or len(self.found) < 2:
            return None
        if any("single value read as a list" not in fit.repairs for _, fit, _ in self.found):
            return None
        fit = self.coercion.fit([candidate.value for _, _, candidate in self.found], self.target.schema)
        if fit.problems:
            return None
        return self._reading(fit, [*self.repairs, "several values read as a list"])

    def _reading(self, fit: Fit, repairs: list[str]) -> Reading[T]:
        named = tuple(dict.fromkeys(repairs))
        if not self.partial:
            return Reading(self.target.validated(fit.value, self.text), named)
        try:
            return Reading(self.target.validated(fit.value, self.text), named)
        except InvalidValueError:
            return Reading(fit.value, named)

    # Replies without brackets

    def _text(self, body: str) -> Reading[T]:
        """A reply that is a text, unless it stands in the envelope that was asked for."""
        key = self.target.key
        stripped = body.strip()
        if key is not None and "{" in body:
            for candidate in self._candidates(body):
                whole = candidate.end - candidate.start >= len(strip_fence(body).strip())
                if not isinstance(candidate.value, dict) or not (key in candidate.value or whole):
                    continue
                self._consider(candidate, body)
                if self.cut:
                    raise _truncated()
                if self.found:
                    return self._best(body)
        if stripped[:1] == '"' and stripped[-1:] == '"' or stripped == "null":
            done, value = self._decoded_text(stripped)
            if done:
                return Reading(self.target.validated(value, self.text), tuple(self.repairs))
        fit = self.coercion.fit(body if not self.repairs else stripped, self.target.schema, key or "")
        if fit.problems:
            raise InvalidValueError(summary(fit.problems), problems=fit.problems)
        return self._reading(fit, self.repairs)

    def _decoded_text(self, text: str) -> tuple[bool, Any]:
        try:
            value = parse_strictly(text)
        except ValueError:
            return False, None
        return not self.coercion.fit(value, self.target.schema).problems, value

    def _bare(self, body: str) -> Reading[T] | None:
        """A value in words: a literal, quoted or fenced, or the one that a short sentence states."""
        plain = strip_fence(body).strip()
        if looks_like_html(plain) or self.cut:
            return None
        for value, prose in ((self._literal(plain), False), (plain, True), (_lines(plain), False)):
            coercion = replace(self.coercion, prose=prose)
            fit = coercion.fit(value, self.target.schema, self.target.key or "")
            if fit.problems or ("single value read as a list" in fit.repairs and fit.value == [plain]):
                continue
            if self.target.text_role == "also" and isinstance(fit.value, str) and self.misfits and prose:
                continue
            try:
                return self._reading(fit, [*self.repairs, "value without JSON", *fit.repairs])
            except InvalidValueError as error:
                self.misfits.append((0, Fit(None, 0, list(error.problems))))
        return None

    def _literal(self, plain: str) -> Any:
        """The value of a text that is one literal, in quotes or bare."""
        try:
            parsed = parse_tolerantly(plain, 0, self.budget)
        except ReplyError:
            return plain
        rest = plain[parsed.end :].strip(" \t\r\n.,;*_")
        return plain if rest or (isinstance(parsed.value, list | dict) and plain[:1] != "(") else parsed.value

    def _failure(self, body: str) -> ReplyError:
        """The error that tells best why nothing was found."""
        if self.cut:
            return _truncated()
        if self.misfits:
            problems = max(self.misfits, key=lambda entry: entry[0])[1].problems
            return InvalidValueError(summary(problems), problems=problems)
        if looks_like_html(body):
            return NoValueError("The reply is an HTML page, not an answer of a model.")
        wanted = "the JSON value" if self.target.key is None else f'`{{"{self.target.key}": ...}}`'
        return NoValueError(f"No value was found in the reply. Reply with {wanted} only, no other text.")


def _lines(plain: str) -> Any:
    """The items of a text that is a list with bullets or numbers, or numbers between commas; else the text itself."""
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    items = [match[1] for line in lines if (match := _BULLET.match(line))]
    if items and len(items) == len(lines):
        return items
    return plain.split(",") if _NUMBERS.fullmatch(plain) else plain


def _refuse_cut_json(body: str) -> None:
    """Raise TruncatedError for JSON that is well-formed up to where the text ends in the middle of a token or list."""
    stripped = body.strip()
    if stripped[:1] not in ("{", "[") or stripped[-1:] in ("}", "]", '"', "`"):
        return
    try:
        parse_strictly(stripped)
    except ValueError as error:
        if "EOF while parsing" in str(error):
            raise _truncated() from error


def _quoted_whole(body: str, budget: Budget) -> Candidate | None:
    """A reply that is one quoted string from its first to its last character."""
    stripped = body.strip()
    if len(stripped) < 2 or stripped[0] not in OPENING_QUOTES or stripped[-1] not in OPENING_QUOTES[stripped[0]]:
        return None
    try:
        parsed = parse_tolerantly(stripped, 0, budget)
    except MalformedReplyError:
        return None
    if parsed.cut or parsed.end < len(stripped) or not isinstance(parsed.value, str):
        return None
    return Candidate(parsed.value, 0, len(body), parsed.repairs)


def _rank(fit: Fit) -> tuple[bool, bool, int, int]:
    """Order of the readings of one candidate: what fits, with least mending; else what tells most about the problem."""
    return (
        bool(fit.problems),
        bool(fit.problems) and not isinstance(fit.value, dict | list),
        len(fit.problems),
        fit.cost,
    )


def _truncated() -> TruncatedError:
    return TruncatedError(
        "Your reply was cut off inside the value. Reply again, shorter: the whole value, and nothing else."
    )
