"""What a search for better hyperparameters has found: one value that JSON holds, and that says how far to trust it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from llm_strategy.errors import StoredDataError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.optimize.report.parts import (
    Calibration,
    GainRecord,
    LeafRecord,
    MemberRecord,
    MissingRecord,
    Spent,
    SyntheticRecord,
)

__all__ = ["FORMAT", "OptimizationReport"]

FORMAT: Final = 1
"""The form of the JSON. A report of a later form is refused, not guessed at."""


class OptimizationReport(BaseModel):
    """What was found, how sure it is, what it cost, and everything that was tried.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> report = sample_report()
    >>> OptimizationReport.model_validate_json(report.model_dump_json()) == report
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    format: int = FORMAT
    """The form of the JSON."""
    task: str
    """The task, in a few words."""
    best: str
    """The hyperparameters to use, as JSON: `Hyperparameters.model_validate_json(report.best)` is a scope of them."""
    seed: str
    """Those that it began with, as JSON."""
    best_number: int
    """The candidate that `best` is: the winner, or the seed where no gain can be shown."""
    winner_number: int
    """The best candidate by validation."""
    gain: GainRecord | None = None
    """What the winner gains over the seed; None where there was nothing to compare."""
    judged_before: int = 0
    """How often the cases that judge the gain were opened before, for other candidates or for fewer of the cases, by
    the same search with another budget. The interval of the gain is wider for that."""
    test_scores: dict[str, float] = {}
    """Mean test scores by `seed` and `winner`; empty where there is no test."""
    reason: str = ""
    """Why it ended; '' for a run that is not over."""
    steps: int = 0
    """How many steps were made."""
    rollouts: int = 0
    """How many times the task was carried out."""
    seconds: float = 0.0
    """How long it took, over all the times that it was begun."""
    task_spent: Spent = Spent()
    """What the model of the task has cost."""
    optimizer_spent: Spent = Spent()
    """What the model that proposes, reflects and judges has cost."""
    budget: dict[str, float] = {}
    """What could be spent, by the names of `Budget`; what has no limit is absent."""
    leaves: tuple[LeafRecord, ...] = ()
    """What was searched."""
    members: tuple[MemberRecord, ...] = ()
    """Everything that was tried, the seed first."""
    front: tuple[int, ...] = ()
    """Numbers of the candidates that no other one dominates."""
    calibration: Calibration = Calibration()
    """What the told probabilities of improvement were worth."""
    missing: tuple[MissingRecord, ...] = ()
    """Hyperparameters that the task should have, what matters most first."""
    synthetic: tuple[SyntheticRecord, ...] = ()
    """Cases that a model made up."""
    self_evaluated: bool = False
    """Whether scores are what the model thinks of its own runs, as there was neither a metric nor a judge."""
    judge_noise: float | None = None
    """Standard deviation of a judge's scores when it is asked again; None where there is no judge."""
    failed: int = 0
    """How many rollouts ended in an error of the task."""
    failure: str = ""
    """The commonest of these errors."""
    failure_count: int = 0
    """How many ended in this one."""
    warnings: tuple[str, ...] = ()
    """What has to be known of how the search went, such as that a proposer gave nothing of use."""
    engine: str = "llm-strategy"
    """Whose algorithm it was."""
    random_seed: int = 0
    """What everything that was drawn is seeded by."""
    versions: dict[str, str] = {}
    """Versions of the packages that took part."""
    hashes: dict[str, str] = {}
    """Hashes of `data`, `space`, `code` and `settings`."""
    settings: dict[str, JsonValue] = Field(default={})
    """What it was set up with."""

    def scope(self) -> Hyperparameters:
        """Return a scope of the best hyperparameters. Raises HyperparameterError where a function is not known."""
        return Hyperparameters.model_validate_json(self.best)

    def values(self, number: int) -> dict[str, JsonValue]:
        """Return the values of a candidate by leaf. Raises KeyError where there is none, but for the seed."""
        seed: dict[str, JsonValue] = {leaf.path: leaf.seed for leaf in self.leaves}
        if number == 0 and not self.members:  # nothing was tried yet
            return seed
        return seed | self.member(number).changes

    def member(self, number: int) -> MemberRecord:
        """Return a candidate by its number. Raises KeyError where there is none."""
        if 0 <= number < len(self.members) and self.members[number].number == number:
            return self.members[number]
        found = next((one for one in self.members if one.number == number), None)
        if found is None:
            raise KeyError(number)
        return found

    def changes(self, number: int | None = None, of: int = 0) -> dict[str, tuple[JsonValue, JsonValue]]:
        """Return what differs between two candidates: value before and after, by leaf.

        Args:
            number: a candidate; None for the best one.
            of: the candidate that it is compared with, the seed by default.
        """
        before, after = self.values(of), self.values(self.best_number if number is None else number)
        return {path: (before[path], after[path]) for path in before if before[path] != after[path]}

    @property
    def is_seed(self) -> bool:
        """Whether the seed is given back."""
        return self.best_number == 0

    @property
    def verdict(self) -> str:
        """What is given back, and why, in a sentence."""
        if not self.reason:
            best = "the seed" if self.winner_number == 0 else f"candidate {self.winner_number}"
            return f"The search is not over: so far {best} is the best by validation, and nothing was judged."
        if len(self.members) <= 1:
            return "The seed is returned: nothing else was tried."
        if self.winner_number == 0:
            return "The seed is returned: nothing that was tried is better by validation."
        if self.is_seed and self.gain is None:
            return f"The seed is returned: candidate {self.winner_number} was not compared with it."
        if self.is_seed:
            where = "includes zero, so no gain is shown" if self.gain and self.gain.high >= 0 else "is below zero"
            return f"The seed is returned: the interval of the gain of candidate {self.winner_number} {where}."
        return f"Candidate {self.best_number}, made by {self.member(self.best_number).proposer!r}, is returned."

    @property
    def cautions(self) -> tuple[str, ...]:
        """What has to be known before the figures are believed, a sentence each."""
        found: list[str] = [*self.warnings]
        if self.failed:
            often = f" ({self.failure_count} times)" if self.failure_count < self.failed else ""
            found.insert(0, f"{self.failed} of {self.rollouts} rollouts failed: {self.failure}{often}")
        if self.self_evaluated:
            found.append("There was neither a metric nor a judge: scores are the model's own opinion of its runs.")
        if self.gain is not None and self.gain.split == "val":
            found.append("There were no test cases: the gain was taken on validation cases that were set aside for it.")
        if self.gain is not None and self.judged_before:
            often = "once" if self.judged_before == 1 else f"{self.judged_before} times"
            found.append(
                f"The cases that judge the gain were opened {often} before, as the search went on with another budget: "
                f"its interval is wider for that, so that {self.judged_before + 1} such intervals hold together."
            )
        if self.judge_noise:
            found.append(f"The judge's scores differ by {self.judge_noise:.3f} (standard deviation) when asked again.")
        if None in {self.task_spent.dollars, self.optimizer_spent.dollars}:
            found.append("The price of a model is not known: dollars are a lower bound, or unknown.")
        return tuple(found)

    def __str__(self) -> str:
        from llm_strategy.optimize.report.lines import report_lines  # a report is read more often than printed

        return "\n".join(report_lines(self))

    def save(self, path: str | Path) -> Path:
        """Write the report as JSON, as a whole or not at all, and return where. Raises OSError."""
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{token_hex(4)}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
                file.write(self.model_dump_json(indent=1))
            beside.replace(place)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        return place

    @classmethod
    def load(cls, path: str | Path) -> OptimizationReport:
        """Read a report. Raises StoredDataError where there is none, or it is damaged or of a later form."""
        place = Path(path)
        try:
            text = place.read_bytes()
        except OSError as error:
            raise StoredDataError(f"The report {str(place)!r} cannot be read: {error.strerror}.") from error
        return cls.read(text, str(place))

    @classmethod
    def read(cls, text: str | bytes, where: str = "a report") -> OptimizationReport:
        """Read a report from JSON. Raises StoredDataError.

        Args:
            text: the JSON.
            where: what messages call it.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            found = _Form.of(text)
            if found is not None and found > FORMAT:
                raise StoredDataError(
                    f"{where!r} is a report of the form {found}, and this version reads forms up to {FORMAT}. "
                    "Install a later llm-strategy."
                ) from error
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the whole"
            raise StoredDataError(f"{where!r} is no report of an optimization: {place}: {first['msg']}.") from error

    @classmethod
    def from_store(cls, path: str | Path) -> OptimizationReport:
        """Return the report of a run out of its file, also of one that is not over.

        Raises:
            WorkspaceError: there is no such file.
            StoredDataError: it is damaged, or a file of another kind.
        """
        from importlib import import_module  # the store is not needed to read a report

        made: OptimizationReport = import_module("llm_strategy.optimize.report.of_store").report_of_store(Path(path))
        return made


class _Form(BaseModel):
    """Only the form of a report."""

    format: int

    @classmethod
    def of(cls, text: str | bytes) -> int | None:
        try:
            return cls.model_validate_json(text).format
        except ValidationError:
            return None
