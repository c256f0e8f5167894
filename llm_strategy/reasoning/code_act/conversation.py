"""The conversation of a run, kept bounded: old observations are shortened where all of them have grown too long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import Message
    from llm_strategy.reasoning.code_act.actions import Action
    from llm_strategy.reasoning.code_act.formats import ActionFormat
    from llm_strategy.reasoning.code_act.observations import Observer

__all__ = ["Conversation", "Taken"]

_OLD_CHARACTERS = 200
"""What is kept of an observation that was shortened because it is old."""
_RECENT = 2
"""The last observations, which are never shortened further."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An action that was taken, and what came of it."""

    action: Action
    """What the model did."""
    seen: tuple[str, ...]
    """What it gave, in full: of code in one text, of calls one for each."""
    hints: tuple[str, ...] = ()
    """What the model was told besides."""
    tainted: bool = False
    """Whether what it gave is not to be trusted."""


class Conversation:
    """What the model has said and seen so far.

    Prompt caches of providers and of the local runtime hold for as long as a conversation begins the same way. So old
    observations are not shortened one by one, but all at once and to half of what is allowed: then a run of `n` turns
    costs a multiple of `n`, whatever the observations hold.
    """

    def __init__(
        self, opening: tuple[Message, ...], form: ActionFormat, observer: Observer, *, longest: int, whole: int
    ) -> None:
        self.opening = opening
        """What it begins with."""
        self.taken: list[Taken] = []
        """The actions so far."""
        self.failed: tuple[Message, ...] = ()
        """The last reply without an action and what was wrong with it; forgotten after the next action."""
        self._form = form
        self._observer = observer
        self._longest = longest
        self._whole = whole
        self._shown: list[tuple[Message, ...]] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole of it, as it is sent."""
        return (*self.opening, *(message for turn in self._shown for message in turn), *self.failed)

    def ending(self, last: Action) -> tuple[Message, ...]:
        """Return the conversation as it was before the run came to its end, with the model's last turn."""
        turn = replace(last.turn, tool_calls=()) if last.turn.tool_calls else last.turn
        said = turn.content or "\n".join(call.arguments for call in last.calls)
        self.failed = ()
        return (*self.messages, replace(turn, content=said))

    def add(self, taken: Taken) -> None:
        """Add an action with what came of it."""
        self.failed = ()
        self.taken.append(taken)
        self._shown.append(self._turns(taken))
        if sum(map(_size, self._shown)) > self._whole:
            self._shorten()

    def _shorten(self) -> None:
        for number, taken in enumerate(self.taken[:-_RECENT]):
            if sum(map(_size, self._shown)) <= self._whole // 2:
                return
            self._shown[number] = self._turns(taken, old=True)

    def _turns(self, taken: Taken, *, old: bool = False) -> tuple[Message, ...]:
        longest = min(self._longest, _OLD_CHARACTERS) if old else self._longest
        seen = [self._observer.turn(text, longest, tainted=taken.tainted, old=old) for text in taken.seen]
        if taken.action.note:
            seen[0] = replace(seen[0], content=f"{taken.action.note}\n{seen[0].content}")
        if taken.hints and not old:
            seen[-1] = replace(seen[-1], content="\n".join([f"{seen[-1].content}\n", *taken.hints]))
        return (taken.action.turn, *self._form.observed(taken.action, seen))


def _size(turn: Sequence[Message]) -> int:
    return sum(len(message.content) for message in turn)
