"""Do the replies of a recorded optimization parse into the types of our loop, and does our loop go the recorded way?

python -m benchmarks.recorded_optimization [--quick]

The record is one run of the essay task with an older version of this library: 7 essays, 7 reflections, 2 suggestions, 2
probabilities, written by two models. `optimize_hyperparameters` is given these replies, in their order, by a model that
answers out of the record. Counted are the replies of which our value is the one that was read then, in a call of the
same function at the same input. The hyperparameters of the record have a form of their own; a translation puts its
docstring into force here. What suggestions change in the prompt template of the time is read, and not put into force.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.corpora import corpus
from llm_strategy import Hyperparameters, ModelLike, llm_function
from llm_strategy.optimize.loop import optimize_hyperparameters
from llm_strategy.schema import to_jsonable
from llm_strategy.testing import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from llm_strategy.optimize.loop import LoopReport

__all__ = ["Recorded", "Replay", "main", "recorded", "replay"]

console = Console()
NAME = "llm_strategy_trace.jsonl"


class EssayInputs(BaseModel):
    """What an essay is written from."""

    essay_topic: str = Field(description="The topic.")


class EssayPart(BaseModel):
    """What could be changed of the essay function."""

    docstring: str
    json_schema: dict[str, Any]


class MainPart(BaseModel):
    """What could be changed of the script."""

    write_essay: EssayPart


class QueryPart(BaseModel):
    """What could be changed of the prompt of the time."""

    json_dumps_kwargs: dict[str, Any]
    additional_definitions_prompt_template: str
    llm_structured_prompt_template: str
    num_retries_on_parser_failure: int


class LibraryPart(BaseModel):
    """What could be changed of the library of the time."""

    LLMStructuredPrompt_query: QueryPart


class RecordedHyperparameters(BaseModel):
    """Hyperparameters in the form of the record."""

    main__: MainPart
    llm_strategy_llm_function: LibraryPart


@llm_function
def write_essay(model: ModelLike | None, essay_topic: str = Field(description="The topic.")) -> str:
    """Write an essay."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RecordedPoints:
    """Turns hyperparameters in the form of the record into scopes of ours, and back."""

    seed: RecordedHyperparameters

    @property
    def kind(self) -> type[RecordedHyperparameters]:
        return RecordedHyperparameters

    def of(self, scope: Hyperparameters) -> RecordedHyperparameters:
        found = self.seed.model_copy(deep=True)
        found.main__.write_essay.docstring = scope[write_essay].instruction
        return found

    def scope(self, point: RecordedHyperparameters) -> Hyperparameters:
        return Hyperparameters({write_essay: {"instruction": point.main__.write_essay.docstring}})

    def merged(self, point: RecordedHyperparameters, parent: RecordedHyperparameters) -> RecordedHyperparameters:  # noqa: ARG002
        return point  # in the record each suggestion is whole


@dataclass(frozen=True, slots=True)
class Recorded:
    """One reply of the record, with what it answered."""

    function: str
    reply: str
    value: Any
    """What was read from it then."""
    docstring: str
    """The instruction that the prompt began with."""
    topic: str = ""
    """What an essay was written about, where it was one."""


def recorded() -> list[Recorded]:
    """Return the replies of the record, in order.

    Raises:
        FileNotFoundError: the record is not there.
    """
    rows = list(corpus(NAME))
    calls = [row for row in rows if row["kind"] == "CHAIN" and len(row["parent_path"]) == 1]
    chats = [row for row in rows if row["kind"] == "LLM"]
    return [_recorded(call, chat) for call, chat in zip(calls, chats, strict=True)]


def _recorded(call: dict[str, Any], chat: dict[str, Any]) -> Recorded:
    said, of = chat["properties"], call["properties"]
    prompt = str(said["arguments"]["messages"][0]["content"])
    docstring = prompt.partition("\n\nThe input and output are formatted")[0]
    topic = of["arguments"].get("kwargs", {}).get("essay_topic", "")
    return Recorded(call["name"], said["result"]["content"], of["result"], docstring, topic)


@dataclass(slots=True)
class Replay:
    """Answers out of the record, and notes what it was asked in place of what was asked then."""

    rows: Sequence[Recorded]
    asked: int = 0
    differences: list[str] = field(default_factory=list[str])
    """Where the loop went another way than the record."""

    def __call__(self, messages: list[BaseMessage]) -> str:
        prompt = "\n".join(str(message.content) for message in messages)
        row = self.rows[self.asked]
        self.asked += 1
        found = re.search(r"^(?:LLMOptimizer\.)?(\w+)\(", prompt, re.MULTILINE)
        name = found[1] if found else "(nobody)"
        if name != row.function:
            self.differences.append(f"reply {self.asked} was for {row.function}, and {name} asks")
        elif row.topic and not (row.topic in prompt and row.docstring in prompt):
            self.differences.append(f"reply {self.asked} was about {row.topic!r}, which is not in the prompt")
        return row.reply


def replay(rows: Sequence[Recorded]) -> tuple[Replay, LoopReport[EssayInputs, str, RecordedHyperparameters]]:
    """Let our loop run on the record."""
    first = next(row.value for row in rows if row.function == "suggest_next_optimization_step")
    points = RecordedPoints(RecordedHyperparameters.model_validate(first["best_hyperparameters"]))
    essay = write_essay.using(instruction=rows[0].docstring)

    def task(model: ModelLike | None, inputs: EssayInputs) -> str:
        return essay(model, inputs.essay_topic)

    answering = Replay(rows)
    model = ScriptedModel(answering)
    seeds = [EssayInputs(essay_topic=row.topic) for row in rows[:2]]
    _, report = optimize_hyperparameters(model, model, task, seeds, space=points)
    return answering, report


def values_of(report: LoopReport[Any, Any, Any]) -> dict[str, list[Any]]:
    """Return what our loop has read, by function, as data."""
    return {
        "write_essay": [run.return_value for run in report.runs],
        "reflect_on_task_run": [one.reflection.model_dump(exclude_unset=True) for one in report.task_infos],
        "suggest_next_optimization_step": [one.model_dump(exclude_unset=True) for one in report.steps],
        "probability_for_improvement": [one.model_dump(exclude_unset=True) for one in report.probabilities],
    }


def main() -> int:
    try:
        rows = recorded()
    except FileNotFoundError as error:
        console.print(f"The record is not there: {error}")
        print("recorded_optimization: the record is not there (goal 18 of 18) short")
        return 1
    answering, report = replay(rows)
    read = values_of(report)
    table = Table("function", "replies", "read as then", "type")
    same = 0
    for name, values in read.items():
        wanted = [row.value for row in rows if row.function == name]
        equal = sum(
            json.dumps(to_jsonable(one)) == json.dumps(other) for one, other in zip(values, wanted, strict=False)
        )
        same += equal
        table.add_row(name, str(len(wanted)), str(equal), escape(_type_of(report, name)))
    console.print(table)
    for one in answering.differences:
        console.print(f"another way: {one}")
    console.print(escape(str(report)), highlight=False)
    goal = len(rows) == same and answering.asked == len(rows) and not answering.differences
    told = (
        f"{same} of {len(rows)} recorded replies are read into the types of the loop as they were then, "
        f"{answering.asked} asked for in the recorded order with {len(answering.differences)} differences"
    )
    print(f"recorded_optimization: {told} (goal {len(rows)} of {len(rows)}, 0 differences) {'ok' if goal else 'short'}")
    return 0 if goal else 1


def _type_of(report: LoopReport[Any, Any, Any], name: str) -> str:
    shown = {
        "write_essay": report.runs,
        "reflect_on_task_run": [one.reflection for one in report.task_infos],
        "suggest_next_optimization_step": report.steps,
        "probability_for_improvement": report.probabilities,
    }
    return type(shown[name][0]).__name__ if shown[name] else ""


if __name__ == "__main__":
    sys.exit(main())
