"""The keys of a file that describes an optimization, with their types and what they mean."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # pydantic reads it
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.space.leaf import Log

__all__ = ["BoundKeys", "BudgetKeys", "DataKeys", "JudgeKeys", "OptimizeConfig", "PriceKeys", "SpaceKeys", "SplitKeys"]

_Named = Annotated[str, Field(pattern=r"^[^\W\d][\w.]*:[^\W\d][\w.]*$")]
_Count = Annotated[int, Field(ge=0)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Share = Annotated[int | float, Field(ge=0, allow_inf_nan=False)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SplitKeys(_Keys):
    """How one file of cases is divided: numbers of cases, or shares below 1."""

    train: _Share = 0.3
    val: _Share = 0.3
    test: _Share = 0.4


class DataKeys(_Keys):
    """Where the cases are, one JSON object a line, and what its fields mean."""

    file: Path | None = Field(default=None, strict=False, description="All cases; they are divided as `split` says.")
    train: Path | None = Field(default=None, strict=False, description="Cases to learn from.")
    val: Path | None = Field(default=None, strict=False, description="Cases to choose by.")
    test: Path | None = Field(default=None, strict=False, description="Cases to judge by, opened once at the end.")
    split: SplitKeys = SplitKeys()
    parameters: str | list[str] | dict[str, str] | None = Field(
        default=None,
        description="The field that the task is called with; or several of them; or arguments with their fields. "
        "Without it: `parameters` where there is such a field, else all that are not named by the other keys.",
    )
    expected: str | None = Field(default=None, description="The field of what is expected. Without it: `expected`.")
    id: str | None = Field(default=None, description="The field that names a case. Without it: `id`, else a hash.")
    group: str | None = Field(default=None, description="The field of the group of a case. Without it: `group`.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.file is None) == (self.train is None):
            raise ValueError("name either one `file` of cases, or `train` with `val` and `test`")
        if self.file is not None and (self.val or self.test):
            raise ValueError("`file` is divided by `split`: leave `val` and `test` out")
        return self


class JudgeKeys(_Keys):
    """A model that judges results, where there is no metric."""

    rubric: Annotated[str, Field(min_length=1)] | dict[str, str] = Field(
        description="What makes a result a good one; or a text for each of several criteria."
    )
    task: str = Field(default="", description="What the task is, in words. Without it: what the task says of itself.")
    model: str | None = Field(default=None, description="Who judges. Without it: the model of the optimizer.")
    pairwise: bool = Field(default=False, description="Compare each result with that of the seed.")
    repeats: Annotated[int, Field(ge=1)] = Field(default=1, description="How often each question is asked.")


class BoundKeys(_Keys):
    """What a number may be, or what there is to choose from."""

    low: float | int | None = None
    high: float | int | None = None
    log: bool = False
    choices: list[JsonValue] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.choices is None and (self.low is None or self.high is None):
            raise ValueError("write `low` and `high`, or `choices`")
        if self.choices is not None and (self.low is not None or self.high is not None or self.log):
            raise ValueError("`choices` stand alone")
        return self

    def bound(self) -> Any:
        """Return the bounds as `search_space` takes them."""
        if self.choices is not None:
            return self.choices
        assert self.low is not None  # noqa: S101  # _check
        assert self.high is not None  # noqa: S101
        return Log(self.low, self.high) if self.log else (self.low, self.high)


class SpaceKeys(_Keys):
    """What may be changed."""

    functions: list[_Named] = Field(default=[], description="MODULE:FUNCTION of each. Without it: the task.")
    include: list[str] = Field(default=[], description="Only these, as patterns such as 'write:instruction'.")
    exclude: list[str] = Field(default=[], description="Not these.")
    bounds: dict[str, BoundKeys | list[JsonValue] | _Count] = Field(
        default={},
        description="By pattern: two numbers as a range, a list of choices, or low/high/log/choices; of examples, how "
        "many. A method of reasoning is {method: ChainOfThought}, with its fields.",
    )
    examples: _Count = Field(default=0, description="Few-shot examples that an LLM function may have.")
    scope: Annotated[Path, Field(strict=False)] | dict[str, dict[str, JsonValue]] | None = Field(
        default=None, description="Hyperparameters to begin with: a file of JSON, or by function and name."
    )


class BudgetKeys(_Keys):
    """What may be spent; never more. Without a limit: 200 rollouts."""

    rollouts: _Count | None = None
    calls: _Count | None = None
    tokens: _Count | None = None
    usd: _Amount | None = None
    seconds: _Amount | None = None
    task_calls: _Count | None = None
    task_tokens: _Count | None = None
    task_usd: _Amount | None = None
    optimizer_calls: _Count | None = None
    optimizer_tokens: _Count | None = None
    optimizer_usd: _Amount | None = None


class PriceKeys(_Keys):
    """What a model costs, in US dollars for a million tokens."""

    input: _Amount = Field(description="Of prompts.")
    output: _Amount = Field(description="Of replies, reasoning included.")
    cached_input: _Amount | None = Field(default=None, description="Of prompts out of the provider's cache.")


class OptimizeConfig(_Keys):
    """A whole file."""

    task: _Named = Field(description="What is optimized, as MODULE:FUNCTION.")
    name: str = Field(default="", description="What it is called in reports. Without it: the task.")
    data: DataKeys
    metric: _Named | None = Field(default=None, description="What scores a result, as MODULE:FUNCTION.")
    judge: JudgeKeys | None = None
    space: SpaceKeys = SpaceKeys()
    budget: BudgetKeys = BudgetKeys(rollouts=200)
    model: str | None = Field(default=None, description="Who proposes and reflects: 'local', 'openai:gpt-4o-mini'.")
    task_model: str | None = Field(default=None, description="Who answers the task.")
    engine: Literal["llm-strategy", "gepa", "optuna", "random"] = "llm-strategy"
    seed: int = Field(default=0, description="Seeds everything that is drawn.")
    workers: Annotated[int, Field(ge=1)] = 1
    retries: _Count = Field(default=0, description="How often a task is called again that got no reply from a model.")
    synthetic: _Count = Field(
        default=0, description="Inputs that the model makes up are learned from, at most so many."
    )
    pool: list[dict[str, JsonValue]] = Field(
        default=[], description="Candidates written by hand, as values by leaf: proposed instead of asking a model."
    )
    prices: dict[str, PriceKeys] = Field(default={}, description="Prices by model, beside those that are known.")
    proposing: Literal["typed", "plain"] = Field(default="typed", description="`plain` suits small models.")
    settings: dict[str, JsonValue] = Field(default={}, description="Those of the search, by name.")
    store: Path | None = Field(
        default=None, strict=False, description="Where it is kept. Without it: beside this file."
    )
    report: Path | None = Field(
        default=None, strict=False, description="The report as JSON. Without it: beside this file."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.metric is not None and self.judge is not None:
            raise ValueError("name a `metric` or a `judge`, not both")
        return self

    def places(self) -> tuple[Path, Path]:
        """Return where the report is written, and where the search is kept.

        Raises:
            ConfigurationError: nobody has said where.
        """
        if self.report is None or self.store is None:
            raise ConfigurationError("Name `report` and `store`, or read the configuration from a file.")
        return self.report, self.store
