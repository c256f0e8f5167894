"""One task by one form of actions: a real LLM function with CodeAct, and whatever model it is given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, cast

from benchmarks.m3.answers import right
from benchmarks.m3.tasks import Record, Task
from benchmarks.m3.tools import as_tools
from llm_strategy import llm_function
from llm_strategy.errors import ActionsExhaustedError
from llm_strategy.flow import ChatRequest, OpenStream, layered
from llm_strategy.messages import Reply
from llm_strategy.reasoning import CodeAct

__all__ = ["Outcome", "ran"]

NOTHING = object()


@dataclass
class Outcome:
    """How a run ended, and what it cost."""

    value: Any = NOTHING
    error: str = ""
    seconds: float = 0.0
    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    said: list[Any] = field(default_factory=list[Any])
    """Every reply, with the last message that it answers."""
    right: bool = False


class Counter:
    """A layer next to the model: it counts the requests and their tokens, as the server gives them."""

    rank = 99

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def __call__(self, request: Any, path: Any, onward: Any) -> Any:
        del path
        reply = cast("Any", (yield from onward(request)))
        if isinstance(request, ChatRequest | OpenStream):
            self.outcome.turns += 1
        if isinstance(request, ChatRequest):
            answer = cast("Reply", reply)
            self.outcome.input_tokens += answer.usage.input_tokens
            self.outcome.output_tokens += answer.usage.output_tokens
            seen = request.messages[-1].content[-2000:]
            self.outcome.said.append({"saw": seen, "said": answer.message.content[:3000]})
        return reply


def ran(task: Task, record: Record, model: Any, *, max_tokens: int | None = None, **settings: Any) -> Outcome:
    """Run a task in a fresh world; `settings` are those of CodeAct."""

    def answer(model: Any) -> Any:
        raise NotImplementedError

    answer.__doc__ = task.instruction
    answer.__annotations__ = {"return": task.answer}
    method = CodeAct(as_tools(task, record), **settings)
    function: Any = llm_function(reasoning=method, max_tokens=max_tokens)(answer)
    outcome = Outcome()
    began = time.perf_counter()
    try:
        with layered(Counter(outcome)):
            outcome.value = function(model)
    except ActionsExhaustedError as error:
        outcome.error = f"ActionsExhaustedError: {error}"
    except Exception as error:
        outcome.error = f"{type(error).__name__}: {error}"
    outcome.seconds = time.perf_counter() - began
    outcome.right = outcome.value is not NOTHING and right(outcome.value, task.expected)
    return outcome
