"""From a signature, a docstring and arguments to the messages that a model is sent."""

from llm_strategy.prompt.structured import Shown as Shown
from llm_strategy.prompt.structured import StructuredPrompt as StructuredPrompt
from llm_strategy.prompt.templates import Templates as Templates
from llm_strategy.prompt.templates import slots_of as slots_of
