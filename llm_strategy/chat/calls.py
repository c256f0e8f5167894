"""Which call of a tool a piece of a streamed reply belongs to.

The usual servers name a tool in the first piece of its call only; others repeat the name and the id in every piece. The
index says which call is meant, and then the id; where there is neither, each name begins a call.
"""

from __future__ import annotations

__all__ = ["CallsSoFar"]


class CallsSoFar:
    """The calls of one reply.

    >>> calls = CallsSoFar()
    >>> [calls.begun(0, "a", "find"), calls.begun(0, "a", "find"), calls.begun(0, "", ""), calls.begun(1, "b", "find")]
    ['find', '', '', 'find']
    """

    def __init__(self) -> None:
        self._ids: dict[int, str] = {}
        self._known: set[str] = set()
        self._numbers: dict[object, int] = {}
        self._nameless: set[int] = set()
        self._last = self._count = 0

    def place(self, index: object, call_id: str, name: str) -> tuple[int, str]:
        """Return the number of the call that a piece belongs to, from 1, and the name of its tool where it begins.

        >>> calls = CallsSoFar()
        >>> calls.place(0, "a", "find"), calls.place(1, "b", "find"), calls.place(0, "", "")
        ((1, 'find'), (2, 'find'), (1, ''))
        """
        begun = self.begun(index, call_id, name)
        key = index if isinstance(index, int) else call_id or None
        number = self._last if key is None else self._numbers.get(key, 0)
        if not number or (begun and number not in self._nameless):
            self._count = number = self._count + 1
            self._nameless.add(number)
        if begun:
            self._nameless.discard(number)
        if key is not None:
            self._numbers[key] = number
        self._last = number
        return number, begun

    def begun(self, index: object, call_id: str, name: str) -> str:
        """Return the name of the tool where a call of it begins with this piece; "" where a call goes on."""
        if not name:
            return ""
        if isinstance(index, int):
            known = self._ids.get(index)
            goes_on = known is not None and (not known or not call_id or known == call_id)
            self._ids[index] = call_id or known or ""
        else:
            goes_on = bool(call_id) and call_id in self._known
        self._known.add(call_id)
        return "" if goes_on else name
