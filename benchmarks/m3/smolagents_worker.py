"""smolagents' CodeAgent at the tasks, with our tools and the model behind a server. Runs in an interpreter of its own.

Reads one JSON line a task from stdin: {"task": name}; the first line is the settings, and is answered with the version
of smolagents. Answers with one line each. The interpreter needs smolagents and openai, and none of this library.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import inspect
import json
import sys
import time
from importlib.metadata import version
from typing import Any

from smolagents import CodeAgent, LogLevel, OpenAIModel
from smolagents import Tool as AgentTool

from benchmarks.m3.tasks import Record, Task, load
from benchmarks.m3.worlds import functions

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
TOLD = {str: "a text", bool: "True or False", float: "a number"}


class Known(AgentTool):
    """A function of ours; `*args` too, which smolagents has no word for, so the signature is written here."""

    skip_forward_signature_validation = True

    def __init__(self, told: dict[str, str], function: Any) -> None:
        self.name, self.description, self.function = told["name"], told["description"].strip(), function
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())
        shown = ", ".join(str(one).replace("'", "") for one in parameters)
        self.told = f"{self.name}({shown}) -> {signature.return_annotation}"
        self.inputs = {
            one.name: {"type": TYPES.get(one.annotation, "any"), "description": str(one)} for one in parameters
        }
        self.output_type = "any"
        super().__init__()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def to_code_prompt(self) -> str:
        return f'def {self.told}:\n    """{self.description}\n    """'


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    tasks, record = load()
    known = {task.name: task for task in tasks}
    model = OpenAIModel(
        settings["model"],
        api_base=settings["base_url"],
        api_key=settings["api_key"],
        temperature=0,
        max_tokens=settings["max_tokens"],
        client_kwargs={"max_retries": 0, "timeout": settings["timeout"]},
    )
    _tell({"version": version("smolagents")})
    for line in sys.stdin:
        _tell(_ran(known[json.loads(line)["task"]], record, model, settings["max_turns"]))


def _tell(data: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(data, default=repr) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


def _ran(task: Task, record: Record, model: Any, turns: int) -> dict[str, Any]:
    world = functions(task.family, record, task.instruction)
    tools = [Known(told, world[told["name"]]) for told in task.tools]
    agent = CodeAgent(tools=tools, model=model, max_steps=turns, verbosity_level=LogLevel.OFF)
    agent.return_full_result = True
    began = time.perf_counter()
    told: dict[str, Any] = {"value": None, "error": "", "state": ""}
    form = TOLD.get(task.answer, str(task.answer))
    try:
        result = agent.run(f"{task.instruction}\nThe final answer is {form}.")
        told |= {"value": result.output, "state": result.state}
    except Exception as error:
        told["error"] = f"{type(error).__name__}: {error}"[:500]
    spent = agent.monitor.get_total_token_counts()
    steps = [step for step in agent.memory.steps if hasattr(step, "step_number")]
    told |= {
        "seconds": time.perf_counter() - began,
        "turns": len(steps),
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "messages": [
            {"said": str(step.model_output)[:3000], "saw": str(step.observations or step.error)[:2000]}
            for step in steps
        ],
    }
    try:
        json.dumps(told["value"])
    except TypeError:
        told["value"] = repr(told["value"])
    return told


if __name__ == "__main__":
    main()
