"""Every kind of function, called with and without a scope."""

# ruff: noqa: B008 (mutable and computed defaults are the subject)

import abc
import asyncio
import copy
import inspect
import pickle
import sys

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import Hyperparameters, TrackedFunction, track_hyperparameters


@track_hyperparameters
def at_the_top(*, _a: int = 1) -> int:
    """What it does."""
    return _a


def test_positional_arguments_and_names_win():
    @track_hyperparameters
    def add(x, _a: int = Field(1), *rest, _b: int = Field(2), **more):
        return x, _a, rest, _b, more

    assert add(0) == (0, 1, (), 2, {})
    with Hyperparameters({add: {"a": 10, "b": 20}}) as scope:
        assert add(0) == (0, 10, (), 20, {})
        assert add(0, 5, 6) == (0, 5, (6,), 20, {})
        assert add(x=0, _b=7, c=8) == (0, 10, (), 7, {"c": 8})
        assert add(0, None) == (0, None, (), 20, {})
    assert scope.model_dump() == {add.config_name: {"a": 10, "b": 20}}


def test_parameters_that_are_given_by_place_only():
    @track_hyperparameters
    def add(x=0, _a: int = Field(1), y=5, _b: int = 2, /, **more):
        return x, _a, y, _b, more

    assert add() == (0, 1, 5, 2, {})
    assert add(7, 8, 9, 10) == (7, 8, 9, 10, {})
    with Hyperparameters({add: {"b": 20}}):
        assert add(7, _a=3) == (7, 1, 5, 20, {"_a": 3})
        assert add(7, 8) == (7, 8, 5, 20, {})


def test_a_missing_argument_is_missed_by_the_function_itself():
    @track_hyperparameters
    def add(x, y, _a: int = Field(1), /): ...

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        add(1)


def test_wrong_calls_fail_as_they_would_without_the_decorator():
    with pytest.raises(TypeError, match="unexpected keyword argument '_b'"):
        at_the_top(_b=3)
    with Hyperparameters(), pytest.raises(TypeError, match="positional argument"):
        at_the_top(3)


def test_methods_of_every_kind():
    class Room:
        @track_hyperparameters
        def plain(self, x, _a: int = 1):
            return (self, x, _a)

        @track_hyperparameters
        @classmethod
        def above_class(cls, _a: int = 1):
            return (cls, _a)

        @classmethod
        @track_hyperparameters
        def below_class(cls, _a: int = 1):
            return (cls, _a)

        @track_hyperparameters
        @staticmethod
        def above_static(_a: int = 1):
            return _a

        @staticmethod
        @track_hyperparameters
        def below_static(_a: int = 1):
            return _a

        @property
        @track_hyperparameters
        def asked(self, _a: int = 1):  # noqa: PLR0206 (it has a default)
            return _a

    class Hall(Room):
        pass

    room = Room()
    keys = [room.plain, Room.above_class, Hall.below_class, room.above_static, Room.below_static]
    scope = Hyperparameters({key: {"a": number} for number, key in enumerate(keys)})
    scope[vars(Room)["asked"].fget].a = 9

    with scope:
        assert room.plain(7) == (room, 7, 0)
        assert Room.plain(room, 7) == (room, 7, 0)
        assert Hall.above_class() == (Hall, 1)
        assert room.below_class() == (Room, 2)
        assert (room.above_static(), Room.below_static(), Hall().asked) == (3, 4, 9)
    assert [key in scope for key in keys] == [True] * 5
    assert list(inspect.signature(room.plain).parameters) == ["x", "_a"]
    assert inspect.ismethod(room.plain)


def test_an_abstract_method_stays_abstract():
    class Room(abc.ABC):
        @track_hyperparameters
        @abc.abstractmethod
        def shine(self, _a: int = 1): ...

    with pytest.raises(TypeError, match="abstract"):
        Room()


def test_async_functions_take_their_values_when_they_are_called():
    @track_hyperparameters
    async def shine(*, _a: int = 1):
        return _a

    with Hyperparameters({shine: {"a": 2}}):
        waiting = shine()

    assert asyncio.run(waiting) == 2
    assert asyncio.iscoroutinefunction(shine) or sys.version_info < (3, 12)
    assert inspect.iscoroutinefunction(shine)


def test_generators_take_their_values_when_they_are_called():
    @track_hyperparameters
    def count(*, _n: int = 1):
        yield from range(_n)

    with Hyperparameters({count: {"n": 3}}):
        counting = count()

    assert list(counting) == [0, 1, 2]
    assert inspect.isgeneratorfunction(count)


def test_async_generators_take_their_values_when_they_are_called():
    @track_hyperparameters
    async def count(*, _n: int = 1):
        for number in range(_n):
            yield number

    async def all_of(numbers):
        return [number async for number in numbers]

    with Hyperparameters({count: {"n": 3}}):
        counting = count()

    assert asyncio.run(all_of(counting)) == [0, 1, 2]
    assert inspect.isasyncgenfunction(count)


def test_it_looks_like_the_function():
    assert at_the_top.__name__ == "at_the_top"
    assert at_the_top.__doc__ == "What it does."
    assert at_the_top.__wrapped__() == 1
    assert repr(at_the_top) == f"<tracked function {__name__}.at_the_top>"
    assert str(inspect.signature(at_the_top)) == "(*, _a: int = 1) -> int"


def test_the_signature_shows_values_in_the_place_of_fields():
    @track_hyperparameters
    def shine(x=Field(0), *, _a: int = Field(1, ge=0), _b: list[int] = Field(default_factory=list)): ...

    parameters = inspect.signature(shine).parameters

    assert parameters["_a"].default == 1
    assert parameters["_b"].default is ...
    assert parameters["x"].default.default == 0


def test_it_is_pickled_and_copied_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or inspect.getmodule(at_the_top))
    module = sys.modules[__name__]
    if module is None:  # --import-mode=importlib leaves it out
        module = type(sys)(__name__)
        monkeypatch.setitem(sys.modules, __name__, module)
    monkeypatch.setattr(module, "at_the_top", at_the_top, raising=False)

    assert pickle.loads(pickle.dumps(at_the_top)) is at_the_top
    assert copy.deepcopy(at_the_top) is at_the_top


def test_tracking_twice_is_tracking_once():
    assert track_hyperparameters(at_the_top) is at_the_top
    assert isinstance(at_the_top, TrackedFunction)


def test_a_function_without_hyperparameters_may_be_tracked():
    @track_hyperparameters
    def plain(x):
        return x

    with Hyperparameters() as scope:
        assert plain(3) == 3
    assert scope.model_dump() == {plain.config_name: {}}
