"""Recorded replies of real models, if the shared corpora are at hand."""

import json
import os
from pathlib import Path

import pytest

from llm_strategy.errors import TruncatedError
from llm_strategy.parsing import ReplyReader

CORPORA = Path(os.environ.get("LLM_STRATEGY_SHARED", "../shared")) / "corpora"


def rows(name: str) -> list[dict]:
    path = CORPORA / name
    if not path.exists():
        pytest.skip(f"the corpus {name} is not in {CORPORA}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_cached_json_replies_give_what_was_recorded() -> None:
    for row in rows("llm_strategy_cache.jsonl"):
        if row["expected_format"] == "json" and "parsed" in row:
            reader = ReplyReader.of(row["expected_output_schema"])
            assert reader.read(row["reply"]).value == row["parsed"], row["id"]


def test_cut_off_arguments_are_told_from_whole_ones() -> None:
    reader = ReplyReader.of({"type": "object"})
    for row in rows("l2mac_replies.jsonl"):
        if row["function_call"] and row["arguments_valid_json"]:
            assert reader.read_arguments(row["function_call"]["arguments"]).repairs == (), row["id"]
        elif row["function_call"] and row["finish_reason"] == "length":
            with pytest.raises(TruncatedError):
                reader.read_arguments(row["function_call"]["arguments"])
