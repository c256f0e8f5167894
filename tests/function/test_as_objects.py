"""LLM functions can be compared, copied, pickled and looked at, as functions and methods can."""

import asyncio
import copy
import dataclasses
import inspect
import pickle
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.tools import StructuredTool

from llm_strategy import llm_function, llm_strategy
from llm_strategy.testing import ScriptedModel

MODEL = ScriptedModel(lambda messages: '{"return_value": 1}')
OTHER = ScriptedModel(lambda messages: '{"return_value": 2}')


@llm_function
def ask(model, a: int, b: int = 2) -> int:
    """Ask."""


@llm_strategy(MODEL)
@dataclass
class Keeper:
    x: int

    def q(self) -> int:
        """Q."""
        raise NotImplementedError

    @llm_function
    def asked(self, model, a: int) -> int:
        """Asked."""

    async def aq(self) -> int:
        """Q."""
        raise NotImplementedError


@dataclass
class Holder:
    call: Any


def test_a_method_equals_itself_looked_up_again():
    keeper, other = Keeper(1), Keeper(1)
    assert keeper.q == keeper.q
    assert hash(keeper.q) == hash(keeper.q)
    assert keeper.q != other.q
    assert keeper.q != keeper.aq
    assert keeper.q != keeper.q.using(temperature=0)
    assert ask.bind(MODEL) == ask.bind(MODEL)
    assert ask.bind(MODEL) != ask.bind(OTHER)
    assert ask != ask.bind(MODEL)
    assert ask != 1


def test_copies_keep_settings_and_model():
    keeper = Keeper(1)
    changed = keeper.q.using(temperature=0.5, model=OTHER)
    assert copy.copy(changed) is changed
    for one in (copy.deepcopy(changed), dataclasses.asdict(Holder(changed))["call"]):
        assert one.settings.temperature == 0.5
        assert one() == 2
    assert copy.deepcopy(ask.using(seed=3)).settings.seed == 3
    assert copy.deepcopy(ask.bind(OTHER))(1) == 2


def test_a_deep_copy_of_a_method_belongs_to_the_copy_of_its_instance():
    keeper = Keeper(1)
    copied, method = copy.deepcopy((keeper, keeper.q))
    keeper.x = 5
    assert method == copied.q
    assert "5" not in str(method.prompt()[-1].content)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_is_found_by_its_name_is_pickled(protocol):
    assert pickle.loads(pickle.dumps(ask, protocol)) is ask
    assert pickle.loads(pickle.dumps(Keeper.q, protocol)) is Keeper.q
    loaded = pickle.loads(pickle.dumps(Keeper(7).q, protocol))
    assert "7" in str(loaded.prompt()[-1].content)


@pytest.mark.parametrize(
    "changed",
    [ask.using(seed=1), ask.bind(MODEL), Keeper(1).q.using(seed=1), Keeper(1).asked.bind(MODEL)],
    ids=["settings", "model", "settings of a method", "model of a method"],
)
def test_what_is_not_found_by_its_name_is_not_pickled(changed):
    with pytest.raises(pickle.PicklingError, match=r"apply using\(\.\.\.\) or bind\(\.\.\.\) after loading"):
        pickle.dumps(changed)


def test_a_local_function_is_not_pickled():
    @llm_function
    def local(model) -> int:
        """Local."""

    with pytest.raises(pickle.PicklingError, match="or it is not found there"):
        pickle.dumps(local)


def test_a_fixed_model_is_no_parameter():
    assert str(inspect.signature(ask)) == "(model, a: int, b: int = 2) -> int"
    assert str(inspect.signature(ask.bind(MODEL))) == "(a: int, b: int = 2) -> int"
    assert str(inspect.signature(Keeper(1).asked)) == "(model, a: int) -> int"
    assert str(inspect.signature(Keeper(1).asked.bind(MODEL))) == "(a: int) -> int"
    assert str(inspect.signature(Keeper.asked.bind(MODEL))) == "(self, a: int) -> int"


def test_a_function_with_its_model_is_a_tool():
    tool = StructuredTool.from_function(ask.bind(MODEL))
    assert set(tool.args) == {"a", "b"}
    assert tool.invoke({"a": 3}) == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no public way before Python 3.12")
def test_an_asynchronous_stub_is_a_coroutine_function():
    assert inspect.iscoroutinefunction(Keeper(1).aq)
    assert not inspect.iscoroutinefunction(Keeper(1).q)
    assert asyncio.run(Keeper(1).aq()) == 1
