"""Methods of reasoning are written as data, and read back."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter

from llm_strategy import ChainOfThought, Direct, SelfConsistency
from llm_strategy.errors import DefinitionError, HyperparameterError
from llm_strategy.function.reasoning import Reasoning
from llm_strategy.function.reasoning_forms import (
    ReasoningForm,
    _form_by_name,
    _registered,
    read_reasoning,
    reasoning_data,
    register_reasoning,
)
from llm_strategy.schema import output_schema


@pytest.fixture(autouse=True)
def own_methods():
    before = dict(_registered)
    yield
    _registered.clear()
    _registered.update(before)
    _form_by_name.cache_clear()


METHODS = [
    Direct(),
    ChainOfThought(),
    ChainOfThought(description="Steps.", instruction="Think {hard}."),
    SelfConsistency(),
    SelfConsistency(3, None, Direct()),
    SelfConsistency(2, 0.1, SelfConsistency(2, 0.2, ChainOfThought(description="x"))),
]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_method_comes_back_as_it_was(method):
    data = reasoning_data(method)
    assert data["method"] == type(method).__name__
    assert read_reasoning(data) == method
    adapter = TypeAdapter(Annotated[Any, ReasoningForm()] | None)
    assert adapter.validate_json(adapter.dump_json(method)) == method


def test_none_is_plain_asking():
    adapter = TypeAdapter(Annotated[Any, ReasoningForm()] | None)
    assert reasoning_data(None) is None
    assert adapter.validate_json("null") is None


def test_what_is_left_out_is_the_default():
    assert read_reasoning({"method": "SelfConsistency"}) == SelfConsistency()
    assert read_reasoning({"method": "SelfConsistency", "inner": {"method": "Direct"}}).inner == Direct()


def test_a_method_itself_is_passed_through():
    method = ChainOfThought()
    assert read_reasoning(method) is method


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"method": "ChainOfThougt"}, r"no method of reasoning 'ChainOfThougt'. Did you mean 'ChainOfThought'\? Known"),
        ({"method": "os.system"}, r"Known are 'Direct', .* make a class of your own known with register_reasoning\("),
        ({"method": 3}, "is no method of reasoning. Use an instance"),
        ("ChainOfThought", "is no method of reasoning. Use an instance"),
        (ChainOfThought, "is no method of reasoning. Use an instance"),
        ({"method": "SelfConsistency", "samples": "many"}, "SelfConsistency: samples: Input should be a valid integer"),
        ({"method": "SelfConsistency", "samples": 0}, "SelfConsistency: SelfConsistency.samples=0. draws no answer"),
        ({"method": "SelfConsistency", "inner": {"method": "x"}}, "inner: Value error, There is no method of .* 'x'"),
        ({"method": "SelfConsistency", "inner": None}, "inner: Value error, None is no method of reasoning"),
        ({"method": "ChainOfThought", "text": "x"}, "ChainOfThought: text: Extra inputs are not permitted"),
    ],
)
def test_wrong_data_are_an_error_that_says_what_is_wrong(data, words):
    with pytest.raises(HyperparameterError, match=words):
        read_reasoning(data)


def test_a_schema_names_the_methods_and_their_fields():
    schema = output_schema(Annotated[Any, ReasoningForm()] | None)
    assert schema.strict_schema() is not None
    assert '"SelfConsistency"' in schema.compact
    assert "samples?: integer = 5" in schema.compact
    assert schema.read({"return_value": {"method": "SelfConsistency", "inner": {"method": "Direct"}}}).inner == Direct()


@dataclass(frozen=True)
class Tree:
    width: int
    judges: tuple[Reasoning, ...] = ()
    plan: Reasoning | None = None
    seen: list[str] = field(default_factory=list)
    count: int = field(default=0, init=False)

    def solve(self, question): ...


def test_a_method_of_a_user_is_known_when_it_is_registered():
    data = {"method": "Tree", "width": 2, "judges": [{"method": "Direct"}], "plan": None, "seen": ["a"]}
    with pytest.raises(HyperparameterError, match="There is no method of reasoning 'Tree'"):
        read_reasoning(data)
    assert register_reasoning(Tree) is Tree
    method = Tree(2, (Direct(),), None, ["a"])
    assert read_reasoning(data) == method
    assert reasoning_data(method) == data
    assert "Tree {" in output_schema(Annotated[Any, ReasoningForm()]).compact
    register_reasoning(Tree)


def test_a_class_that_was_made_again_takes_the_place_of_the_old_one():
    def made(default):
        @register_reasoning
        @dataclass
        class Mine:
            number: int = default

            def solve(self, question): ...

        return Mine

    made(1)
    assert read_reasoning({"method": "Mine"}) == made(2)() or read_reasoning({"method": "Mine"}).number == 2


def test_a_method_that_nobody_registered_is_not_written():
    class Own:
        def solve(self, question): ...

    @dataclass
    class Direct:
        def solve(self, question): ...

    for method in (Own(), Direct(), SelfConsistency(inner=Own())):
        with pytest.raises(
            HyperparameterError, match=r"could not be read back. .* with register_reasoning\((Own|Direct)\)"
        ):
            reasoning_data(method)


def wrong_classes():
    class NoDataclass:
        def solve(self, question): ...

    @dataclass
    class NoSolve:
        x: int

    @dataclass
    class Odd:
        x: print

        def solve(self, question): ...

    @dataclass
    class Unknown:
        x: "Nowhere"  # noqa: F821

        def solve(self, question): ...

    @dataclass
    class Named:
        method: str

        def solve(self, question): ...

    @dataclass
    class Direct:
        def solve(self, question): ...

    return [
        (NoDataclass, "is no method of reasoning that can be data"),
        (NoSolve, "is no method of reasoning that can be data"),
        (Odd, "field 'x' of '.*Odd'"),
        (Unknown, "'.*Unknown': an annotation cannot be evaluated"),
        (Named, "a field cannot be called 'method'"),
        (Direct, "There is a method of reasoning called 'Direct' already"),
    ]


@pytest.mark.parametrize(("kind", "words"), wrong_classes(), ids=lambda one: getattr(one, "__name__", ""))
def test_what_cannot_be_data_is_refused_when_it_is_registered(kind, words):
    with pytest.raises(DefinitionError, match=words):
        register_reasoning(kind)
