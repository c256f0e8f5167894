"""CodeAct as a hyperparameter: JSON and back, tools by their names, walls that no data take away."""

import gc
import json
import subprocess
import sys
from typing import Any

import pytest

from llm_strategy import Hyperparameters, llm_function
from llm_strategy.errors import DefinitionError, HyperparameterError
from llm_strategy.function.reasoning_forms import read_reasoning, reasoning_data
from llm_strategy.reasoning import CodeAct
from llm_strategy.reasoning.code_act import Wording
from llm_strategy.sandbox import Limits
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool


@tool
def weather(city: str) -> str:
    """The weather."""
    return "rain"


def test_every_field_survives_the_way_through_json():
    method = CodeAct(
        tools=[weather],
        action_format="json",
        sandbox="monty",
        limits=Limits(seconds=3),
        files=("a.csv",),
        untrusted_files=True,
        keep_files="out",
        turns=4,
        patience=2,
        repeats=5,
        tokens=1000,
        dollars=0.5,
        seconds=60.0,
        observation_characters=500,
        argument_characters=200,
        history_characters=900,
        wording=Wording(silent="Nothing."),
    )
    assert read_reasoning(json.loads(json.dumps(reasoning_data(method)))) == method
    assert reasoning_data(method)["tools"] == ["weather"]


def test_a_sandbox_is_known_by_its_name():
    method = CodeAct(sandbox=sandbox_named("monty"))
    assert reasoning_data(method)["sandbox"] == "monty"
    assert read_reasoning(reasoning_data(method)).sandbox == "monty"


def test_the_form_of_actions_is_a_hyperparameter_of_a_call():
    @llm_function(reasoning=CodeAct(tools=[weather], sandbox="monty"))
    def ask(model, city: str) -> str:
        """The weather in the city."""

    scope = Hyperparameters()
    scope[ask].reasoning = CodeAct(tools=[weather], action_format="text")
    with scope:
        assert ask(ScriptedModel(["Action: weather('Bonn')", "Final Answer: rain"]), "Bonn") == "rain"


def test_a_tool_that_was_never_used_is_not_read():
    with pytest.raises(HyperparameterError, match=r"no tool that was used here is called 'os\.system'"):
        read_reasoning({"method": "CodeAct", "tools": ["os.system"]})


def test_a_near_name_is_proposed():
    _ = CodeAct(tools=[weather])
    with pytest.raises(HyperparameterError, match="Did you mean 'weather'"):
        read_reasoning({"method": "CodeAct", "tools": ["wether"]})


def test_of_tools_with_one_name_each_is_known_by_its_place():
    def made(answer: int) -> Any:
        @tool
        def twin() -> int:
            """A twin."""
            return answer

        return twin

    def other() -> Any:
        @tool
        def twin() -> int:
            """Another twin."""
            return 3

        return twin

    one, two = CodeAct(tools=[made(1)]), CodeAct(tools=[other()])
    assert all("<locals>.twin" in reasoning_data(method)["tools"][0] for method in (one, two))
    assert read_reasoning(reasoning_data(one)) == one
    assert read_reasoning(reasoning_data(two)) == two
    with pytest.raises(HyperparameterError, match="several tools are called 'twin'"):
        read_reasoning({"method": "CodeAct", "tools": ["twin"]})


def test_tools_may_be_functions():
    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    assert CodeAct(tools=[double]).tools[0].name == "double"


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": "weather"},
        {"tools": [int]},
        {"tools": [3]},
        {"action_format": "yaml"},
        {"sandbox": "bubblewarp"},
        {"sandbox": 3},
        {"limits": 3},
        {"wording": {"task": "{instruction}"}},
        {"files": "a.csv"},
        {"files": ["a/x.csv", "b/x.csv"]},
        {"files": [".."]},
        {"turns": 0},
        {"turns": True},
        {"patience": 0},
        {"repeats": 1.5},
        {"observation_characters": 3},
        {"history_characters": -1},
        {"tokens": -1},
        {"dollars": float("nan")},
        {"seconds": "long"},
    ],
)
def test_settings_that_cannot_be_are_refused(fields):
    with pytest.raises(DefinitionError):
        CodeAct(**fields)


@pytest.mark.parametrize(
    ("field", "text"), [("code", "{tools}"), ("observation", "{"), ("silent", "{0}"), ("cut", "{count!z}")]
)
def test_wordings_with_unknown_slots_are_refused(field, text):
    with pytest.raises(DefinitionError, match=field):
        Wording(**{field: text})


def test_data_do_not_take_the_walls_away():
    program = (
        "from llm_strategy.function.reasoning_forms import read_reasoning\n"
        "from llm_strategy.reasoning import CodeAct\n"
        "try:\n    read_reasoning({'method': 'CodeAct', 'sandbox': 'unsafe-process'})\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
        "CodeAct(sandbox='unsafe-process')\n"
        "print(read_reasoning({'method': 'CodeAct', 'sandbox': 'unsafe-process'}).sandbox)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("HyperparameterError")
    assert "no walls" in first
    assert second == "unsafe-process"


def rainfall(city: str) -> float:
    """How much rain."""
    return 1.0


def test_methods_that_share_a_plain_function_are_read_back():
    one, two = CodeAct(tools=[rainfall]), CodeAct(tools=[rainfall, weather])
    for method in (one, two):
        assert read_reasoning(json.loads(json.dumps(reasoning_data(method)))) == method


def test_a_function_of_a_module_is_known_when_its_method_is_gone():
    stored = reasoning_data(CodeAct(tools=[rainfall]))
    gc.collect()
    assert read_reasoning(stored).tools[0].function is rainfall


def test_a_method_of_one_instance_is_read_back_and_of_several_it_is_not():
    class Stall:
        def __init__(self, number: int) -> None:
            self.number = number

        def left(self) -> int:
            """How many are left."""
            return self.number

    stall = Stall(1)
    one, again = CodeAct(tools=[stall.left]), CodeAct(tools=[stall.left])
    assert one == again == read_reasoning(reasoning_data(one))
    other = CodeAct(tools=[Stall(2).left])
    for method in (one, other):
        with pytest.raises(HyperparameterError, match="several tools were made of"):
            read_reasoning(reasoning_data(method))


def test_of_closures_that_are_made_again_none_is_read_back():
    def made(answer: int) -> Any:
        def closure() -> int:
            """An answer."""
            return answer

        return closure

    first = made(1)
    stored = reasoning_data(CodeAct(tools=[first]))
    assert stored == reasoning_data(CodeAct(tools=[first]))
    second = CodeAct(tools=[made(2)])
    with pytest.raises(HyperparameterError, match="several tools were made of"):
        read_reasoning(stored)
    assert second.tools[0]() == 2


def test_of_langchain_tools_with_one_name_none_is_read_back():
    from langchain_core.tools import StructuredTool

    def made(answer: int) -> Any:
        return StructuredTool.from_function(lambda: answer, name="oracle_of_two", description="Ask it.")

    given = made(1)
    one = CodeAct(tools=[given])
    assert CodeAct(tools=[given]) == one == read_reasoning(reasoning_data(one))
    two = CodeAct(tools=[made(2)])
    with pytest.raises(HyperparameterError, match="several tools were made of"):
        read_reasoning(reasoning_data(two))


def test_a_function_that_is_defined_anew_takes_the_place_of_the_old_one():
    spaces = [{"__name__": "notebook"}, {"__name__": "notebook"}]
    for space in spaces:
        exec("def cell() -> int:\n    'A cell.'\n    return 1", space)
    _, new = (CodeAct(tools=[space["cell"]]) for space in spaces)
    assert read_reasoning(reasoning_data(new)) == new
