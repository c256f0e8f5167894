"""Methods of reasoning: exchangeable ways to answer the same question, one paper a file."""

from llm_strategy.function.reasoning import Reasoning as Reasoning
from llm_strategy.function.reasoning_forms import register_reasoning as register_reasoning
from llm_strategy.reasoning.chain_of_thought import ChainOfThought as ChainOfThought
from llm_strategy.reasoning.code_act import CodeAct as CodeAct
from llm_strategy.reasoning.direct import Direct as Direct
from llm_strategy.reasoning.self_consistency import SelfConsistency as SelfConsistency
