"""The tasks, the recorded observations and the web pages, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmarks.corpora import corpus

__all__ = ["Observation", "Record", "Task", "load"]


@dataclass(frozen=True)
class Observation:
    """What a tool of the original gave once."""

    family: str
    tool: str
    arguments: tuple[Any, ...]
    """By position: the recorded names differ from those of the signatures."""
    result: Any

    def __str__(self) -> str:
        return f"{self.family}.{self.tool}({', '.join(map(repr, self.arguments))}) -> {self.result!r}"


@dataclass(frozen=True)
class Record:
    """What is known of the tools."""

    rows: tuple[dict[str, Any], ...]

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        return tuple(
            Observation(row["family"], row["name"], _positional(one["args"]), one["result"])
            for row in self.rows
            for one in row.get("observations", ())
        )

    @cached_property
    def pages(self) -> dict[str, str]:
        """Content of the web pages by address."""
        return {page["name"]: page["content"] for row in self.rows for page in row.get("pages", ())}

    @cached_property
    def calls(self) -> frozenset[str]:
        """All recorded calls, as texts that can be looked up."""
        return frozenset(repr((one.family, one.tool, one.arguments)) for one in self.observations)

    def of(self, family: str, tool: str) -> list[Observation]:
        return [one for one in self.observations if (one.family, one.tool) == (family, tool)]


@dataclass(frozen=True)
class Task:
    """A task of the benchmark."""

    name: str
    family: str
    instruction: str
    tools: tuple[dict[str, str], ...]
    """Name, description and signature, as a model is told them."""
    expected: Any
    single_tool: bool

    @property
    def answer(self) -> Any:
        """The type of the answer: the return annotation of the LLM function that solves it."""
        found = self.expected
        if isinstance(found, bool | str):
            return type(found)
        if isinstance(found, int | float):
            return float
        if isinstance(found, dict):
            return dict[str, int]
        return list[float] if all(isinstance(one, int | float) for one in found) else list[Any]


def load() -> tuple[list[Task], Record]:
    """Return the tasks and the record of the tools. Raises FileNotFoundError."""
    tasks = [
        Task(
            row["name"],
            row["family"],
            row["instruction"].strip(),
            tuple(row["tools"]),
            row["expected_output"],
            row["single_tool"],
        )
        for row in corpus("m3tooleval_tasks.jsonl")
    ]
    return tasks, Record(tuple(corpus("m3tooleval_tools.jsonl")))


def _positional(arguments: dict[str, Any]) -> tuple[Any, ...]:
    values: list[Any] = []
    for name, value in arguments.items():
        values.extend(value) if name.startswith("*") else values.append(value)
    return tuple(values)
