"""One worker for many snippets: names do not clash, since each snippet is about names of its own."""

import pytest

from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import Setup
from llm_strategy.sandbox.unsafe_process import UnsafeProcess


@pytest.fixture(scope="module")
def worker():
    found = UnsafeProcess().start(Setup(limits=Limits(seconds=20)))
    yield found
    found.close()


@pytest.fixture
def fresh():
    """A worker for code that breaks what others need."""
    found = UnsafeProcess().start(Setup(limits=Limits(seconds=20)))
    yield found
    found.close()
