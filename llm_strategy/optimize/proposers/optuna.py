"""Numbers, truths and choices proposed by Optuna's sampler, with the texts of the parent."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError, MissingExtraError
from llm_strategy.optimize.proposers.evidence import evidence, wordings
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.space.fitting import alike
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.proposers.evidence import Evidence
    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["OptunaProposer"]

_STARTUP = 4
_KEPT = 120
_TRIES = 8
_WORDINGS = 6
_WORDING = "wording"


class OptunaProposer:
    """Asks Optuna for the values that can be tuned; it writes nothing.

    Half of the time texts are those of the parent. Otherwise Optuna also chooses among the texts that were tried: one
    that was rejected may be good with other numbers.

    Its study lives in memory, and is built anew for each proposal of all candidates that were tried, whoever proposed
    them: so it is the same in a run that goes on after a crash.

    Raises:
        MissingExtraError: Optuna is not installed.
    """

    name = "optuna"

    def __init__(self, space: Space) -> None:
        if find_spec("optuna") is None:
            raise MissingExtraError("optimize", "OptunaProposer")
        self._space = space
        self._tunable = tunable(space.leaves)

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return values with other numbers, truths and choices than were tried."""
        if not self._tunable:
            return [Proposal(None, problem="the space has no numbers, truths or choices to tune")]
        parent = request.parents[0].values
        paths = {one.path for one in self._tunable}
        own_texts = stream(request.stream, "wording").random() < 0.5
        texts = wordings(request, paths, 1 if own_texts else _WORDINGS)
        asked = _distributions(self._tunable, texts)
        study = _study(self._tunable, texts, evidence(request, paths), request.stream)
        known = {key_of(one.candidate.values) for one in request.tried}
        problem = "all that was drawn was tried before"
        for _ in range(_TRIES):
            params = study.ask(asked).params
            drawn = {one.path: _value(one, params[one.path]) for one in self._tunable}
            try:
                values = self._space.checked({**parent, **texts[params.get(_WORDING, 0)], **drawn})
            except HyperparameterError as error:
                problem = str(error)
                continue
            if key_of(values) not in known:
                told = "; ".join(self._space.difference(parent, values))
                return [Proposal(values, f"what was tried so far speaks for {told}")]
        return [Proposal(None, problem=problem)]


def _study(leaves: Sequence[Tunable], texts: Sequence[Values], found: Sequence[Evidence], seed: int) -> Any:
    optuna: Any = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some options are marked as experimental
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=_STARTUP, multivariate=True, group=True, seed=seed % 2**32
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([_trial(optuna, leaves, texts, one) for one in _latest(found)])
    return study


def _trial(optuna: Any, leaves: Sequence[Tunable], texts: Sequence[Values], one: Evidence) -> Any:
    """Return a candidate as a trial; what is no number or choice of its leaf is left out of it."""
    params: dict[str, Any] = {}
    for leaf in leaves:
        value = one.values[leaf.path]
        place = leaf.index(value) if leaf.options else leaf.place(value)
        if place is not None:
            params[leaf.path] = place if leaf.options else _value(leaf, leaf.number(place))
    own = (at for at, text in enumerate(texts) if all(alike(one.values[path], text[path]) for path in text))
    at = next(own, None)
    if len(texts) > 1 and at is not None:
        params[_WORDING] = at
    every = _distributions(leaves, texts)
    return optuna.trial.create_trial(
        params=params, distributions={name: every[name] for name in params}, value=one.score
    )


def _distributions(leaves: Sequence[Tunable], texts: Sequence[Values]) -> dict[str, Any]:
    found = {one.path: _distribution(one) for one in leaves}
    return found if len(texts) == 1 else {**found, _WORDING: _among(len(texts))}


def _among(count: int) -> Any:
    return import_module("optuna.distributions").CategoricalDistribution(tuple(range(count)))


def _latest(found: Sequence[Evidence]) -> Sequence[Evidence]:
    """Leave the best ones and the latest ones: a study grows slow with its trials."""
    if len(found) <= _KEPT:
        return found
    half = _KEPT // 2
    best = sorted(range(len(found)), key=lambda at: -found[at].score)[:half]
    return [found[at] for at in sorted({*best, *range(len(found) - half, len(found))})]


def _distribution(one: Tunable) -> Any:
    distributions: Any = import_module("optuna.distributions")
    if one.options:
        return _among(len(one.options))
    if one.is_integer:
        low = max(1, int(one.low)) if one.log else int(one.low)  # what has no bound of its own may begin below 1
        return distributions.IntDistribution(low, int(one.high), log=one.log)
    return distributions.FloatDistribution(one.low, one.high, log=one.log)


def _value(one: Tunable, param: Any) -> Any:
    if one.options:
        return one.options[param]
    place = one.place(param)
    return param if one.is_integer or place is None else one.number(place)
