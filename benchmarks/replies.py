"""How many recorded replies are read right, and how fast: `python -m benchmarks.replies [--quick] [--verbose]`.

Every reply of five corpora is read and compared with what was recorded. A row on which our policy differs from that
of the library it comes from is counted apart; every kind of difference has a predicate and a reason (`DIFFERENCES`).
Then come replies made to stall a reader. Covered: OpenAI chat replies, tool arguments, text. Not covered: YAML and
scratch-pad replies, other providers' envelopes.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.corpora import corpus, corpus_path
from llm_strategy.errors import (
    FilteredError,
    InvalidValueError,
    LLMStrategyError,
    RefusedError,
    ReplyError,
    TruncatedError,
)
from llm_strategy.parsing import ReplyReader, check_finish

GOAL_SHARE = 0.95
LONGEST_REPLY_MS = 250.0
MS_PER_MEGABYTE = 500.0


@dataclass(frozen=True)
class Outcome:
    """What came of one reply."""

    value: Any = None
    error: BaseException | None = None
    repairs: tuple[str, ...] = ()
    milliseconds: float = 0.0

    @property
    def crashed(self) -> bool:
        """Whether an error came out that is not one of ours."""
        return self.error is not None and not isinstance(self.error, LLMStrategyError)

    def __str__(self) -> str:
        shown = f"{type(self.error).__name__}: {self.error}" if self.error else json.dumps(self.value, default=repr)
        return f"{shown[:300]} {self.repairs or ''}"


@dataclass
class Tally:
    """The figures of one corpus."""

    name: str
    goal: float = GOAL_SHARE
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    """Rows that are damaged and not cut off, each with what became of it."""
    differences: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Part of the rows that came out right, of those whose policy is shared."""
        return self.right / max(1, self.right + len(self.wrong) + len(self.crashed))

    @property
    def good(self) -> bool:
        """Whether every goal of the corpus is met."""
        slow = max(self.milliseconds, default=0.0) > LONGEST_REPLY_MS
        return bool(self.right) and self.share >= self.goal and not self.crashed and not slow

    def count(self, row_id: str, outcome: Outcome, *, right: bool, difference: str | None = None) -> None:
        """Count one row; `difference` is the kind of policy difference that would explain a wrong one."""
        self.milliseconds.append(outcome.milliseconds)
        if outcome.crashed:
            self.crashed.append(f"{row_id}: {outcome}")
        elif right:
            self.right += 1
        elif difference:
            self.differences[difference] += 1
            self.notes.append(f"{row_id}: {difference}")
        else:
            self.wrong.append(f"{row_id}: {outcome}")


def attempt(action: Callable[[], Any]) -> Outcome:
    """Run one reading and time it, in processor time: reading never waits, and other programs must not count."""
    start = time.thread_time()
    try:
        result = action()
    except Exception as error:
        return Outcome(error=error, milliseconds=(time.thread_time() - start) * 1000)
    took = (time.thread_time() - start) * 1000
    return Outcome(getattr(result, "value", result), None, getattr(result, "repairs", ()), took)


def reading(target: Any, text: str, *, partial: bool = False, strict: bool = False) -> Outcome:
    """Read one reply; compiling the reader is not counted."""
    made = attempt(lambda: ReplyReader.of(target, strict=strict))
    return made if made.error else attempt(lambda: made.value.read(text, partial=partial))


# --- differences of policy ------------------------------------------------------------------------------------------


def _unclosed(text: str) -> bool:
    """Whether brackets or quotes are left open at the end of a text."""
    bare = re.sub(r'"(?:[^"\\]++|\\.)*+"', "", text, flags=re.DOTALL)
    return '"' in bare or any(bare.count(opener) > bare.count(closer) for opener, closer in ("{}", "[]", "()"))


def _values_in(text: str) -> list[Any]:
    """The well-formed JSON containers that stand one behind the other in a text."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while match := re.search(r"[{\[]", text[at:]):
        try:
            value, length = decoder.raw_decode(text[at + match.start() :])
            found.append(value)
            at += match.start() + length
        except ValueError:
            at += match.start() + 1
    return found


def _letters(value: Any) -> str:
    return re.sub(r"\W", "", json.dumps(value, ensure_ascii=False))


def _nulls_for_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nulls_for_empty(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_nulls_for_empty(item) for item in value]
    return None if value == "" else value


Predicate = Callable[[dict[str, Any], Outcome], bool]
DIFFERENCES: dict[str, tuple[Predicate, str]] = {
    "cut off": (
        lambda row, got: isinstance(got.error, TruncatedError) and _unclosed(row["input"]),
        "a text that ends inside a value is a TruncatedError; with partial=True an unfinished number is not guessed",
    ),
    "several values": (
        lambda row, got: (
            "text around the value" in got.repairs
            and (
                (isinstance(row["expected"], list) and got.value in row["expected"])
                or (got.value in _values_in(row["input"]) and len(_values_in(row["input"])) > 1)
            )
        ),
        "of several values that fit, one is the answer; they are not gathered into a list nobody asked for",
    ),
    "bare words": (
        lambda row, _: isinstance(row["expected"], list) and not re.search(r"[{\[(]", row["input"]),
        "a text without brackets is one text; it is not split at commas or lines into a list",
    ),
    "nothing there": (
        lambda row, _: row["expected"] in ("", None) and not re.search(r"[{\[(]", row["input"]),
        "where there is no JSON, json_repair returns an empty text; here it is the literal, the text or a typed error",
    ),
    "null for missing": (
        lambda row, got: got.error is None and got.value == _nulls_for_empty(row["expected"]) != row["expected"],
        "a value that is missing is null, not an empty text",
    ),
    "upstream gives up": (
        lambda row, got: (
            row["expect_error"]
            and got.error is None
            and (not row["options"] or (row["input_is_valid_json"] and not row["options"].get("schema")))
        ),
        "upstream stops at damage that has one obvious reading, or at valid JSON under options of its own",
    ),
    "cautious mode": (
        lambda row, got: row["options"].get("schema_repair_mode") == "standard" and got.error is None,
        "a text that encodes the list or object asked for is decoded, as upstream does in its other mode",
    ),
    "text is text": (
        lambda row, got: row["options"].get("schema") == {"type": "string"} and got.value == row["input"],
        "for a text, the whole reply is the value, whatever it looks like",
    ),
    "missing quote": (
        lambda _, got: "missing closing quote" in got.repairs and got.error is None,
        "a string without its closing quote reaches to the bracket that ends the text, not to a comma inside it",
    ),
    "stray quote": (
        lambda row, got: (
            "unescaped quote" in got.repairs and _letters(got.value) == _letters(row["expected"]) and got.error is None
        ),
        "a quote that ends nothing stays in its text: no letter is lost, and the text is not split there",
    ),
    "missing list": (
        lambda row, got: (
            isinstance(got.error, InvalidValueError)
            and "is missing" in str(got.error.problems)
            and "[]" in json.dumps(row["expected"])
        ),
        "a list that is required and missing is a problem for the next attempt, not an empty list",
    ),
    "salvage": (
        lambda row, _: row["options"].get("schema_repair_mode") == "salvage",
        "items that do not fit are not dropped, and required values are not invented",
    ),
    "unknown escape": (
        lambda row, got: (
            got.error is None
            and json.dumps(got.value).replace("\\\\", "") == json.dumps(row["expected"]).replace("\\\\", "")
        ),
        "an unknown escape keeps its backslash: it is code, such as a regular expression",
    ),
}


def difference(row: dict[str, Any], outcome: Outcome) -> str | None:
    """Name the kind of difference that explains a row, if one does."""
    row = {"options": {}, "expected": None, "expect_error": False, **row}
    return next((name for name, (applies, _) in DIFFERENCES.items() if applies(row, outcome)), None)


# --- corpora --------------------------------------------------------------------------------------------------------


def cache() -> Tally:
    """Replies of completion and chat models to prompts of the first version of this library."""
    tally = Tally("llm_strategy_cache", goal=1.0)
    for row in corpus("llm_strategy_cache.jsonl"):
        if row["expected_format"] != "json":
            continue
        outcome = reading(row["expected_output_schema"], row["reply"])
        if row.get("parse") == "malformed":
            right = isinstance(outcome.error, TruncatedError)
        else:
            right = outcome.error is None and outcome.value == row["parsed"]
        tally.count(row["id"], outcome, right=right)
    return tally


def _schema_of_call(row: dict[str, Any], name: str) -> Any:
    for tool in row.get("tools") or ():
        if tool["name"] == name:
            return tool.get("schema") or {}
    return None


def _finish_of(row: dict[str, Any]) -> Outcome:
    calls = row.get("tool_calls") or ()
    known = [tool["name"] for tool in row.get("tools") or ()]
    return attempt(
        lambda: check_finish(
            row.get("reply"),
            finish_reason=row.get("finish_reason"),
            refusal=row.get("refusal"),
            tool_names=[call["name"] for call in calls],
            known_tools=known or None,
        )
    )


def cassettes() -> Tally:
    """Recorded exchanges with OpenAI-compatible chat servers."""
    tally = Tally("llm_cassettes", goal=1.0)
    for row in corpus("llm_cassettes.jsonl.gz"):
        if row["api"] != "openai.chat_completions":
            continue
        finish = _finish_of(row)
        wanted = {"length": TruncatedError, "content_filter": FilteredError}.get(row.get("finish_reason") or "")
        wanted = RefusedError if row.get("refusal") else wanted
        if wanted or finish.error:
            empty = not (row.get("reply") or "").strip() and not row.get("tool_calls")
            tally.count(row["id"], finish, right=isinstance(finish.error, wanted) if wanted else empty)
            continue
        for call in row.get("tool_calls") or ():
            _count_call(tally, row, call)
        schemas = [item for item in row.get("expected_output_schema") or () if item["kind"] != "forced_tool"]
        if schemas and row.get("reply") and row.get("parse") and not row.get("tool_calls"):
            outcome = reading(schemas[0].get("schema") or {}, row["reply"])
            tally.count(row["id"], outcome, right=outcome.error is None and outcome.value == row["parsed"])
    return tally


def _count_call(tally: Tally, row: dict[str, Any], call: dict[str, Any]) -> None:
    schema = _schema_of_call(row, call["name"])
    if schema is None:
        return
    outcome = attempt(lambda: ReplyReader.of(schema).read_arguments(call["arguments"]))
    if call.get("arguments_schema_ok"):
        right = outcome.error is None and outcome.value == json.loads(call["arguments"] or "{}")
    else:
        right = not outcome.crashed
        tally.notes.append(f"{row['id']}: arguments that do not fit: {call['arguments']!r} -> {outcome}")
    tally.count(row["id"], outcome, right=right)


def l2mac() -> Tally:
    """Function-call arguments of GPT-4, many of them cut off or malformed.

    What is cut off has to be reported as that; what is malformed otherwise is recovered where it can be, else a typed
    error, and listed either way.
    """
    tally = Tally("l2mac_replies", goal=1.0)
    for row in corpus("l2mac_replies.jsonl"):
        call = row.get("function_call")
        if not call:
            continue
        outcome = reading({"type": "object"}, call["arguments"])
        if row["arguments_valid_json"]:
            tally.count(
                row["id"], outcome, right=outcome.error is None and outcome.value == json.loads(call["arguments"])
            )
        elif row["finish_reason"] == "length" or (row["json_error"] or "").startswith("Unterminated string"):
            mended = outcome.error is None and row["finish_reason"] != "length"
            tally.count(row["id"], outcome, right=mended or isinstance(outcome.error, TruncatedError))
        else:
            recovered = outcome.error is None
            tally.count(row["id"], outcome, right=recovered or isinstance(outcome.error, ReplyError))
            tally.malformed.append(f"{row['id']}: {'recovered' if recovered else outcome}")
    return tally


def _closed(schema: Any) -> Any:
    """BAML's classes are closed: fields they do not name are dropped."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(item) for key, item in schema.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def _without_nulls(value: Any) -> Any:
    """BAML writes an optional field that is missing as null; a JSON schema leaves it out."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def baml() -> Tally:
    """Cases of BAML's schema-aligned parser."""
    tally = Tally("baml_parsing")
    for row in corpus("baml_parsing.jsonl"):
        outcome = reading(_closed(row["target"]), row["input"], partial=row["partial"])
        if row["expect_error"]:
            right = isinstance(outcome.error, LLMStrategyError)
        elif not row["has_expected"]:
            right = outcome.error is None
        else:
            right = outcome.error is None and _without_nulls(outcome.value) == _without_nulls(row["expected"])
        tally.count(row["id"], outcome, right=right, difference=difference(row, outcome))
    return tally


def json_repair() -> Tally:
    """Cases of json_repair (Python) and jsonrepair (JavaScript)."""
    tally = Tally("json_repair_cases")
    for row in corpus("json_repair_cases.jsonl"):
        options = row["options"] or {}
        outcome = reading(options.get("schema", {}), row["input"], strict=bool(options.get("strict")))
        right = outcome.error is None and outcome.value == row["expected"]
        if row["expect_error"]:
            right = isinstance(outcome.error, LLMStrategyError)
        elif not row.get("has_expected_value") and row.get("expected_text") is None:
            right = not outcome.crashed
        elif isinstance(outcome.error, TruncatedError):
            prefix = reading(options.get("schema", {}), row["input"], partial=True)
            right = prefix.error is None and prefix.value == row["expected"]
        tally.count(row["id"], outcome, right=right, difference=difference(row, outcome))
    return tally


# --- replies made to stall a reader ---------------------------------------------------------------------------------


def hostile(scale: int) -> Iterator[tuple[str, str]]:
    """Texts on which other readers take seconds, or never end."""
    yield "[ x 1M", "[" * 10 * scale
    yield "balanced [] x 500k", "[" * 5 * scale + "]" * 5 * scale
    yield '{"a": x 100k', '{"a":' * scale
    yield "1M digits", "1" * 10 * scale
    yield "1M digits in a list", "[" + "1" * 10 * scale + ",]"
    yield "1e999999999", '{"a": 1e999999999}'
    yield "10 MB string, unclosed", '{"a": "' + "x" * 100 * scale
    yield "{ and 100k quotes", "{" + '"' * scale
    yield "{ and 100k escaped quotes", '{"a": "' + '\\"' * scale + '",}'
    yield "text { x 100k", "text { " * scale
    yield "200k keys, cut", "{" + ",".join(f'"key{number}": {number}' for number in range(2 * scale))
    yield "200k keys, damaged", "{" + ",".join(f"'key{number}': {number}" for number in range(2 * scale)) + ",}"
    yield '{"a": "b" c, x 50k', '{"a": "' + 'b" c, ' * (scale // 2) + '"}'
    yield '["x, x 100k', '["' + '"x, ' * scale
    yield "quotes and newlines", '{"a": "' + '",\n "' * scale
    yield "fences", "```json\n" * scale
    yield "thinking tags", "<think>" * scale + "{}"
    yield "commas", "[" + "," * 10 * scale + "1"
    yield "spaces", "{" + " " * 10 * scale + '"a" 1'
    yield "comments", "{" + "/*" * 5 * scale
    yield "NUL and surrogates", '{"a": "\ud800\x00",}' * (scale // 10)
    yield "backslashes", '{"a": "' + "\\" * 10 * scale
    yield "html", "<html>" + "<" * 10 * scale
    yield "calls", "a(" * scale


def stalls(scale: int) -> Tally:
    """Read hostile texts; what counts is that each ends, in time, in a value or a typed error."""
    tally = Tally("hostile texts", goal=1.0)
    target = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    for name, text in hostile(scale):
        for kind, schema in (
            ("object", target),
            ("any", {}),
            ("list", {"type": "array", "items": {"type": "integer"}}),
        ):
            outcome = reading(schema, text)
            limit = max(LONGEST_REPLY_MS, MS_PER_MEGABYTE * len(text) / 1e6)
            tally.notes.append(f"{name} as {kind}: {outcome.milliseconds:.0f} ms of {limit:.0f}, {str(outcome)[:70]}")
            relative = Outcome(outcome.value, outcome.error, (), outcome.milliseconds / limit * LONGEST_REPLY_MS)
            tally.count(f"{name} as {kind}", relative, right=outcome.milliseconds <= limit)
    return tally


def show(tally: Tally) -> None:
    """Print one line of the table."""
    times = sorted(tally.milliseconds) or [0.0]
    counted = tally.right + len(tally.wrong) + len(tally.crashed)
    print(
        f"{tally.name:20} {len(times):6} {sum(tally.differences.values()):7} {tally.right:6}/{counted:<6}"
        f" {100 * tally.share:6.1f} % {len(tally.crashed):7} {statistics.median(times):8.3f}"
        f" {times[int(0.99 * (len(times) - 1))]:8.2f} {times[-1]:8.1f}  {'ok' if tally.good else 'short'}"
    )


CORPORA = {
    "llm_strategy_cache.jsonl": cache,
    "llm_cassettes.jsonl.gz": cassettes,
    "l2mac_replies.jsonl": l2mac,
    "baml_parsing.jsonl": baml,
    "json_repair_cases.jsonl": json_repair,
}
"""What reads each file; a file that is not there is left out."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="hostile texts at a tenth of their size")
    parser.add_argument("--verbose", action="store_true", help="list every row that is wrong, differs or was mended")
    options = parser.parse_args()
    here = [tally for name, tally in CORPORA.items() if corpus_path(name).exists()]
    if not here:
        print(f"replies: not run, no corpora in {corpus_path('')} (goal >= 95 %) short")
        return 1
    tallies = [*(tally() for tally in here), stalls(10_000 if options.quick else 100_000)]
    print("corpus                 read  differ         right    share crashed   p50 ms   p99 ms   max ms")
    for tally in tallies:
        show(tally)
    for tally in tallies:
        for line in [*tally.wrong, *tally.crashed]:
            print(f"  wrong  {tally.name}: {line}"[:500])
        for line in tally.malformed:
            print(f"  malformed  {tally.name}: {line}"[:500])
        for line in tally.notes if options.verbose else ():
            print(f"  note   {tally.name}: {line}"[:500])
    kinds = sum((tally.differences for tally in tallies), Counter[str]())
    for kind, number in kinds.most_common():
        print(f"  {number:3} differ by policy, {kind}: {DIFFERENCES[kind][1]}")
    lowest = min(tally.share for tally in tallies)
    good = all(tally.good for tally in tallies)
    verdict = "ok" if good else "short"
    print(f"replies: {100 * lowest:.1f} % right in the hardest corpus (goal >= 95 %, no crash, <= 250 ms) {verdict}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
