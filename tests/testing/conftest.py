"""What tests of the test doubles share."""

from importlib.metadata import entry_points

import pytest


@pytest.fixture
def named_plugin() -> tuple[str, ...]:
    """What names the plugin to a run of pytest that does not find it by itself."""
    found = "llm_strategy" in entry_points(group="pytest11").names
    return () if found else ("-p", "llm_strategy.testing.plugin")
