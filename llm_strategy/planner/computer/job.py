"""What a run has to do, and what it has to do it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import resolve
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.hooks import Hooks
from llm_strategy.planner.parts import Parts, asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.planner.domains import Domain
    from llm_strategy.planner.evaluators import Evaluators, Verdict
    from llm_strategy.planner.file_store import FileStore
    from llm_strategy.planner.settings import PlannerSettings
    from llm_strategy.planner.state import RunState

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """A run in a workspace."""

    task: str
    """What was asked for."""
    domain: Domain
    """What kind of thing that is."""
    settings: PlannerSettings
    """How it is planned and carried out."""
    store: FileStore
    """The files."""
    state: RunState
    """How far the run has come."""
    evaluators: Evaluators
    """Who judges the files."""
    model: ModelLike | None = None
    """Who answers; None for the default model."""
    parts: Parts = field(default_factory=Parts)
    """What does the work."""
    hooks: Hooks = field(default_factory=Hooks)
    """Who is asked and told."""
    budget: PlannerBudget = field(default_factory=PlannerBudget)
    """What it may spend."""
    commit: Callable[[str, str], object] | None = None
    """Keeps what a step has changed in a repository, under a message."""

    def ask(self, part: str, member: str, temperature: float | None = None) -> Callable[..., Flow[Any]]:
        """Return what calls a member of a part as a flow."""
        return asked(self.member(part, member), self.model_of(part), temperature)

    def member(self, part: str, member: str) -> Any:
        """Return a member of a part."""
        return getattr(getattr(self.parts, part), member)

    def model_of(self, part: str) -> ModelLike | None:
        """Return who answers for a part."""
        return self.parts.models.get(part, self.model)

    def journal_name(self, step: str, *depends: object) -> str:
        """Return the name of the journal of a step.

        It is another one where what the step is made of has changed: what was answered then is no answer now.
        """
        told = repr((*depends, self.task, self.settings.model_dump_json(), self._models))
        return f"{step}~{sha256(told.encode()).hexdigest()[:8]}"

    @cached_property
    def _models(self) -> list[str]:
        return [resolve(self.model_of(part)).name for part in ("analyst", "architect", "judge", "writer")]

    @cached_property
    def known_findings(self) -> tuple[str, ...]:
        """What was wrong before the run began, as often as it was: nobody has to mend that."""
        return tuple(self.state.get("baseline") or ())

    def new_findings(self, verdict: Verdict) -> Verdict:
        """Return a verdict without what was wrong before the run."""
        from llm_strategy.planner.computer.findings import without  # evaluators are loaded when they are needed

        return without(verdict, self.known_findings)
