"""Opening steps of a run again by hand, so that they are done once more when the run is resumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import InputError
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.planner.state import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["reopen_steps"]


def reopen_steps(workspace: str | Path, steps: Sequence[str], *, failed: bool = False) -> tuple[str, ...]:
    """Open steps again, and return their paths. What they have made stays in the files; what they cost stays counted.

    Args:
        workspace: the folder of the run, which must not be under way.
        steps: paths of steps that are over, as `program show` tells them.
        failed: whether to open all steps that failed as well.

    Raises:
        InputError: a step is not over, or there is none of that name; nothing was opened.
        WorkspaceError: there is no run, or it is under way.
    """
    place = Path(workspace).expanduser()
    with RunState.reading(place) as record:
        over = {path: outcome for path, outcome in record.outcomes.items() if not path.startswith(":")}
    wanted = list(dict.fromkeys([*steps, *(path for path, outcome in over.items() if failed and outcome == "failed")]))
    for path in wanted:
        if path not in over:
            names = ", ".join(map(repr, over)) or "none"
            raise InputError(f"No step {path!r} is over. {near(path, over)}Steps that are over: {names}.")
    if not wanted:
        raise InputError("No step is named, and none has failed." if failed else "No step is named. Give their paths.")
    with RunState(place) as state:
        state.reopen(*wanted)
    return tuple(wanted)
