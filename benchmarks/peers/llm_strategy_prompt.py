"""llm-strategy, asked in the prompt only."""

from peers import llm_strategy as base

PACKAGES = base.PACKAGES
SETTINGS = "llm_strategy(ChatOpenAI), method prompt, 3 attempts"


class Peer(base.Peer):
    method = "prompt"
