"""A package that is installed, and does not load."""

import sys

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Setup
from llm_strategy.sandbox.monty.body import Monty


def test_a_package_that_does_not_load_is_a_sandbox_that_is_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    monkeypatch.delitem(sys.modules, "llm_strategy.sandbox.monty.walls", raising=False)

    with pytest.raises(SandboxUnavailableError, match="pip install"):
        Monty().start(Setup())
