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
