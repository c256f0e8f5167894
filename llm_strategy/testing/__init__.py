"""Test doubles, for the tests of this library and of its users.

They are loaded when they are first used: pytest loads the plugin in here for every test run, also where nothing of it
is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.testing.cassette import Cassette as Cassette
    from llm_strategy.testing.cassette import CassetteModel as CassetteModel
    from llm_strategy.testing.fakes import FakeChatModel as FakeChatModel
    from llm_strategy.testing.fakes import FakeLLM as FakeLLM
    from llm_strategy.testing.http_tape import HttpTape as HttpTape
    from llm_strategy.testing.sample_planner_traces import sample_planner_trace as sample_planner_trace
    from llm_strategy.testing.sample_traces import sample_trace as sample_trace
    from llm_strategy.testing.schema_model import SchemaModel as SchemaModel
    from llm_strategy.testing.scripted import ScriptedModel as ScriptedModel
    from llm_strategy.testing.scripted_models import ScriptedModels as ScriptedModels
    from llm_strategy.testing.wandb_reader import WandbRun as WandbRun
    from llm_strategy.testing.wandb_reader import read_wandb_run as read_wandb_run
    from llm_strategy.testing.wandb_stub import WandbStub as WandbStub

__all__ = [
    "Cassette",
    "CassetteModel",
    "FakeChatModel",
    "FakeLLM",
    "HttpTape",
    "SchemaModel",
    "ScriptedModel",
    "ScriptedModels",
    "WandbRun",
    "WandbStub",
    "read_wandb_run",
    "sample_planner_trace",
    "sample_trace",
]

_HOMES = {
    "Cassette": "cassette",
    "CassetteModel": "cassette",
    "FakeChatModel": "fakes",
    "FakeLLM": "fakes",
    "HttpTape": "http_tape",
    "SchemaModel": "schema_model",
    "ScriptedModel": "scripted",
    "ScriptedModels": "scripted_models",
    "WandbRun": "wandb_reader",
    "WandbStub": "wandb_stub",
    "read_wandb_run": "wandb_reader",
    "sample_planner_trace": "sample_planner_traces",
    "sample_trace": "sample_traces",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
