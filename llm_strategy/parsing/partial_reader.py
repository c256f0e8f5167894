"""Read a reply that is still being written: the value so far, as often as that is worth its cost.

A reply in well-formed JSON, also in a fence or behind thinking, is parsed as it comes, each character once. Anything
else is read anew from its start each time that it has grown by a part. Both take linear time altogether.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from llm_strategy.errors import OversizedReplyError, ReplyError
from llm_strategy.parsing.fenced import read_fenced
from llm_strategy.parsing.growing import GrowingJson, NotPlainError
from llm_strategy.parsing.limits import MAX_CHARACTERS, Budget
from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.parsing.reader import ReplyReader
from llm_strategy.parsing.scan import next_candidate, strip_thinking
from llm_strategy.schema.fenced import fence_of
from llm_strategy.schema.output import RETURN_KEY
from llm_strategy.schema.partial import MISSING, Building, EnvelopeNode, growth, node_of
from llm_strategy.schema.partial.growth import PartialValue
from llm_strategy.schema.partial.leaves import TextNode

if TYPE_CHECKING:
    from llm_strategy.schema import OutputSchema

__all__ = ["PartialReader"]

T = TypeVar("T")

_NEW_PART: Final = 10
"""A reply that has to be mended is read again when a part of this size is new."""
_NEW_PART_OF_TEXT: Final = 50
"""The same for one that is text."""
_SHORT: Final = 500
"""Up to this length it is read again with each piece."""
_PARTS_PER_CHARACTER: Final = 64
"""How many parts of a value may be looked at for each new character."""
_CHARACTERS_PER_PART: Final = 32
"""How many characters of a text that is being written count as one of them."""
_MOST_LOOKS: Final = 200
"""How often a value is looked for as soon as it might begin."""
_BEGINNING = re.compile(r'\s*+(?:```\w{0,20}\s*+)?(?=[{\["])')
_MAY_BEGIN = re.compile(r"\s*+(?:`{1,2}|```\w{0,20}\s*+)?\Z")
_TEXT = ReplyReader[str].of(str, key=RETURN_KEY)


class PartialReader(Generic[T]):
    """Reads one reply while it comes.

    >>> from llm_strategy.schema import output_schema
    >>> reader = PartialReader(output_schema(dict[str, list[int]]))
    >>> reader.feed('{"return_value": {"primes": [2, 3, 5')
    {'primes': [2, 3]}
    >>> reader.feed("")
    MISSING

    Args:
        output: the type.
        attempt: the number of the reply, as the values tell it.
    """

    def __init__(self, output: OutputSchema[T], attempt: int = 1) -> None:
        inner = node_of(output.annotation)
        self._node = EnvelopeNode(inner, output.key)
        self._attempt = attempt
        self._fence = fence_of(output.annotation)
        self._is_text = isinstance(inner, TextNode)
        self._pieces: list[str] = []
        self._length = self._looked = 0
        self._json: GrowingJson | None = None
        self._building = Building(attempt)
        self._leading = self._fence is None
        self._thinks = False
        self._looks = self._sought = 0
        self._last: Any = MISSING
        self._in_vain = False
        """Whether the last reading found nothing: the next one waits until twice as much has come."""

    @property
    def text(self) -> str:
        """All that has come."""
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    def feed(self, text: str) -> Any:
        """Take the next characters; return the value so far where it shows more than the last one, else MISSING.

        What a finished reply holds is not returned: that is for the reading of the whole.

        Raises:
            OversizedReplyError: the reply is longer than any that is read.
        """
        self._pieces.append(text)
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            words = f"The reply is longer than {MAX_CHARACTERS} characters. Reply shorter."
            raise OversizedReplyError(words, reply=self.text)
        if self._leading:
            text = self._begin(text)
        if self._json is not None:
            try:
                self._json.feed(text)
                return self._growing(self._json)
            except NotPlainError:
                self._json = None
        return MISSING if self._leading else self._anew()

    def _begin(self, text: str) -> str:
        """Look for where the value begins, as long as that may still come; return what has come of it."""
        if not self._is_worth_a_look(text):
            return ""
        self._looks, self._sought = self._looks + 1, self._length
        body, unclosed = strip_thinking(self.text)
        self._thinks = unclosed
        match = None if unclosed else _BEGINNING.match(body)
        if match is not None and (body[match.end()] != '"' or not self._is_text):
            self._json, self._leading = GrowingJson(), False
            return body[match.end() :]
        if not unclosed and _MAY_BEGIN.match(body) is None and not body.lstrip().startswith("<"):
            self._leading = False
        return ""

    def _is_worth_a_look(self, text: str) -> bool:
        """Whether the value may begin in the next characters; looking at all that has come costs."""
        if self._looks < _MOST_LOOKS:
            return not self._thinks or ">" in text
        return self._length - self._sought > self._sought // _NEW_PART

    def _growing(self, json: GrowingJson) -> Any:
        cost = json.width + json.written // _CHARACTERS_PER_PART
        if json.done or (self._length - self._looked) * _PARTS_PER_CHARACTER < cost:
            return MISSING
        self._looked = self._length
        before = self._building.outline
        value = self._building.value(self._node, json)
        seen = value is not MISSING and (self._building.outline != before or self._last is MISSING)
        seen = seen and not (isinstance(value, PartialValue) and growth(value).whole)
        self._last = value if seen else self._last
        return value if seen else MISSING

    def _anew(self) -> Any:
        parts = _NEW_PART_OF_TEXT if self._is_text or self._fence is not None else _NEW_PART
        parts = 1 if self._in_vain else parts
        if self._length > _SHORT and self._length - self._looked <= self._looked // parts:
            return MISSING
        self._looked = self._length
        self._in_vain = True
        try:
            value = self._from_start(self.text)
        except ReplyError:
            return MISSING  # too little has come to make a value of
        self._in_vain = False
        if value is MISSING or value == "" or (type(value) is type(self._last) and value == self._last):
            return MISSING
        self._last = value
        return value

    def _from_start(self, text: str) -> Any:
        if self._fence is not None:
            return read_fenced(text, partial=True, whole=self._fence.whole)
        if self._is_text:
            return _TEXT.read(text, partial=True).value
        body, unclosed = strip_thinking(text)
        candidate = None if unclosed else next_candidate(body, 0, Budget(len(body)))
        if candidate is None or not candidate.cut:
            return MISSING
        return Building(self._attempt).value(self._node, _Mended(candidate.value))


class _Mended:
    """A value that was read as far as it goes: what stands last in it may go on."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.open: list[Any] = []
        self.key: str | None = None
        self.text: str | None = None
        part = root
        while is_object(part) or is_list(part):
            self.open.append(part)
            if not part:
                return
            self.key = next(reversed(part)) if is_object(part) else None
            part = list(part.values())[-1] if is_object(part) else list(part)[-1]
        if isinstance(part, str):
            self.text = part
            last: Any = self.open[-1] if self.open else [part]
            _ = last.popitem() if is_object(last) else last.pop()
