"""Which flow of an earlier run a flow of this one is.

A program may call LLM functions one after the other, in tasks, and in threads of its own, whose order differs from run
to run. So two things tell: what a flow asks, at which place in it; and, where no other flow was under way beside it in
either run, the so-manieth it is. Each flow of an earlier run is claimed once: equal calls stay apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.journal.flow_state import FlowState
    from llm_strategy.flow.journal.rows import FlowRow, Rows, StepRow

__all__ = ["Binding"]


class Binding:
    """Claims flows of earlier runs for those of this one."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._claimed: set[int] = set()
        self._last: dict[tuple[int, str, str], int] = {}
        """The last flow that was claimed by a request: equal ones are claimed in their order."""

    @property
    def claimed(self) -> frozenset[int]:
        """The flows of earlier runs that were claimed."""
        return frozenset(self._claimed)

    def bind(self, flow: FlowState, place: str, fingerprint: str) -> StepRow | None:
        """Find out which flow it is, if that is not known yet; a new one is written down.

        Returns:
            What an earlier run asked at this place, where nothing but a changed program can ask otherwise.
        """
        if flow.is_earlier:
            return None
        if len(self._claimed) >= self._rows.flows:
            self._written(flow)
            return None
        same = self._same_place(flow) if not flow.id else None
        step = self._rows.step(same.id, place) if same is not None else None
        step = None if step is not None and step.has_failed and step.fingerprint != fingerprint else step
        if same is not None and self._asked_so(same, step, place, fingerprint):
            self._claim(flow, same.id)
            return None
        if self._bind_by_request(flow, place, fingerprint):
            return None
        if same is None:
            self._written(flow)
        elif step is None:
            step = self._rows.first(same.id)
            if step is None or _is_beside(place, step.place):
                self._claim(flow, same.id)
                return None
        return step

    def claim(self, flow: FlowState, step: StepRow) -> None:
        """Let a flow be the one that asked something else, since there is a reason for that."""
        self._claim(flow, step.flow)

    def renew(self, flow: FlowState) -> None:
        """Let a flow be a new one, although its place was another one's."""
        self._written(flow)

    def _same_place(self, flow: FlowState) -> FlowRow | None:
        """Return the flow that stood where this one stands, if that is certain in both runs."""
        if not flow.alone:
            return None
        found = [row for row in self._rows.at_ordinal(flow.inside, flow.ordinal) if row.id not in self._claimed]
        return found[0] if len(found) == 1 and found[0].alone else None

    def _asked_so(self, same: FlowRow, step: StepRow | None, place: str, fingerprint: str) -> bool:
        if step is not None and step.fingerprint == fingerprint:
            return True
        failure = self._rows.failure(same.id, place, 0)
        return failure is not None and failure[0] == fingerprint

    def _bind_by_request(self, flow: FlowState, place: str, fingerprint: str) -> bool:
        key = (flow.inside, fingerprint, place)
        for earlier in self._rows.asking(flow.inside, fingerprint, place, self._last.get(key, 0)):
            if earlier in self._claimed:
                if not flow.id:
                    self._last[key] = earlier
                continue
            if flow.id and self._rows.clash(flow.id, earlier):
                continue
            self._claim(flow, earlier)
            return True
        return False

    def _claim(self, flow: FlowState, earlier: int) -> None:
        if flow.id:
            self._rows.merge(flow.id, earlier)
        flow.id, flow.is_earlier = earlier, True
        self._claimed.add(earlier)

    def _written(self, flow: FlowState) -> None:
        if not flow.id:
            flow.id = self._rows.new_flow(flow.inside, flow.ordinal)


def _is_beside(place: str, first: str) -> bool:
    """Whether a request is in a branch that had not begun when another branch at the same step had."""
    return place.count(".") > 1 and first.count(".") > 1 and place.partition(".")[0] == first.partition(".")[0]
