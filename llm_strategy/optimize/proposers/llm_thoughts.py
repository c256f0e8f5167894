"""Reflections by the run that they are about: no run is reflected on twice.

A parent is shown again and again, and so are its runs: what was thought of them is paid for once. It is written down in
the log at once, also where nothing came of the answer, and read again where a search goes on: so that is asked the same
as one that was never broken off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llm_strategy.optimize.loop.task_reflection import TaskReflection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Thoughts"]

_MOST = 500


class Thoughts:
    """Keeps the latest reflections, and what they found missing. Not kept: further fields of a subclass.

    >>> thoughts = Thoughts()
    >>> told = TaskReflection(feedback="Dull.", evaluation="", hyperparameter_suggestion="", hyperparameter_missing="")
    >>> thoughts.keep("seed/train/a/0", told, 0.5)
    >>> thoughts.about("seed/train/a/0").feedback, thoughts.about("seed/train/b/0")
    ('Dull.', None)

    Args:
        most: how many are kept; those that were made first are forgotten first.
    """

    def __init__(self, most: int = _MOST) -> None:
        self.missing: list[tuple[str, float | None]] = []
        """What was found missing, with the scores of the runs; each run counts once."""
        self._most = most
        self._kept: dict[str, TaskReflection] = {}
        self._notes: list[dict[str, Any]] = []

    def about(self, key: str) -> TaskReflection | None:
        """Return what is thought of the run that `Order.key` names; None where nothing is."""
        return self._kept.get(key)

    def keep(self, key: str, reflection: TaskReflection, score: float | None) -> None:
        """Keep what is thought of a run, and note it; what is known already is not changed.

        Args:
            key: names the run, see `Order.key`.
            reflection: the thoughts.
            score: the score of the run.
        """
        if key in self._kept:
            return
        data = reflection.model_dump(mode="json", include=set(TaskReflection.model_fields))
        note = {"order": key, "score": score, "reflection": data}
        self._notes.append(note)
        self._take(note)

    def take_notes(self) -> list[dict[str, Any]]:
        """Return what was kept since the last time that this was asked, as JSON data."""
        notes, self._notes = self._notes, []
        return notes

    def restore(self, notes: Iterable[Mapping[str, Any]]) -> None:
        """Keep again what was kept before a run was broken off."""
        for note in notes:
            self._take(note)

    def _take(self, note: Mapping[str, Any]) -> None:
        """Keep a note, as it is read out of the log: what was just thought is no other than what is read again."""
        try:
            reflection = TaskReflection.model_validate(note["reflection"])
        except (KeyError, ValidationError):  # of an earlier version: there is no more to know
            return
        self.missing.append((reflection.hyperparameter_missing, note["score"]))
        self._kept[note["order"]] = reflection
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
