"""What a judge is shown of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.schema import to_jsonable
from llm_strategy.tracing.capture import Capture

if TYPE_CHECKING:
    from llm_strategy.optimize.metric.scorer import Subject

__all__ = ["Judged", "judged_of"]

_CAPTURE = Capture()


@dataclass(frozen=True, slots=True)
class Judged:
    """A run as a judge is shown it. Results are JSON data, as that of the seed is, so that both look alike."""

    case: dict[str, Any]
    """What the task was called with, and what it should have given where that is known."""
    result: Any
    """What it gave."""


def judged_of(subject: Subject) -> Judged:
    """Return what a judge is shown. Values without a JSON form are described."""
    record = subject.record
    result = _data(subject.value) if record is None else record["result"]
    case = {"parameters": _shown(subject.parameters)}
    if subject.expected is not None:  # where nobody knows, small models take it for nothing that was to come
        case["expected"] = _shown(subject.expected)
    return Judged(case, result)


def _shown(value: Any) -> Any:
    """Return a value that a model can be shown, such as an image, as it is; any other one is described."""
    try:
        to_jsonable(value)
    except Exception:  # noqa: BLE001 (values of users may raise anything when they are looked at)
        return _data(value)
    return value


def _data(value: Any) -> Any:
    try:
        return to_jsonable(value)
    except Exception:  # noqa: BLE001 (see above)
        return json.loads(_CAPTURE.data(value))
