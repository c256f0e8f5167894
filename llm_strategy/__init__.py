"""A Python signature is the specification; how it is answered is a strategy.

The names below are loaded when they are first used: importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.chat import ChatChain as ChatChain
    from llm_strategy.chat import ModelLike as ModelLike
    from llm_strategy.chat import use_model as use_model
    from llm_strategy.chat.fallback import fallback as fallback
    from llm_strategy.executors.ray_executor import RayExecutor as RayExecutor
    from llm_strategy.executors.threads import ThreadExecutor as ThreadExecutor
    from llm_strategy.flow import ContextThreadPoolExecutor as ContextThreadPoolExecutor
    from llm_strategy.flow import Executor as Executor
    from llm_strategy.flow import Result as Result
    from llm_strategy.flow import carried as carried
    from llm_strategy.flow.budgets import budget as budget
    from llm_strategy.flow.cache import caching as caching
    from llm_strategy.flow.journal.durable import durable as durable
    from llm_strategy.flow.limits import limited as limited
    from llm_strategy.flow.retries import retrying as retrying
    from llm_strategy.function import Example as Example
    from llm_strategy.function import llm_explicit_function as llm_explicit_function
    from llm_strategy.function import llm_function as llm_function
    from llm_strategy.function import register_reasoning as register_reasoning
    from llm_strategy.hyperparameters import Hyperparameters as Hyperparameters
    from llm_strategy.hyperparameters import track_hyperparameters as track_hyperparameters
    from llm_strategy.messages import Message as Message
    from llm_strategy.planner import generate_book as generate_book
    from llm_strategy.planner import generate_codebase as generate_codebase
    from llm_strategy.planner import generate_custom as generate_custom
    from llm_strategy.prompt import Templates as Templates
    from llm_strategy.reasoning import ChainOfThought as ChainOfThought
    from llm_strategy.reasoning import CodeAct as CodeAct
    from llm_strategy.reasoning import Direct as Direct
    from llm_strategy.reasoning import SelfConsistency as SelfConsistency
    from llm_strategy.schema import Untrusted as Untrusted
    from llm_strategy.schema import distrust as distrust
    from llm_strategy.schema import is_untrusted as is_untrusted
    from llm_strategy.schema import register_type as register_type
    from llm_strategy.schema import trust as trust
    from llm_strategy.schema.fenced import Code as Code
    from llm_strategy.schema.fenced import Fence as Fence
    from llm_strategy.schema.fenced import Markdown as Markdown
    from llm_strategy.schema.fenced import PythonCode as PythonCode
    from llm_strategy.schema.fenced import Verbatim as Verbatim
    from llm_strategy.schema.media import Audio as Audio
    from llm_strategy.schema.media import File as File
    from llm_strategy.schema.media import Image as Image
    from llm_strategy.schema.partial import Partial as Partial
    from llm_strategy.schema.partial import Whole as Whole
    from llm_strategy.schema.partial import growth as growth
    from llm_strategy.strategy import llm_dataclass as llm_dataclass
    from llm_strategy.strategy import llm_strategy as llm_strategy
    from llm_strategy.tools import approving as approving
    from llm_strategy.tools import as_tool as as_tool
    from llm_strategy.tools import tool as tool
    from llm_strategy.tracing import record_file as record_file
    from llm_strategy.tracing import record_score as record_score
    from llm_strategy.tracing import register_price as register_price
    from llm_strategy.tracing import span as span
    from llm_strategy.tracing import trace as trace

__version__ = "3.0.0.dev0"

__all__ = [
    "Audio",
    "ChainOfThought",
    "ChatChain",
    "Code",
    "CodeAct",
    "ContextThreadPoolExecutor",
    "Direct",
    "Example",
    "Executor",
    "Fence",
    "File",
    "Hyperparameters",
    "Image",
    "Markdown",
    "Message",
    "ModelLike",
    "Partial",
    "PythonCode",
    "RayExecutor",
    "Result",
    "SelfConsistency",
    "Templates",
    "ThreadExecutor",
    "Untrusted",
    "Verbatim",
    "Whole",
    "approving",
    "as_tool",
    "budget",
    "caching",
    "carried",
    "distrust",
    "durable",
    "fallback",
    "generate_book",
    "generate_codebase",
    "generate_custom",
    "growth",
    "is_untrusted",
    "limited",
    "llm_dataclass",
    "llm_explicit_function",
    "llm_function",
    "llm_strategy",
    "record_file",
    "record_score",
    "register_price",
    "register_reasoning",
    "register_type",
    "retrying",
    "span",
    "tool",
    "trace",
    "track_hyperparameters",
    "trust",
    "use_model",
]

_ROOMS = {
    "chat": ("ChatChain", "ModelLike", "use_model"),
    "chat.fallback": ("fallback",),
    "executors.ray_executor": ("RayExecutor",),
    "executors.threads": ("ThreadExecutor",),
    "flow": ("ContextThreadPoolExecutor", "Executor", "Result", "carried"),
    "flow.journal": ("durable",),
    "flow.budgets": ("budget",),
    "flow.retries": ("retrying",),
    "flow.cache": ("caching",),
    "flow.limits": ("limited",),
    "function": ("Example", "llm_explicit_function", "llm_function", "register_reasoning"),
    "hyperparameters": ("Hyperparameters", "track_hyperparameters"),
    "messages": ("Message",),
    "planner": ("generate_book", "generate_codebase", "generate_custom"),
    "prompt": ("Templates",),
    "reasoning": ("ChainOfThought", "CodeAct", "Direct", "SelfConsistency"),
    "schema": ("Untrusted", "distrust", "is_untrusted", "register_type", "trust"),
    "schema.media": ("Audio", "File", "Image"),
    "schema.partial": ("Partial", "Whole", "growth"),
    "schema.fenced": ("Code", "Fence", "Markdown", "PythonCode", "Verbatim"),
    "strategy": ("llm_dataclass", "llm_strategy"),
    "tools": ("approving", "as_tool", "tool"),
    "tracing": ("record_file", "record_score", "register_price", "span", "trace"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
