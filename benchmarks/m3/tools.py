"""The functions of a task as tools of the library, told in the words of the original."""

from __future__ import annotations

from typing import Any

from benchmarks.m3.tasks import Record, Task
from benchmarks.m3.worlds import functions
from llm_strategy.tools import Tool, tool

__all__ = ["as_tools"]


def as_tools(task: Task, record: Record) -> list[Tool[..., Any]]:
    """Return the tools of a task, in a fresh world."""
    known = functions(task.family, record, task.instruction)
    return [tool(name=one["name"], description=one["description"].strip())(known[one["name"]]) for one in task.tools]
