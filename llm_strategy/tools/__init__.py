"""Tools: functions that a model may call, with arguments that are checked, and not by order of an untrusted text."""

from llm_strategy.tools.approval import Approval as Approval
from llm_strategy.tools.approval import approving as approving
from llm_strategy.tools.calling import call_tool as call_tool
from llm_strategy.tools.calling import tool_named as tool_named
from llm_strategy.tools.convert import as_tool as as_tool
from llm_strategy.tools.decorator import tool as tool
from llm_strategy.tools.requests import ToolRequest as ToolRequest
from llm_strategy.tools.tool import Tool as Tool
from llm_strategy.tools.toolset import toolset as toolset
