"""A small task with two leaves to improve, runs of it, and a model that is asked for better values of them."""

import json
import re

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.requests import Propose
from llm_strategy.optimize.space import search_space
from llm_strategy.testing import ScriptedModel


class Topic(BaseModel):
    name: str


@llm_function
def write(model, topic: Topic) -> str:
    """Write."""


SPACE = search_space(
    write, include=["write:instruction", "write:temperature"], bounds={"write:temperature": (0.0, 1.0)}
)
INSTRUCTION, TEMPERATURE = sorted(SPACE.seed)
SEED = Candidate(0, SPACE.seed)


class Model:
    """Replies by function: a value, an error to raise, or a list of these that is used up."""

    def __init__(self, **replies):
        self.replies = {"reflect_on_task_run": Lab.reflection(), **replies}
        self.asked = []

    def __call__(self, messages):
        prompt = "\n".join(str(one.content) for one in messages)
        name = re.search(r"^(?:\w+\.)?(\w+)\(", prompt, re.MULTILINE)[1]
        self.asked.append((name, prompt))
        reply = self.replies[name]
        if isinstance(reply, list):
            reply = reply.pop(0)
        if isinstance(reply, BaseException) or name == "better_instruction":
            return reply
        return json.dumps({"return_value": reply})

    def of(self, name):
        return [prompt for asked, prompt in self.asked if asked == name]


class Book:
    """Records of runs, found by the keys of their orders."""

    def __init__(self, *records):
        self.records = {f"{one['candidate']}/{one['split']}/{one['case']}/{one['repeat']}": one for one in records}

    def run(self, order_key):
        return self.records.get(order_key)


class Lab:
    """All that a proposer needs."""

    Topic, Model, Book = Topic, Model, Book
    write = staticmethod(write)
    space, seed = SPACE, SEED
    instruction, temperature = INSTRUCTION, TEMPERATURE

    @staticmethod
    def reflection(**more):
        """What a model thinks of a run."""
        return {
            "feedback": "f",
            "evaluation": "e",
            "hyperparameter_suggestion": "s",
            "hyperparameter_missing": "A word limit.",
            "hypothesis": "too terse",
            **more,
        }

    @staticmethod
    def step(*points, **more):
        """What a model answers where it is asked for better values."""
        return {"suggestion": "Try.", "hyperparameter_suggestions": list(points), **more}

    @staticmethod
    def record(case, score, **more):
        """The record of a run of the seed."""
        return {
            "candidate": SEED.key,
            "split": "train",
            "case": case,
            "repeat": 0,
            "seed": 1,
            "parameters": {"name": case},
            "expected": "long",
            "result": f"short {case}",
            "shortened": False,
            "chats": [{"function": "write", "turns": [{"role": "user", "content": f"said {case}"}], "failed": False}],
            "exception": [],
            "score": score,
            "objectives": {},
            "feedback": f"too short {case}",
            "usage": {"calls": 1, "tokens": 2, "dollars": None},
            "scoring": {"calls": 0, "tokens": 0, "dollars": 0.0},
            "notes": {},
            "untrusted": False,
            **more,
        }

    @staticmethod
    def rollout(case, score, **more):
        """The score of a run of the seed."""
        return Rollout(Order(SEED.key, "train", case), score, **more)

    @staticmethod
    def request(*rollouts, tried=(), pool=(), parent=SEED, stream=1):
        """Ask for something better than the parent, of which these rollouts are known."""
        return Propose("llm", (parent,), rollouts, pool, tried, stream=stream, step=1, left=0.5, best=SEED)

    def proposed(self, model, *rollouts, book=None, **options):
        """Return a proposer with such settings, and what it proposes."""
        cases = {one.order.case: one.score for one in rollouts}
        book = book or Book(*(self.record(case, score) for case, score in cases.items()))
        proposer = LLMProposer(SPACE, ScriptedModel(model), book, LLMProposerSettings(**options))
        return proposer, proposer.propose(self.request(*rollouts))


@pytest.fixture
def lab():
    return Lab()
