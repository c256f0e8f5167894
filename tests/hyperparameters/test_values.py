"""Values keep their types, and changing one in place is setting it."""

# ruff: noqa: B006, B008 (mutable and computed defaults are the subject)

import threading
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel, Field

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.hyperparameters.copies import copy_of, kinds_in, same


class Config(BaseModel):
    lr: float = 0.1
    names: list[str] = []


@track_hyperparameters
def train(*, _config: Config = Config(), _names: list[str] = ["a"], _rate: float = Field(0.5, gt=0, le=1)):
    return _config, _names, _rate


def set_in(scope):
    return scope.model_dump(exclude_unset=True).get(train.config_name, {})


def test_nested_models_stay_models():
    mine = Config(lr=3)
    scope = Hyperparameters({train: {"config": mine}})

    with scope:
        assert train()[0] is mine
    with Hyperparameters({train: {"config": {"lr": 4}}}):
        assert train()[0] == Config(lr=4)


def test_a_change_in_place_is_a_change():
    with Hyperparameters() as scope:
        train()
    assert set_in(scope) == {}

    scope[train].config.lr = 3
    scope[train].names.append("b")

    with scope:
        assert train()[:2] == (Config(lr=3), ["a", "b"])
    assert train()[:2] == (Config(), ["a"])
    assert set_in(scope) == {"config": {"lr": 3.0, "names": []}, "names": ["a", "b"]}


def test_a_change_in_place_counts_before_any_call_and_in_models_made_by_hand():
    scope = Hyperparameters()
    scope[train].names.append("b")
    entry = train.config_model_type()
    entry.config.names.append("c")

    assert set_in(scope) == {"names": ["a", "b"]}
    assert entry.model_dump(exclude_unset=True) == {"config": {"lr": 0.1, "names": ["c"]}}
    assert entry.model_dump_json(exclude_unset=True) == '{"config":{"lr":0.1,"names":["c"]}}'
    assert train.config_model_type().config == Config()


def test_a_change_in_the_default_itself_is_shown_and_is_no_setting():
    @track_hyperparameters
    def grow(*, _names: list[str] = []):
        _names.append("x")
        return len(_names)

    with Hyperparameters() as scope:
        assert [grow(), grow(), grow()] == [1, 2, 3]

    assert scope[grow].names == ["x", "x"]  # what the last call was given
    assert scope.model_dump(exclude_unset=True) == {}


def test_a_change_of_an_outer_value_in_place_reaches_the_inner_scope():
    outer = Hyperparameters({train: {"names": ["b"]}})
    with outer, Hyperparameters() as inner:
        train()
        outer[train].names.append("c")
        train()

    assert inner[train].names == ["b", "c"]
    with inner:
        assert train()[1] == ["b", "c"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rate", "fast", "hyperparameter 'rate' cannot be 'fast'"),
        ("rate", 2, "hyperparameter 'rate' cannot be 2: Input should be less than or equal to 1"),
        ("rat", 1, "has no hyperparameter 'rat'. Did you mean 'rate'? It has 'config', 'names', 'rate'."),
        ("_rate", 1, "has no hyperparameter '_rate'. Did you mean 'rate'?"),
        ("config", {"lr": "x"}, "hyperparameter 'config.lr' cannot be 'x'"),
        ("names", ["a", 3], r"hyperparameter 'names[1]' cannot be 3"),
    ],
)
def test_what_does_not_fit_is_named(name, value, said):
    scope = Hyperparameters()
    ways = [
        lambda: setattr(scope[train], name, value),
        lambda: train.config_model_type(**{name: value}),
        lambda: train.config_model_type.model_validate({name: value}),
        lambda: Hyperparameters({train: {name: value}}),
        lambda: scope.__setitem__(train, {name: value}),
        lambda: Hyperparameters.model_validate({train.config_name: {name: value}}),
    ]
    for way in ways:
        with pytest.raises(HyperparameterError) as caught:
            way()
        assert said in str(caught.value)
        assert repr(train.config_name) in str(caught.value)
        assert isinstance(caught.value, ValueError)
    assert set_in(scope) == {}


def test_every_problem_is_told():
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters({train: {"rate": "x", "names": 3}})

    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_name_of_a_function_comes_with_near_ones():
    name = train.config_name.replace("train", "tran")

    with pytest.raises(KeyError) as caught:
        Hyperparameters()[name]

    assert isinstance(caught.value, HyperparameterError)
    assert str(caught.value).startswith(f"No tracked function is called {name!r}. Did you mean ")
    assert repr(train.config_name) in str(caught.value)


@pytest.mark.parametrize("key", [3, print, None])
def test_what_is_no_tracked_function_is_no_key(key):
    for way in (lambda: Hyperparameters()[key], lambda: Hyperparameters({key: {}}), lambda: Hyperparameters().pop(key)):
        with pytest.raises((HyperparameterError, AttributeError)):
            way()
    with pytest.raises(HyperparameterError, match="is no tracked function"):
        Hyperparameters()[key] = {}


def test_what_is_no_mapping_holds_no_hyperparameters():
    with pytest.raises(HyperparameterError, match="3 holds no hyperparameters"):
        Hyperparameters(3)
    with pytest.raises(HyperparameterError, match="holds no hyperparameters"):
        Hyperparameters({train: 3})


def test_the_values_of_one_function_are_not_those_of_another():
    @track_hyperparameters
    def other(*, _rate: float = 0.5): ...

    with pytest.raises(HyperparameterError, match="these are the hyperparameters of"):
        Hyperparameters()[train] = other.config_model_type()


def test_a_model_of_a_function_that_is_gone_keeps_its_name():
    def make():
        @track_hyperparameters
        def gone(*, _a: int = 1): ...

        return gone.config_model_type(a=2)

    entry = make()
    scope = Hyperparameters({entry.__config_name__: entry})

    assert scope.model_dump() == {entry.__config_name__: {"a": 2}}
    assert scope[entry.__config_name__] is entry


def test_what_cannot_be_copied_is_shared_and_what_is_around_it_is_copied():
    @dataclass
    class Tool:
        lock: object = field(default_factory=threading.Lock)
        names: list[str] = field(default_factory=list)

    tools = [Tool()]

    @track_hyperparameters
    def use(*, _tools: list[Tool] = tools):
        return _tools

    with Hyperparameters() as scope:
        assert use() is tools
    assert scope.model_dump(exclude_unset=True) == {}

    scope[use].tools[0].names.append("saw")
    scope[use].tools.append(3)

    assert len(tools) == 1
    assert tools[0].names == []
    assert scope[use].tools[0].lock is tools[0].lock
    assert len(scope[use].tools) == 2


def test_a_value_that_cannot_be_shown_is_named_all_the_same():
    class Shy:
        def __repr__(self):
            raise RuntimeError

    with pytest.raises(HyperparameterError, match="cannot be <Shy whose repr raises RuntimeError>"):
        Hyperparameters({train: {"rate": Shy()}})
    with pytest.raises(HyperparameterError, match=r"xxx\.\.\. \(5002 characters\)"):
        Hyperparameters({train: {"rate": "x" * 5000}})


class Odd:
    __slots__ = ("part",)

    def __init__(self, part):
        self.part = part


class Uncomparable:
    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None


class Everywhere:
    """Like an array: compares item by item."""

    def __init__(self, *items):
        self.items = items

    def __eq__(self, other):
        return Everywhere(*(a == b for a, b in zip(self.items, other.items, strict=True)))

    __hash__ = None

    def all(self):
        return all(self.items)


def circle():
    items = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (float("nan"), float("nan"), True),
        ({"a": [float("nan")]}, {"a": [float("nan")]}, True),
        ((Odd(1), 2), (Odd(1), 2), True),
        ((Odd(1), 2), (Odd(3), 2), False),
        ({"a": Odd(1)}, {"b": Odd(1)}, False),
        (Config(), Config(), True),
        (Config(), Config(lr=3), False),
        ({1}, {2}, False),
        ("a", "b", False),
        ([1], (1,), False),
        (Everywhere(1, 2), Everywhere(1, 2), True),
        (Everywhere(1, 2), Everywhere(1, 3), False),
        (Uncomparable(), Uncomparable(), True),
        (circle(), circle(), True),
    ],
    ids=str,
)
def test_values_are_compared_by_what_they_hold(one, other, expected):
    assert same(one, other) is expected


def test_copies_are_deep_as_far_as_they_can_be():
    class Holder(BaseModel, arbitrary_types_allowed=True):
        shared: object = None
        names: list[str] = ["a"]

    lock = threading.Lock()
    held = ({"a": Holder(shared=lock), "b": [lock]}, {1})
    copied = copy_of(held)

    assert copied[0]["a"].names is not held[0]["a"].names
    assert copied[0]["a"].shared is lock
    assert copied[1] is not held[1]
    assert copy_of(lock) is lock


def test_kinds_are_found_at_every_depth():
    @dataclass
    class Pair:
        left: object
        right: object

    assert list(kinds_in({"a": [Pair(Config(), 1)], "b": Pair})) == [Pair, Config]
