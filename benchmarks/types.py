"""How many return types work, by every method of asking: `python -m benchmarks.types [--quick] [--verbose]`.

For each type and method a schema is made, the example value is written as a model would send it by that method, checked
against the schema that would be sent with an independent validator, read by the library, and compared with the value.
Strict schemas are used where a type has one. Without --quick, the embedded model is then asked for values of twelve
types.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from benchmarks.type_table import TABLE, TypeCase
from llm_strategy.schema import OutputSchema, output_schema

METHODS = ("json_schema", "tool", "json_object", "prompt", "grammar")
"""Ways of asking for a value."""
Read = Callable[[str], Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one type with one method."""

    ok: bool
    why: str = ""


def reader(schema: OutputSchema[Any], *, plain: bool) -> Read:
    """Return what reads a reply: the library's reader of replies, or the schema alone."""
    if plain:
        return lambda text: schema.read(json.loads(text))
    from llm_strategy.chat.reading import reader_for

    reading = reader_for(schema)
    return lambda text: reading.read(text).value


def run(case: TypeCase, method: str, *, plain: bool) -> Outcome:
    """Send one value by one method and compare what arrives."""
    try:
        schema = output_schema(case.annotation)
        sent = (schema.strict_schema() if method in {"json_schema", "tool"} else None) or schema.wrapped_schema
        data = _data(case, schema, sent)
        problem = next(Draft202012Validator(sent).iter_errors(data), None)
        if problem is not None:
            return Outcome(ok=False, why=f"schema: {problem.message}")
        value = reader(schema, plain=plain)(_reply(data, method, plain=plain))
        same = case.same(value, case.value)
    except Exception as error:
        return Outcome(ok=False, why=f"{type(error).__name__}: {error}".partition("\n")[0])
    return Outcome(same, "" if same else f"read {value!r}")


def _data(case: TypeCase, schema: OutputSchema[Any], sent: dict[str, Any]) -> Any:
    """Write the value the way a model has to with this schema: a strict one has no absent keys."""
    if case.data is not None:
        return case.data if schema.key is None else {schema.key: case.data}
    data = json.loads(json.dumps(schema.dump(case.value)))
    if sent is not schema.wrapped_schema:
        data |= {name: None for name in sent["properties"] if name not in data}
    return data


def _reply(data: Any, method: str, *, plain: bool) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return f"Here it is:\n```json\n{text}\n```" if method == "prompt" and not plain else text


def show(case: TypeCase, outcomes: dict[str, Outcome]) -> None:
    """Print one line of the table, and why something failed."""
    schema = output_schema(case.annotation)
    marks = " ".join(f"{'ok' if outcome.ok else 'SHORT':11}" for outcome in outcomes.values())
    strict = "strict" if schema.strict_schema() is not None else "plain"
    print(f"{case.name:30} {strict:7} {marks}")
    for why in dict.fromkeys(outcome.why for outcome in outcomes.values() if not outcome.ok):
        print(f"    {why[:160]}")


def embedded() -> list[tuple[str, str, bool]]:
    """Ask the embedded model for values of twelve types, and print them."""
    from benchmarks.embedded_types import ask_all
    from llm_strategy.models.local import open_local

    answers = ask_all(open_local())
    print("\nasked of the embedded model, one attempt each:")
    for name, value, valid in answers:
        print(f"{name:12} {'ok' if valid else 'SHORT':6} {value[:120]}")
    return answers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the embedded model out")
    parser.add_argument(
        "--plain", action="store_true", help="read with the schema alone, without the reader of replies"
    )
    parser.add_argument("--verbose", action="store_true", help="print the compact schema of every type as well")
    options = parser.parse_args()
    print(f"{'type':30} {'schema':7} " + " ".join(f"{method:11}" for method in METHODS))
    right, started = 0, time.perf_counter()
    for case in TABLE:
        outcomes = {method: run(case, method, plain=options.plain) for method in METHODS}
        right += sum(outcome.ok for outcome in outcomes.values())
        show(case, outcomes)
        if options.verbose:
            print("    " + output_schema(case.annotation).compact.replace("\n", "\n    "))
    total = len(TABLE) * len(METHODS)
    print(f"{len(TABLE)} types by {len(METHODS)} methods in {time.perf_counter() - started:.1f} s")
    if not options.quick:
        answers = embedded()
        right, total = right + sum(valid for _, _, valid in answers), total + len(answers)
    print(f"types: {right} of {total} (goal all) {'ok' if right == total else 'short'}")
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main())
