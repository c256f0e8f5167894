"""Parts of a report: frozen data that JSON holds as it is."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, JsonValue

if TYPE_CHECKING:
    from llm_strategy.optimize.search.orders import Usage
    from llm_strategy.optimize.search.outcome import Gain

__all__ = [
    "Calibration",
    "GainRecord",
    "LeafRecord",
    "MemberRecord",
    "MissingRecord",
    "Reliability",
    "Spent",
    "SyntheticRecord",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Spent(_Part):
    """What models have cost.

    >>> print(Spent(calls=3, tokens=1200, dollars=None))
    3 calls, 1,200 tokens, $?
    """

    calls: int = 0
    """Requests to models."""
    tokens: int = 0
    """Tokens of prompts and replies."""
    dollars: float | None = 0.0
    """US dollars; None where the price of a model is not known."""
    seconds: float = 0.0
    """Time; that of rollouts which ran at once is added up."""

    def __str__(self) -> str:
        from llm_strategy.tracing.exporters.figures import cost_text, count_text  # reports are read more than printed

        money = "$?" if self.dollars is None else cost_text(self.dollars)
        return f"{count_text(self.calls, 'call')}, {count_text(self.tokens, 'token')}, {money}"

    @classmethod
    def of(cls, usage: Usage) -> Spent:
        """Return what calls have cost, as a report keeps it."""
        return cls(calls=usage.calls, tokens=usage.tokens, dollars=usage.dollars, seconds=usage.seconds)


class GainRecord(_Part):
    """How much better the winner is than the seed, with its interval.

    >>> print(GainRecord(mean=0.22, low=0.09, high=0.35, confidence=0.95, cases=100, split="test"))
    +0.220 on test, 95 % interval +0.090 to +0.350, 100 cases
    """

    mean: float
    """The difference of the means."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""
    confidence: float
    """Share of such intervals that hold the true difference."""
    cases: int
    """How many cases it was taken from."""
    split: str
    """`test`, or `val` where there are no test cases: validation cases that were set aside, and chose nothing."""

    def __str__(self) -> str:
        interval = f"{self.confidence * 100:.4g} % interval {self.low:+.3f} to {self.high:+.3f}"
        cases = "1 case" if self.cases == 1 else f"{self.cases:,} cases"
        return f"{self.mean:+.3f} on {self.split}, {interval}, {cases}"

    @property
    def is_real(self) -> bool:
        """Whether zero is below the interval."""
        return self.low > 0

    @classmethod
    def of(cls, gain: Gain) -> GainRecord:
        """Return a gain, as a report keeps it."""
        return cls(
            mean=gain.mean,
            low=gain.low,
            high=gain.high,
            confidence=gain.confidence,
            cases=gain.cases,
            split=gain.split,
        )


class LeafRecord(_Part):
    """One value that was searched."""

    path: str
    """Where it is: `shop.describe:fields.Text.title`."""
    kind: str
    """`text`, `number`, `integer`, `boolean`, `choice`, `examples` or `data`."""
    seed: JsonValue = None
    """What it was at the beginning."""
    description: str = ""
    """What it means."""
    low: float | None = None
    """Its least value."""
    high: float | None = None
    """Its largest value."""
    log: bool = False
    """Whether orders of magnitude count rather than differences."""


class MemberRecord(_Part):
    """A candidate, and what became of it."""

    number: int
    """Counts the candidates from 0, which is the seed."""
    parents: tuple[int, ...] = ()
    """The candidates that it was made from."""
    proposer: str = "seed"
    """Who proposed it."""
    hypothesis: str = ""
    """What was expected of it."""
    fate: str = ""
    """`seed`, `pool`, `dominated`, `rejected: ...`, `invalid: ...`, `duplicate`."""
    changes: dict[str, JsonValue] = {}
    """Its values by leaf, where they are not those of the seed."""
    scores: dict[str, float] = {}
    """Its mean scores by validation case."""
    objectives: dict[str, float] = {}
    """Means of further objectives."""
    step: int = 0
    """The step that made it."""
    spent: int = 0
    """How many rollouts had been carried out when its fate was known."""
    rollouts: int = 0
    """How many rollouts it got itself."""
    cost: Spent | None = None
    """What these have cost together; None where that is not known."""

    @property
    def mean(self) -> float | None:
        """The mean of its scores; None where it has none.

        >>> MemberRecord(number=1, scores={"a": 1.0, "b": 0.5}).mean
        0.75
        """
        return sum(self.scores.values()) / len(self.scores) if self.scores else None

    @property
    def is_kept(self) -> bool:
        """Whether it got past its gates."""
        return self.fate in {"seed", "pool", "dominated"}


class Reliability(_Part):
    """Probabilities of improvement of about one size, and how often there was one."""

    low: float
    """Where the interval of probabilities begins."""
    high: float
    """Where it ends."""
    told: float
    """The mean of the probabilities."""
    happened: float
    """The share of them after which there was an improvement."""
    count: int
    """How many there are."""


class Calibration(_Part):
    """How much the probabilities of improvement that a model told were worth."""

    brier: float | None = None
    """Mean squared error of the probabilities against what happened: 0 is perfect, 0.25 is that of a coin."""
    rows: tuple[Reliability, ...] = ()
    """Probabilities against what happened; empty intervals are left out."""

    @classmethod
    def of(cls, pairs: list[tuple[float, bool]], brier: float | None = None, *, bins: int = 5) -> Calibration:
        """Return the calibration of probabilities.

        Args:
            pairs: each probability, and whether there was an improvement.
            brier: their mean squared error, where it is known already.
            bins: how many intervals there are between 0 and 1.

        >>> Calibration.of([(0.9, True), (0.7, False), (0.1, False)]).rows[-1].happened
        1.0
        """
        if not pairs:
            return cls(brier=brier)
        groups: dict[int, list[tuple[float, bool]]] = {}
        for told, happened in pairs:
            groups.setdefault(min(bins - 1, int(told * bins)), []).append((told, happened))
        rows = [
            Reliability(
                low=place / bins,
                high=(place + 1) / bins,
                told=round(fmean(told for told, _ in some), 12),
                happened=sum(happened for _, happened in some) / len(some),
                count=len(some),
            )
            for place, some in sorted(groups.items())
        ]
        error = sum((told - happened) ** 2 for told, happened in pairs) / len(pairs)
        return cls(brier=error if brier is None else brier, rows=tuple(rows))


class MissingRecord(_Part):
    """A hyperparameter that was asked for, and that the task does not have."""

    name: str
    """What is missing, in a few words."""
    count: int = 1
    """How often it was asked for."""
    weight: float = 0.0
    """How much it seems to be worth; what stands first is worth most."""
    examples: tuple[str, ...] = ()
    """What was said of it."""


class SyntheticRecord(_Part):
    """A case that a model made up; it is learnt from, and never chosen or judged by."""

    id: str
    """Its name."""
    parameters: Any = None
    """What the task was called with."""
    why: str = ""
    """What it is meant to show."""
    score: float | None = None
    """The score of the candidate that met it; None where there is none."""
