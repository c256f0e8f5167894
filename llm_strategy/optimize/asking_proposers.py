"""Asking somebody to propose: what is raised there is data, and what is proposed is what can be read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import BudgetExceededError, ConfigurationError, InputError
from llm_strategy.optimize.proposers.llm_notes import Noting
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.store.encoding import kept, proposal_data, proposal_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.search.requests import Propose

__all__ = ["LONGEST_PROBLEM", "learned_by", "made_up_by", "proposals_of", "proposer_in"]

LONGEST_PROBLEM: Final = 1_000
"""Letters of an error that are kept."""


def proposer_in(proposers: Mapping[str, Proposer], name: str) -> Proposer:
    """Return a proposer by its name. Raises ConfigurationError where there is none."""
    if name not in proposers:
        known = ", ".join(map(repr, proposers)) or "none"
        raise ConfigurationError(f"The search asks the proposer {name!r}, which is not there. Known are {known}.")
    return proposers[name]


def proposals_of(proposer: Proposer, request: Propose) -> tuple[Proposal, ...]:
    """Return what somebody proposes; of one that raises, no values and why.

    Raises:
        BudgetExceededError: the budget does not allow it.
        ConfigurationError: it cannot work the way it is set up.
    """
    try:
        return tuple(_readable(proposal) for proposal in proposer.propose(request))
    except (BudgetExceededError, ConfigurationError):
        raise
    except Exception as error:  # noqa: BLE001 (what a proposer raises is data)
        return (Proposal(None, problem=f"{type(error).__name__}: {error}"[:LONGEST_PROBLEM]),)


def learned_by(proposer: Proposer | None) -> list[dict[str, Any]]:
    """Return what a proposer has learned besides."""
    return proposer.take_notes() if isinstance(proposer, Noting) else []


def made_up_by(proposer: Proposer) -> Iterator[dict[str, Any]]:
    """Give the cases that a proposer has made up."""
    synthetic: Any = getattr(proposer, "synthetic", None)
    yield from () if synthetic is None else synthetic.records()


def _readable(proposal: Proposal) -> Proposal:
    """A proposal as it will be read again out of the log."""
    try:
        return proposal_from(json.loads(kept(proposal_data(proposal), "A proposal")))
    except InputError as error:
        return Proposal(None, proposal.hypothesis, str(error))
