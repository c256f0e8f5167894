"""Tools that could not be called are found before anything is paid for."""

import asyncio

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import ToolRefusedError, UnsupportedError
from llm_strategy.reasoning import CodeAct
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import approving, tool


@tool
async def fetch() -> int:
    """Fetch it."""
    return 3


@tool(needs_approval=True)
def delete() -> str:
    """Delete it."""
    return "gone"


@tool(needs_approval=lambda _approval: True)
def maybe() -> str:
    """May need approval."""
    return "done"


CALL = '{"tool": "delete", "arguments": {}}'


@pytest.mark.parametrize("form", ["code", "json"])
def test_an_async_tool_is_found_before_anything_is_paid_for(acting, form):
    model = ScriptedModel([])
    with pytest.raises(UnsupportedError, match="'fetch' is async"):
        acting(int, tools=[fetch], action_format=form)(model, "?")
    assert model.asked == []


def test_nobody_to_approve_is_found_before_anything_is_paid_for(acting):
    model = ScriptedModel([])
    with pytest.raises(ToolRefusedError, match="nobody to ask"):
        acting(int, tools=[delete], action_format="json")(model, "?")
    assert model.asked == []


def test_where_somebody_approves_or_approval_may_not_be_needed_the_run_begins(acting):
    with approving(lambda _asked: True):
        assert acting(str, tools=[delete], action_format="json")(ScriptedModel([CALL, '{"finish": "a"}']), "?") == "a"
    assert acting(str, tools=[maybe], action_format="json")(ScriptedModel(['{"finish": "a"}']), "?") == "a"


def test_an_async_function_calls_async_tools_and_asks_for_approval():
    @llm_function(reasoning=CodeAct(tools=[fetch, delete], action_format="json"))
    async def find(model, question: str) -> str:
        """Find it."""

    with pytest.raises(ToolRefusedError):
        asyncio.run(find(ScriptedModel([]), "?"))

    async def approved(_asked):
        return True

    with approving(approved):
        replies = ['{"tool": "fetch", "arguments": {}}', CALL, '{"finish": "a"}']
        assert asyncio.run(find(ScriptedModel(replies), "?")) == "a"


def test_a_prompt_can_be_looked_at_with_such_tools(acting):
    function = acting(int, tools=[fetch, delete], action_format="json")
    assert "fetch" in str(function.prompt("?"))
