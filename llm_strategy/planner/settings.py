"""Everything that shapes a run of the planner beside its prompts, as typed hyperparameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.planner.replies.format import WHOLE_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EditFormat", "PlannerSettings", "planner_settings"]

EditFormat = Literal["blocks", "data"]
"""`blocks`: fenced blocks under paths, as models write files best; `data`: JSON, in the model's own way to give it."""

_SMALL: Final[Mapping[str, Any]] = {
    "steps": 2,
    "questions": 0,
    "reflections": 0,
    "turns": 5,
    "form": WHOLE_FILES,
    "overview_tokens": 300,
    "file_tokens": 2000,
    "feedback_tokens": 300,
    "task_tokens": 1000,
    "named_files": True,
    "lost_code": True,
    "brief": True,
    "replans": 0,
}

_Count = Annotated[int, Field(ge=1)]
_Amount = Annotated[int, Field(ge=0)]


class PlannerSettings(BaseModel):
    """How a program is planned and carried out.

    >>> PlannerSettings(turns=2).turns
    2

    Raises:
        pydantic.ValidationError: a number is out of its range, or a name unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: _Count = 10
    """Instructions that a plan has at most. With one, and with two where there are tests, no model is asked for it."""
    questions: _Amount = 3
    """Questions that are asked before planning, at most."""
    reflections: _Amount = 1
    """How often a plan is reviewed before it is carried out."""
    replans: _Amount = 1
    """How often the rest is planned anew because a step failed."""
    attempts: _Count = 2
    """How often an instruction is begun, where it says nothing itself."""
    turns: _Count = 4
    """Replies in one attempt at most."""
    patience: _Count = 2
    """How often the same reply, or the same findings, may come again before an attempt is given up."""
    edit_format: EditFormat = "blocks"
    """How the writer replies."""
    form: str = ""
    """What the writer is told of the form of replies in blocks; '' for the library's own words."""
    overview_tokens: _Count = 800
    """Room for the list of files with what they define."""
    file_tokens: _Count = 3000
    """Room for the texts of files."""
    feedback_tokens: _Count = 1000
    """Room for what came of the last replies; more is summed up in a note."""
    task_tokens: _Count = 1500
    """Room for the task."""
    named_files: bool = False
    """Whether the writer is reminded, once an attempt, of files that its instruction names and that are not there."""
    lost_code: bool = False
    """Whether the writer is asked, once an attempt, about functions that a file has lost when it was written anew."""
    brief: bool = False
    """Whether a writer in blocks is told the task, files, feedback and instruction only, not its place in the run."""
    warmth: Annotated[float, Field(ge=0, le=1)] = 0.3
    """By how much the temperature rises with each attempt after the first."""

    @classmethod
    def small(cls, **changes: Any) -> Self:
        """Return settings for models of a few billion parameters or less.

        These ask nothing, plan nothing (code comes first, its tests second) and write whole files: their plans hold the
        code that they are about, and lines that they quote are rarely the lines that are there. They are reminded of
        files that they forget, told few findings at once, and nothing of the run around their step. More `steps` are
        worth a try where there are many files.

        Args:
            **changes: what is to be otherwise.

        >>> PlannerSettings.small(turns=6).turns
        6
        """
        return cls.model_validate({**_SMALL, **changes})


@track_hyperparameters
def planner_settings(
    *,
    _steps: int = Field(10, ge=1, description="Instructions that a plan has at most."),
    _questions: int = Field(3, ge=0, description="Questions that are asked before planning, at most."),
    _reflections: int = Field(1, ge=0, description="How often a plan is reviewed before it is carried out."),
    _replans: int = Field(1, ge=0, description="How often the rest is planned anew because a step failed."),
    _attempts: int = Field(2, ge=1, description="How often an instruction is begun."),
    _turns: int = Field(4, ge=1, description="Replies in one attempt at most."),
    _patience: int = Field(2, ge=1, description="Repetitions before an attempt is given up."),
    _edit_format: Literal["blocks", "data"] = Field("blocks", description="How the writer replies."),
    _form: str = Field("", description="What the writer is told of the form of replies in blocks."),
    _overview_tokens: int = Field(800, ge=1, description="Room for the list of files with what they define."),
    _file_tokens: int = Field(3000, ge=1, description="Room for the texts of files."),
    _feedback_tokens: int = Field(1000, ge=1, description="Room for what came of the last replies."),
    _task_tokens: int = Field(1500, ge=1, description="Room for the task."),
    _named_files: bool = Field(False, description="Remind the writer of files that are named and not there."),
    _lost_code: bool = Field(False, description="Ask the writer about functions that a file has lost."),
    _brief: bool = Field(False, description="Tell the writer its task, files, feedback and instruction only."),
    _warmth: float = Field(0.3, ge=0, le=1, description="Rise of the temperature with each further attempt."),
) -> PlannerSettings:
    """Return the settings that the scopes in force give.

    >>> from llm_strategy.hyperparameters import Hyperparameters
    >>> with Hyperparameters({planner_settings: {"turns": 2}}):
    ...     planner_settings().turns
    2
    """
    given: dict[str, Any] = {name.removeprefix("_"): value for name, value in locals().items()}
    return PlannerSettings.model_validate(given)
