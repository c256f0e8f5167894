"""Tools, models and functions that tests of actions share."""

from __future__ import annotations

import pytest

from llm_strategy import llm_function
from llm_strategy.reasoning import CodeAct
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool

PRICES = {"tea": 2.5, "coffee": 3.0}


@pytest.fixture
def shop():
    """Return tools, and what they were called with."""
    called: list[object] = []

    @tool
    def price(article: str, currency: str = "EUR") -> float:
        """The price of an article."""
        called.append((article, currency))
        return PRICES[article]

    @tool
    def articles() -> list[str]:
        """All articles."""
        called.append(())
        return list(PRICES)

    price.calls = called
    return [price, articles], called


@pytest.fixture
def acting(shop):
    """Return a function that makes an LLM function that acts, with the tools of the shop."""
    tools, _ = shop

    def made(kind=float, *, options=None, **fields):
        reasoning = CodeAct(**{"tools": tools, "sandbox": "monty", **fields})

        @llm_function(reasoning=reasoning, **(options or {}))
        def find(model, question: str, limit: int = 3) -> kind:
            """Find it out."""

        return find

    return made


@pytest.fixture
def said():
    """Return what a model was sent in its last request, as (role, text)."""

    def last(model: ScriptedModel, number: int = -1):
        return [(message.type, str(message.content)) for message in model.asked[number]]

    return last
