"""How the reader of code actions takes what the models of the trajectories said, turn by turn."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from llm_strategy.errors import MalformedReplyError, NoValueError
from llm_strategy.reasoning.code_act.code_reply import FoundCode, find_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.mint_record import Trajectory, Turn

__all__ = ["UNREAD", "read_turns"]

UNREAD = "unread: another reason"


def read_turns(trajectories: Iterable[Trajectory]) -> tuple[Counter[tuple[str, str]], list[tuple[str, Turn]]]:
    """Return how many turns of each kind were read in which way, and those for which there is no explanation."""
    counts: Counter[tuple[str, str]] = Counter()
    odd: list[tuple[str, Turn]] = []
    for trajectory in trajectories:
        for turn in trajectory.turns:
            way = _way(turn)
            counts[_kind(turn), way] += 1
            if way == UNREAD:
                odd.append((trajectory.name, turn))
    return counts, odd


def _kind(turn: Turn) -> str:
    if turn.kind == "code":
        return "code, and nothing else"
    if turn.kind == "answer":
        return "a <solution>, with code beside it" if "<execute>" in turn.reply else "a <solution>"
    return "code without an end" if "<execute>" in turn.reply else "no action"


def _way(turn: Turn) -> str:
    try:
        found = find_code(turn.reply)
    except MalformedReplyError:
        return "refused: the last block has no end" if _open(turn.reply) else UNREAD
    except NoValueError:
        return "refused: there is no code" if not re.search(r"<execute>\s*\S", turn.reply) or _inline(turn) else UNREAD
    return "read: its code" if turn.kind != "code" else _way_of_code(turn, found)


def _way_of_code(turn: Turn, found: FoundCode) -> str:
    before, now = _lines(turn.code), _lines(found.code)
    if before == now:
        return "read: what the recorder ran"
    if found.invented and before.startswith(now):
        return "read: its code up to a made-up observation"
    blocks = re.findall(r"<execute>(.*?)</execute>", turn.reply, re.DOTALL)
    if now == "\n".join(_lines(textwrap.dedent(block)) for block in blocks):
        return "read: what the recorder ran, without its indent"
    return "read: a last block without an end as well" if _open(turn.reply) and now.startswith(before) else UNREAD


def _open(reply: str) -> bool:
    return reply.rfind("<execute>") > reply.rfind("</execute>")


def _inline(turn: Turn) -> bool:
    """Whether the tag stands in the middle of a line, as in a sentence about it."""
    return not re.search(r"^[ \t]*<execute>", turn.reply, re.MULTILINE)


def _lines(code: str) -> str:
    return "\n".join(line.rstrip() for line in code.strip().splitlines() if line.strip())
