"""llm-strategy, asked by tool call."""

from peers import llm_strategy as base

PACKAGES = base.PACKAGES
SETTINGS = "llm_strategy(ChatOpenAI), method tool, 3 attempts"


class Peer(base.Peer):
    method = "tool"
