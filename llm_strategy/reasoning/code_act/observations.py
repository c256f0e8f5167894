"""What a model is shown of an action: the text of it, and the turn that it stands in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.messages import Message, is_encodable
from llm_strategy.prompt.untrusted import fence_for, untrusted_block
from llm_strategy.reasoning.code_act.cutting import cut_middle
from llm_strategy.schema import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.reasoning.code_act.wording import Wording
    from llm_strategy.sandbox import CodeResult, FileChange

__all__ = ["Observer", "seen_of_result", "seen_of_value"]

_LONGEST_STDERR = 1000
_MOST_FILES = 20
_DEEDS = {"create": "created", "write": "changed", "delete": "deleted"}


def seen_of_result(result: CodeResult, wording: Wording) -> str:
    """Return what there is to see of code that was run."""
    stderr = result.stderr.strip()
    parts = [
        wording.lost if result.state_lost else "",
        result.stdout.rstrip(),
        cut_middle(stderr, _LONGEST_STDERR, wording.cut),
        result.shown,
        _error(result),
        _files(result.files),
        f"({result.dropped} bytes of output were dropped.)" if result.dropped else "",
    ]
    silent = result.ok and not (parts[1] or parts[2] or parts[3])
    return "\n".join(part for part in (*parts, wording.silent if silent else "") if part)


def _error(result: CodeResult) -> str:
    error = result.error
    if error is None:
        return ""
    return error.traceback.rstrip() or f"{error.kind}: {error.message}"


def _files(changes: Iterable[FileChange]) -> str:
    told = [f"{_DEEDS[one.operation]} {one.path}" for one in changes]
    more = [f"and {len(told) - _MOST_FILES} more"] if len(told) > _MOST_FILES else []
    return f"(Files: {', '.join([*told[:_MOST_FILES], *more])})" if told else ""


def seen_of_value(value: Any) -> str:
    """Return what there is to see of a tool's value: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return str.__str__(value) or '""'
    try:
        return json.dumps(to_jsonable(value), ensure_ascii=False)
    except InputError as error:
        return f"(The value cannot be shown: {error})"


@dataclass(frozen=True, slots=True)
class Observer:
    """Makes turns of observations."""

    wording: Wording
    """How they are introduced, and what stands for what is cut out."""
    untrusted: str
    """The words before the block of what is not trusted. Slot: `fence`."""

    def turn(self, text: str, longest: int, *, tainted: bool, old: bool = False) -> Message:
        """Return the turn that shows an observation, shortened to a length; one that is not trusted in a block."""
        shown = cut_middle(text, longest, self.wording.forgotten if old else self.wording.cut)
        if not is_encodable(shown):
            shown = shown.encode(errors="backslashreplace").decode()
        if not tainted:
            return Message.user(self.wording.observation.format(observation=shown))
        fence = fence_for({"observation": shown})
        block = f"{self.untrusted.format(fence=fence)}\n{untrusted_block(shown, fence)}"
        return Message("user", self.wording.observation.format(observation=block), fences=(fence,))
