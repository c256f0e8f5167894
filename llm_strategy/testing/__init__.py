"""Test doubles, for the tests of this library and of its users."""

from llm_strategy.testing.fakes import FakeChatModel as FakeChatModel
from llm_strategy.testing.fakes import FakeLLM as FakeLLM
from llm_strategy.testing.schema_model import SchemaModel as SchemaModel
from llm_strategy.testing.scripted import ScriptedModel as ScriptedModel
