"""What a search asks and what it is answered, as JSON data: the same text for the same data, on any machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError, StoredDataError
from llm_strategy.optimize.search.candidate import Candidate, Proposal
from llm_strategy.optimize.search.orders import Order, Rollout, Usage
from llm_strategy.optimize.search.requests import Estimate, Evaluate, Propose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.requests import SearchRequest

__all__ = [
    "asked",
    "candidate_data",
    "candidate_from",
    "digest",
    "kept",
    "proposal_data",
    "proposal_from",
    "read",
    "rollout_data",
    "rollout_from",
    "timeless",
]

_LINES = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def kept(data: object, what: str) -> str:
    """Return data as one line of JSON, in ASCII: a lone surrogate has no bytes.

    Raises:
        InputError: it is no JSON data, or holds a number that is not finite.
    """
    try:
        return _LINES.encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{what} cannot be written down: {error}. Give JSON data, with finite numbers.") from error


def read(text: str, what: str) -> Any:
    """Return the data of such a line. Raises StoredDataError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoredDataError(f"{what} is damaged: {error}. Move the file away to begin anew.") from error


def digest(text: str) -> str:
    """Return a short hash of a text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def asked(request: SearchRequest) -> str:
    """Return a short hash of a request: what was asked then and is asked now is the same if its hash is.

    Of the pool, and of what was tried, the lengths are looked at: what is in them was asked for before.
    """
    return digest(kept(_about(request), "A request of the search"))


def _about(request: SearchRequest) -> Any:
    if isinstance(request, Evaluate):
        keys = sorted(candidate.key for candidate in request.candidates)
        return ["evaluate", request.purpose, [order.key for order in request.orders], keys]
    if isinstance(request, Propose):
        parents = [(one.number, one.key) for one in request.parents]
        runs = [(one.order.key, one.score) for one in request.runs]
        tried = (len(request.pool), len(request.tried), request.best.number)
        return ["propose", request.proposer, parents, runs, tried, request.step, request.stream]
    if isinstance(request, Estimate):
        return ["estimate", len(request.pool), request.best.number, request.step, request.stream]
    return ["note", request.kind, dict(request.data)]


def timeless(rollout: Rollout) -> Rollout:
    """Return a rollout without the seconds that it took: a search never sees them."""
    usage, scoring = replace(rollout.usage, seconds=0.0), replace(rollout.scoring, seconds=0.0)
    return replace(rollout, usage=usage, scoring=scoring)


def rollout_data(rollout: Rollout) -> dict[str, Any]:
    """Return a rollout as JSON data, without seconds, and without what is empty."""
    order = rollout.order
    data = {
        "order": [order.candidate, order.split, order.case, order.repeat],
        "score": rollout.score,
        "objectives": dict(rollout.objectives),
        "feedback": rollout.feedback,
        "error": rollout.error,
        "usage": _usage_data(rollout.usage),
        "scoring": _usage_data(rollout.scoring),
    }
    return {name: value for name, value in data.items() if name == "score" or value}


def rollout_from(data: Mapping[str, Any]) -> Rollout:
    """Return the rollout behind JSON data."""
    return Rollout(
        Order(*data["order"]),
        data["score"],
        data.get("objectives", {}),
        data.get("feedback", ""),
        data.get("error", ""),
        Usage(*data.get("usage", ())),
        Usage(*data.get("scoring", ())),
    )


def _usage_data(usage: Usage) -> list[Any]:
    return [usage.calls, usage.tokens, usage.dollars] if usage.calls or usage.tokens or usage.dollars != 0 else []


def candidate_data(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as JSON data."""
    return {
        "values": dict(candidate.values),
        "parents": list(candidate.parents),
        "proposer": candidate.proposer,
        "hypothesis": candidate.hypothesis,
    }


def candidate_from(number: int, data: Mapping[str, Any]) -> Candidate:
    """Return the candidate behind JSON data."""
    return Candidate(number, data["values"], tuple(data["parents"]), data["proposer"], data["hypothesis"])


def proposal_data(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as JSON data, without what is empty."""
    data = {
        "values": None if proposal.values is None else dict(proposal.values),
        "hypothesis": proposal.hypothesis,
        "problem": proposal.problem,
    }
    return {name: value for name, value in data.items() if value is not None and value != ""}


def proposal_from(data: Mapping[str, Any]) -> Proposal:
    """Return the proposal behind JSON data."""
    return Proposal(data.get("values"), data.get("hypothesis", ""), data.get("problem", ""))
