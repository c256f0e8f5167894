"""A model that optimizes, answering by the function that it is asked to be; and a small task with hyperparameters."""

import json
import re
import threading

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.testing import ScriptedModel


class Topic(BaseModel):
    name: str
    pages: int = 1


@llm_function
def write(model, topic: Topic) -> str:
    """Write."""


def reflection(**more):
    told = {
        "feedback": "f",
        "evaluation": "e",
        "hyperparameter_suggestion": "s",
        "hyperparameter_missing": "A word limit.",
    }
    return {**told, **more}


def suggestion(instruction="Write well.", **more):
    told = {"suggestion": "Try.", "hyperparameter_suggestions": [{"write": {"instruction": instruction}}]}
    return {**told, **more}


class Answers:
    """Replies by function: a value, an error to raise, or a list of these that is used up."""

    def __init__(self, **replies):
        self.replies = replies
        self.asked = []
        self.prompts = []
        self._lock = threading.Lock()

    def __call__(self, messages):
        prompt = "\n".join(str(one.content) for one in messages)
        name = re.search(r"^(?:\w+\.)?(\w+)\(", prompt, re.MULTILINE)[1]
        with self._lock:
            self.asked.append(name)
            self.prompts.append(prompt)
            reply = self.replies[name]
            if isinstance(reply, list):
                reply = reply.pop(0)
        if callable(reply):
            reply = reply(prompt)
        return reply if isinstance(reply, BaseException) else json.dumps({"return_value": reply})

    def of(self, name):
        return [prompt for asked, prompt in zip(self.asked, self.prompts, strict=True) if asked == name]


@pytest.fixture
def answers():
    """Make a model of replies by function, and what it was asked."""

    def made(**replies):
        known = {
            "write": lambda prompt: "good" if "Write well." in prompt else "bad",
            "reflect_on_task_run": reflection(),
            "suggest_next_optimization_step": suggestion(),
            "probability_for_improvement": {"considerations": [], "probability": 0.9},
            "summarize_optimization_info": "All was bad.",
        }
        told = Answers(**{**known, **replies})
        return ScriptedModel(told), told

    return made


@pytest.fixture
def essay():
    """The task, its parameters and what replies are made of."""

    class Essay:
        parameters = Topic
        function = write
        reflected = staticmethod(reflection)
        suggested = staticmethod(suggestion)

        @staticmethod
        def task(model, topic: Topic) -> str:
            return write(model, topic)

    return Essay
