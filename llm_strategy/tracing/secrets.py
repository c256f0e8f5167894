"""Secrets are removed at the sink: whatever reaches a trace or a message of an error goes through here.

Covered:
    - Known secrets: values of environment variables whose names say so, passwords in URLs of the environment, the
      `SecretStr` fields of models, and what a user names. Each one as it is, percent-encoded, with JSON, Python or HTML
      escapes (mixed, and up to three levels deep), as hexadecimal digits, as base64 or base64url at any place of longer
      data (Basic authentication, say), also where line breaks split the base64.
    - Secrets of a known form: keys of the usual providers, tokens in `Authorization` headers, JSON web tokens, keys in
      URLs, passwords in URLs, private keys in PEM.

Not covered: compressed, encrypted or hashed secrets, base64 of base64, base64 of UTF-16, hexadecimal digits with
separators, a secret that is spread over several texts, a known secret of less than 4 characters (in base64: of less
than 7), a part of a secret, and keys of another form that nobody has named.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.secret_encodings import (
    forms_of,
    has_escapes,
    unescaped,
    unescaped_places,
    unwrapped_places,
)
from llm_strategy.tracing.secret_forms import spans_of_forms
from llm_strategy.tracing.secret_sources import SHORTEST, secrets_in_environment, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

__all__ = ["Secrets", "secrets_of"]

_SHOWN = b"***"
_LEVELS = 3
"""How many levels of escapes are undone: JSON within JSON within JSON."""
_DIGITS = (ascii_letters + digits + "+/-_=").encode()
_KINDS = bytes(ord("b") if byte in _DIGITS else ord(" ") for byte in range(256))
"""Tells the digits of keys, base64 and hexadecimal numbers from all other bytes."""
_LINE = 48
"""A line of base64 among several is at least so long: 64 or 76 digits are usual."""
_USUAL = b"zqjxkvbypgfwmucldrhsnioate,.-'()\":;/?! \n"
"""Bytes that are usual in texts, the rare ones first."""
_RUNS = (32, 24, 16, 12, 8)

_REMEMBERED = 8_000
"""Up to how many characters a text is remembered."""
_MOST_REMEMBERED = 256


@dataclass(frozen=True)
class Secrets:
    """Secrets that are known, and the way to remove these and others from texts. Its `repr` does not tell them.

    >>> secrets = Secrets().including("correct-horse")
    >>> secrets.removed("Basic dXNlcjpjb3JyZWN0LWhvcnNl")
    'Basic ***'
    >>> secrets.removed("nothing to hide")
    'nothing to hide'
    """

    known: frozenset[str] = field(default=frozenset(), repr=False)
    """The secrets that are known, as they are."""

    _seen: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False, compare=False)
    """What became of short texts: instructions and schemas are the same in each call."""

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return what the environment holds at this moment; later changes are not seen."""
        return cls(frozenset(secrets_in_environment(os.environ if environment is None else environment)))

    def including(self, *texts: str) -> Self:
        """Return these secrets and further ones.

        Raises:
            ConfigurationError: a text is so short that it stands in ordinary words.
        """
        for text in texts:
            if len(text) < SHORTEST:
                raise ConfigurationError(
                    f"A secret of {len(text)} characters cannot be removed: it stands in ordinary words. "
                    f"Secrets have at least {SHORTEST} characters."
                )
        return type(self)(self.known.union(texts))

    def removed(self, text: str) -> str:
        """Return a text without secrets: `***` stands where they were."""
        if len(text) > _REMEMBERED:
            return self._removed(text)
        known = self._seen.get(text)
        if known is None:
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            known = self._seen[text] = self._removed(text)
        return known

    def _removed(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        spans = [*self._spans(data), *self._escaped_spans(data)]
        return _masked(data, spans).decode("utf-8", "surrogatepass") if spans else text

    def _escaped_spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Find what escapes hide. Where bytes came from is only asked for where something is found."""
        chain: list[bytes] = []
        while len(chain) < _LEVELS and has_escapes(data):
            meant = unescaped(data)
            if meant == data:
                return
            chain.append(data)
            data = meant
            spans = self._spans(data)
            for source in reversed(chain if spans else ()):
                spans = _placed(spans, unescaped_places(source)[1])
            yield from spans

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        kinds = data.translate(_KINDS)
        found = spans_of_forms(data, kinds)
        if self.known:
            found += _spans_of(self._present(data, kinds), data)
            if any(data[end : end + 1] in {b"\r", b"\n"} for _, end in _runs(kinds, _LINE)):
                joined, places = unwrapped_places(data)
                forms = self._present(joined, joined.translate(_KINDS))
                found += [(places[start], places[end - 1] + 1) for start, end in _spans_of(forms, joined)]
        return found

    def _present(self, data: bytes, kinds: bytes) -> list[bytes]:
        """Return the forms of known secrets that are there.

        Prose has neither long runs of digits, which most forms need, nor the rare signs that are in the others.
        """
        other, pure = self._forms
        found = [form for byte, forms in other if byte in data for form in forms if form in data]
        for shortest, forms in pure:
            if b"b" * shortest in kinds:
                runs = b" ".join([data[start:end] for start, end in _runs(kinds, shortest)])
                found += [form for form in forms if form in runs]
        return found

    @cached_property
    def _forms(self) -> tuple[Sequence[tuple[int, list[bytes]]], Sequence[tuple[int, list[bytes]]]]:
        """All forms of the known secrets: by the rarest byte in them, and those of digits only by the run they need."""
        other: dict[int, list[bytes]] = {}
        pure: dict[int, list[bytes]] = {run: [] for run in _RUNS}
        for form in sorted({form for secret in self.known for form in forms_of(secret)}):
            run = next((run for run in _RUNS if run <= len(form)), None)
            is_pure = not form.translate(_KINDS).strip(b"b")
            byte = min(form, key=_USUAL.find)  # -1 where it is none of these
            (pure[run] if is_pure and run is not None else other.setdefault(byte, [])).append(form)
        return list(other.items()), [(run, forms) for run, forms in pure.items() if forms]


def _runs(kinds: bytes, shortest: int) -> Iterator[tuple[int, int]]:
    """Yield where runs of digits stand that are long enough."""
    start = kinds.find(b"b" * shortest)
    while start >= 0:
        end = kinds.find(b" ", start)
        end = len(kinds) if end < 0 else end
        yield start, end
        start = kinds.find(b"b" * shortest, end)


def _spans_of(forms: Sequence[bytes], data: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for form in forms:
        start = data.find(form)
        while start >= 0:
            found.append((start, start + len(form)))
            start = data.find(form, start + len(form))
    return found


def _placed(spans: Sequence[tuple[int, int]], places: Sequence[int]) -> list[tuple[int, int]]:
    return [(places[start], places[end]) for start, end in spans]


def _masked(data: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    pieces: list[bytes] = []
    last = 0
    for start, end in sorted(spans):
        if start >= last:
            pieces += [data[last:start], _SHOWN]
        last = max(last, end)
    return b"".join([*pieces, data[last:]])
