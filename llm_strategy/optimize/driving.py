"""Carrying out a search: its requests are answered, and each answer is written down.

A run that goes on begins the same search again, and answers out of the log as long as there are answers: so it asks the
same, gets to the same place, and goes on from there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import BudgetExceededError, ConfigurationError
from llm_strategy.optimize.asking_proposers import LONGEST_PROBLEM, learned_by, made_up_by, proposals_of, proposer_in
from llm_strategy.optimize.evaluating import Evaluating, Rolling
from llm_strategy.optimize.events import Began, CandidateMade, Ended, Proposing, Warned
from llm_strategy.optimize.giving_up import GivingUp, calls_allowed
from llm_strategy.optimize.noted import noted
from llm_strategy.optimize.replaying import Replaying
from llm_strategy.optimize.room_to_begin import RoomToBegin
from llm_strategy.optimize.search.requests import Estimate, Estimated, Evaluate, Evaluated, Note, Propose, Proposed
from llm_strategy.optimize.store.encoding import asked, proposal_data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llm_strategy.optimize.budget import OptimizationLedger
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.search.candidate import Candidate, Proposal
    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.outcome import SearchOutcome
    from llm_strategy.optimize.search.requests import Search, SearchReply, SearchRequest
    from llm_strategy.optimize.store import OptimizationStore

__all__ = ["CAUTIONS", "Rolling", "drive"]

CAUTIONS = "cautions"
"""The name under which the store keeps what has to be known of how the search went."""


def drive(  # noqa: PLR0913 (a search asks that many)
    search: Search,
    store: OptimizationStore,
    rollouts: Rolling,
    proposers: Mapping[str, Proposer],
    ledger: OptimizationLedger,
    *,
    estimate: Callable[[Estimate], float | None] | None = None,
    watch: Callable[[Event], None] | None = None,
) -> SearchOutcome:
    """Carry out a search, or go on with it where it was broken off: by an error, by Ctrl-C, or by `kill -9`.

    A proposer that has made up cases keeps them in an attribute `synthetic` (`SyntheticCases`): they are written down
    with its proposals, and given back to it when a run goes on. So is what one that is `Noting` has learned besides.

    Args:
        search: what asks. It is begun anew, also where the run goes on.
        store: where the answers are kept; its `begin` was called.
        rollouts: carries out rollouts.
        proposers: those that make up new values, by name. One that raises has proposed nothing, and that is noted.
        ledger: the books. Where its budget is not that of the time before, what was answered counts as far as the
            search asks the same with this one; no rollout is carried out twice.
        estimate: says how probable an improvement is; None where nobody can be asked.
        watch: is told what happens.

    Returns:
        What the search has found.

    Raises:
        StoredDataError: the search asks something else than what was answered before.
        ConfigurationError: the budget is too small to score what the search begins with, a proposer is asked
            that is not there, or one cannot work the way it is set up.
    """
    tell: Callable[[Event], None] = _deaf if watch is None else watch
    driver = _Driver(store, Evaluating(store, rollouts, ledger, tell), proposers, ledger, tell)
    driver.estimate = estimate
    return driver.carry_out(search)


def _deaf(event: Event) -> None:
    """Hear nothing."""


class _Driver:
    def __init__(
        self,
        store: OptimizationStore,
        evaluating: Evaluating,
        proposers: Mapping[str, Proposer],
        ledger: OptimizationLedger,
        tell: Callable[[Event], None],
    ) -> None:
        self.estimate: Callable[[Estimate], float | None] | None = None
        self._store = store
        self._evaluating = evaluating
        self._proposers = proposers
        self._ledger = ledger
        self._tell = tell
        self._replaying = Replaying(store, proposers, ledger)
        self._notes: list[dict[str, Any]] = []
        """Notes that nobody has paid for: they are written down with the next answer."""
        self._made: set[int] = set()
        """Numbers of the candidates that the watcher knows."""
        self._seed = ""
        """The key of the first candidate."""
        self._room = RoomToBegin(ledger)
        self._giving_up = GivingUp(calls_allowed(ledger.budget.limited))

    def carry_out(self, search: Search) -> SearchOutcome:
        """Answer a search to its end."""
        known = self._replaying.begin()
        self._tell(Began(self._ledger.view(), self._store.length > 0, known))
        try:
            outcome = self._answered(search)
        finally:
            search.close()
            self._write("")
        self._room.check_begun(outcome, self._store.count)
        if self._giving_up.are_all(self._proposers) and outcome.reason.startswith("budget"):
            outcome = replace(outcome, reason=outcome.reason.replace("budget", "no proposal of use came", 1))
        self._caution(outcome)
        self._tell(Ended(outcome.reason, self._ledger.view()))
        return outcome

    def _answered(self, search: Search) -> SearchOutcome:
        reply: SearchReply = None
        while True:
            try:
                request: SearchRequest = search.send(reply)
            except StopIteration as end:
                outcome: SearchOutcome = end.value
                return outcome
            reply = self._answer(request)

    def _answer(self, request: SearchRequest) -> SearchReply:
        if isinstance(request, Note):
            self._note(request)
            return None
        if isinstance(request, Evaluate):
            self._look_at(request.candidates)
        if isinstance(request, Propose):
            return self._asked(request)
        answer = self._replaying.answer(request)
        if isinstance(request, Estimate):
            return self._estimated(request) if answer is None else answer
        if isinstance(answer, Evaluated):
            self._store.answered((order.key for order in request.orders), self._seed)
        else:
            answer = self._evaluated(request)
        self._room.answered(request, len(answer.rollouts))
        return answer

    def _asked(self, request: Propose) -> SearchReply:
        """Have somebody propose, unless that was in vain again and again."""
        before = self._ledger.accounts.spent("optimizer").calls
        known = self._giving_up.told.get(request.proposer)
        why = self._giving_up.on(request.proposer)
        answer = self._replaying.answer(request)
        if answer is not None:
            self._room.replayed()
        else:
            if why is not None and known is None:
                self._tell(Warned(why))
            answer = self._proposal(request, given_up=why is not None)
        if why is None:
            self._giving_up.asked(request.proposer, self._ledger.accounts.spent("optimizer").calls - before)
        return answer

    def _note(self, note: Note) -> None:
        self._giving_up.heard(note)
        known = self._replaying.knows(note)
        self._tell(noted(note.kind, note.data, replayed=known))
        if not known:
            self._notes.append({"kind": note.kind, "data": dict(note.data)})

    def _look_at(self, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            if not self._seed:
                self._seed = candidate.key
            if candidate.number not in self._made:
                self._made.add(candidate.number)
                self._tell(CandidateMade(candidate, replayed=self._replaying.is_on))

    def _evaluated(self, request: Evaluate) -> Evaluated:
        self._room.check(request)
        rollouts = self._evaluating.answer(request)
        self._warn_of_failures(request, rollouts)
        left = self._ledger.left() if len(rollouts) == len(request.orders) else 0.0
        keys = [rollout.order.key for rollout in rollouts]
        data = {"purpose": request.purpose, "keys": keys, "wanted": len(request.orders), "left": left}
        with self._store.transaction():
            self._store.add_candidates(request.candidates)
            self._write("evaluate", {**data, "ask": asked(request)})
            self._store.answered(keys, self._seed)
        return Evaluated(tuple(rollouts), left)

    def _proposal(self, request: Propose, *, given_up: bool = False) -> Proposed:
        warning = self._room.warning(request)
        if warning is not None:
            self._tell(Warned(warning))
        over = given_up or self._ledger.left() <= 0
        proposals: tuple[Proposal, ...] = ()
        made: list[dict[str, Any]] = []
        if not over:
            self._tell(Proposing(request.proposer, request.step))
            proposer = proposer_in(self._proposers, request.proposer)
            before = {one["id"] for one in made_up_by(proposer)}
            try:
                with self._ledger.proposing():
                    proposals = proposals_of(proposer, request)
            except BudgetExceededError:
                over = True
            made = [one for one in made_up_by(proposer) if one["id"] not in before]
        left = self._ledger.left()
        data: dict[str, Any] = {"proposals": [proposal_data(one) for one in proposals], "over": over, "left": left}
        learned = learned_by(self._proposers.get(request.proposer))
        if learned:
            data["learned"] = learned
        self._write("propose", {**data, "synthetic": made, "ask": asked(request)})
        return Proposed(proposals, left, over, tuple(one["id"] for one in made))

    def _estimated(self, request: Estimate) -> Estimated:
        probability: float | None = None
        if self.estimate is not None and self._ledger.left() > 0:
            try:
                with self._ledger.proposing():
                    probability = self.estimate(request)
            except ConfigurationError:
                raise
            except Exception:  # noqa: BLE001 (nobody needs an estimate)
                probability = None
        left = self._ledger.left()
        self._write("estimate", {"probability": probability, "left": left, "ask": asked(request)})
        return Estimated(probability, left)

    def _write(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Write down the notes so far, and an answer; '' for none."""
        with self._store.transaction():
            for note in self._notes:
                self._store.add_event("note", note)
            if kind:
                self._store.add_event(kind, {**(data or {}), "books": self._ledger.state()})
                self._store.ended()
            self._store.set("aside", self._ledger.aside())
        self._notes = []

    def _caution(self, outcome: SearchOutcome) -> None:
        """Keep what has to be known of how the search went."""
        caution = self._room.caution(outcome)
        self._store.set(CAUTIONS, [*self._giving_up.told.values(), *([] if caution is None else [caution])])
        if caution is not None:
            self._tell(Warned(caution))

    def _warn_of_failures(self, request: Evaluate, rollouts: Sequence[Rollout]) -> None:
        if request.purpose == "seed" and rollouts and all(one.error for one in rollouts):
            self._tell(
                Warned(f"All of the first {len(rollouts)} rollouts failed: {rollouts[0].error[:LONGEST_PROBLEM]}")
            )
