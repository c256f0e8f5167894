"""Stubs that a model answers, one function at a time."""

from llm_strategy.function.callables import BoundLLMFunction as BoundLLMFunction
from llm_strategy.function.callables import LLMFunction as LLMFunction
from llm_strategy.function.decorators import implementation as implementation
from llm_strategy.function.decorators import llm_explicit_function as llm_explicit_function
from llm_strategy.function.decorators import llm_function as llm_function
from llm_strategy.function.reasoning import Reasoning as Reasoning
from llm_strategy.function.reasoning_forms import register_reasoning as register_reasoning
from llm_strategy.function.settings import Example as Example
from llm_strategy.function.settings import Options as Options
from llm_strategy.function.settings import Settings as Settings
