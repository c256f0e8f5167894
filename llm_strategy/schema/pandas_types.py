"""pandas frames and series as JSON.

A frame is `{"columns": [...], "rows": [[...], ...]}`: column names are written once, which costs a model far
fewer tokens than a list of records, and has a fixed shape, which strict structured outputs need. Records are
read as well. A series is a list of values; one with a labelled index is shown as an object, and read back
from one.

Covered: cells that are text, numbers, booleans, dates (as ISO text) or missing (null). Not covered: the row
index of a frame, dtypes beyond what JSON tells apart, multi-level columns.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

from llm_strategy.schema.adapters import register_type

__all__ = ["register"]

# pandas has no complete types of its own: to the checkers it is Any.
pd: Any = importlib.import_module("pandas")

_CELL: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]}
_FRAME: dict[str, Any] = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"type": "array", "items": _CELL}},
    },
    "required": ["columns", "rows"],
    "additionalProperties": False,
}


def register() -> None:
    """Register DataFrame, Series and Timestamp."""
    register_type(pd.DataFrame, schema=_FRAME, to_json=_frame_to_json, from_json=_frame_from_json)
    register_type(
        pd.Series,
        schema={"type": "array", "items": _CELL},
        to_json=_series_to_json,
        from_json=_series_from_json,
    )
    register_type(
        pd.Timestamp,
        schema={"type": "string", "format": "date-time"},
        to_json=pd.Timestamp.isoformat,
        from_json=pd.Timestamp,
    )


def _frame_to_json(frame: Any) -> Any:
    split = json.loads(frame.to_json(orient="split", date_format="iso", index=False))
    return {"columns": [str(name) for name in split["columns"]], "rows": split["data"]}


def _frame_from_json(data: Any) -> Any:
    if isinstance(data, list):
        return pd.DataFrame.from_records(data)
    return pd.DataFrame(data["rows"], columns=data["columns"])


def _series_to_json(series: Any) -> Any:
    if isinstance(series.index, pd.RangeIndex):
        return json.loads(series.to_json(orient="values", date_format="iso"))
    return json.loads(series.to_json(orient="index", date_format="iso"))


def _series_from_json(data: Any) -> Any:
    return pd.Series(data)
