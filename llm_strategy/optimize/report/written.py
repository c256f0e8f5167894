"""What a file of the best hyperparameters will hold, all of it: a report may come from somebody else.

What is shown is taken out of what is written, and not from the list of candidates, which may say something else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llm_strategy.errors import StoredDataError
from llm_strategy.optimize.report.differences import text_difference
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pydantic import JsonValue

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["written_lines"]


def written_lines(report: OptimizationReport) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each value that `best` sets, with what went (`-`), what came (`+`) and what stays (a space).

    What stays is yielded, too: that it was so before is only what the report says.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> path, lines = next(written_lines(sample_report().model_copy(update={"best": '{"os:system": {}}'})))
    >>> path, lines
    ('os:system', [('+', '{}')])

    Raises:
        StoredDataError: the report is damaged: what it gives back, or has begun with, is no JSON object.
    """
    before: dict[str, JsonValue] = {leaf.path: leaf.seed for leaf in report.leaves}
    seed = _values(report.seed, "seed")
    before.update(seed)
    best = _values(report.best, "best")
    for path, value in best.items():
        if path not in before:
            yield path, _signed("+", value)
        elif json.dumps(before[path]) == json.dumps(value):
            yield path, _signed(" ", value)
        else:
            yield path, [*text_difference(before[path], value)]
    for path, value in seed.items():
        if path not in best:
            yield path, _signed("-", value)


def _signed(sign: str, value: JsonValue) -> list[tuple[str, str]]:
    return [(sign, line) for kind, line in text_difference(value, value) if kind != "-"]


def _values(text: str, name: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoredDataError(f"{name!r} of the report is no JSON: {error}.") from error
    if not is_object(found):
        raise StoredDataError(f"{name!r} of the report holds no hyperparameters: a JSON object is expected.")
    return dict(_flat(found, ""))


def _flat(values: Mapping[str, Any], path: str) -> Iterator[tuple[str, JsonValue]]:
    """Yield values by path, as leaves have it: `shop.describe:fields.title`."""
    for name, value in values.items():
        mark = ":" if path and ":" not in path else "."
        where = f"{path}{mark}{name}" if path else name
        if is_object(value) and value:
            yield from _flat(value, where)
        else:
            yield where, value
