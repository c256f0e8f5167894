"""Classes and instances whose stubs a model implements."""

from llm_strategy.strategy.decorators import llm_dataclass as llm_dataclass
from llm_strategy.strategy.decorators import llm_strategy as llm_strategy
