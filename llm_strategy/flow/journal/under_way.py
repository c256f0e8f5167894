"""The flows and requests of this run that are under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow.journal.flow_state import FlowState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.flow.journal.store import Asked, FlowData
    from llm_strategy.flow.layers import Path

__all__ = ["FlowsUnderWay", "Ticket"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request under way."""

    flow: FlowState
    path: Path
    again: int
    place: str
    asked: Asked


class FlowsUnderWay:
    """Knows each flow from its first request to its end."""

    def __init__(self) -> None:
        self._flows: dict[str, FlowState] = {}
        self._begun: dict[int, int] = {}
        self._failed: dict[int, FlowState] = {}

    def of(self, given: FlowData) -> tuple[FlowState, list[FlowState]]:
        """Return a flow, and, where it has just begun, the others that are not alone any more because of it."""
        known, inside = self._flows.get(given["key"]), given["inside"]
        if known is not None:
            return known, []
        straight = given.get("straight", True)
        ordinal = self._begun.get(inside, 0) if straight else -1
        flow = FlowState(given["key"], given["around"], inside, ordinal, straight, alone=straight)
        self._flows[flow.key] = flow
        if not straight:
            return flow, []
        self._begun[inside] = ordinal + 1
        return flow, self._no_longer_alone(flow)

    def _no_longer_alone(self, flow: FlowState) -> list[FlowState]:
        lonely: list[FlowState] = []
        around = {flow.key, *self._around(flow)}
        for other in self._flows.values():
            if other.key in around or not other.straight:
                continue
            flow.alone = False
            if other.alone:
                other.alone = False
                lonely.append(other)
        return lonely

    def end(self, key: str, *, failed: bool) -> None:
        """Forget a flow that is over, unless it failed and the program may go on after that."""
        flow = self._flows.pop(key, None)
        if flow is not None and flow.straight:
            self._failed.pop(flow.inside, None)
            if failed and flow.alone:
                self._failed[flow.inside] = flow

    def failed_before(self, flow: FlowState) -> FlowState | None:
        """Return, once, the flow that failed just before this one began; None where there is none.

        Only where both began in one thread, and no other was under way beside the first one: else nobody can tell
        whether this one is there because of what failed.
        """
        return self._failed.pop(flow.inside, None) if flow.straight else None

    def _around(self, flow: FlowState) -> Iterator[str]:
        key = flow.around
        while key:
            yield key
            known = self._flows.get(key)
            key = known.around if known is not None else ""
