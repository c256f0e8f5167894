"""Functions that share a name: one that was written anew takes over, and two that are in use are told apart."""

import functools
import gc
import importlib
import sys
import types

import pytest

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters


@functools.singledispatch
def show(value):
    return None


@show.register
@track_hyperparameters
def _(value: int, *, _width: int = 1):
    return _width


one = show.registry[int]


@show.register
@track_hyperparameters
def _(value: str, *, _depth: int = 2):
    return _depth


two = show.registry[str]


class Room:
    @property
    @track_hyperparameters
    def size(self, *, _wide: int = 1):  # noqa: PLR0206 (nobody gives it)
        return _wide

    @size.setter
    @track_hyperparameters
    def size(self, value, *, _high: int = 2):
        self.high = _high


def conflict_of(action) -> str:
    with pytest.raises(HyperparameterError) as caught:
        action()
    return str(caught.value)


def test_what_one_of_two_functions_has_set_is_not_dropped_for_the_other():
    scope = Hyperparameters()
    scope[one].width = 9

    message = conflict_of(lambda: scope[two])

    assert message.startswith(f"Two functions are called {one.config_name!r}, and a scope has one entry for a name.")
    assert "line 20, has set 'width', which the one in test_namesakes.py, line 29, does not have." in message
    with scope:
        assert show(1) == 9
        assert conflict_of(lambda: show("a")) == message
    assert scope[one.config_name].width == 9
    assert scope.items() == [(one.config_name, scope[one])]
    assert conflict_of(lambda: scope.__setitem__(two, {"depth": 3})) == message
    assert conflict_of(lambda: Hyperparameters({one: {"width": 9}, two: {"depth": 3}})) == message


@pytest.mark.parametrize(("function", "values"), [(one, {"width": 9}), (two, {"depth": 8})])
def test_the_function_that_is_given_is_the_one_that_is_meant(function, values):
    scope = Hyperparameters({function: values})

    assert scope.model_dump(exclude_unset=True) == {function.config_name: values}
    with scope:
        assert (show(1) if function is one else show("a")) in values.values()


def test_functions_of_one_name_that_set_nothing_get_along():
    with Hyperparameters():
        assert (show(1), show("a"), show(1)) == (1, 2, 1)


def test_the_getter_and_the_setter_of_a_property_are_two():
    scope = Hyperparameters({Room.size: {"wide": 7}})
    room = Room()

    with scope:
        assert room.size == 7
        assert "has set 'wide'" in conflict_of(lambda: setattr(room, "size", 3))


def made(names, module="nowhere"):
    parameters = ", ".join(f"_{name}: int = 1" for name in names)
    space = {"__name__": module}
    exec(f"def again(*, {parameters}): return locals()", space)
    return track_hyperparameters(space["again"])


def test_two_functions_that_are_held_are_two():
    first, second = made("ab"), made("bc")
    scope = Hyperparameters({first: {"a": 5, "b": 6}})

    with scope:
        assert "has set 'a'" in conflict_of(second)
    del first
    with scope:
        assert second() == {"_b": 6, "_c": 1}


def test_what_both_have_is_shared():
    first, second = made("ab"), made("bc")

    with Hyperparameters({first: {"b": 6}}):
        assert (first(), second()) == ({"_a": 1, "_b": 6}, {"_b": 6, "_c": 1})


def test_a_function_that_was_replaced_in_its_module_does_not_hinder(monkeypatch):
    cells = types.ModuleType("cells")
    monkeypatch.setitem(sys.modules, "cells", cells)
    cells.again = held = made("a", "cells")
    scope = Hyperparameters({held: {"a": 5}})
    cells.again = made("b", "cells")

    with scope:
        assert cells.again() == {"_b": 1}


def test_a_class_that_was_replaced_does_not_hinder():
    def make(name):
        space = {"__name__": "nowhere", "track_hyperparameters": track_hyperparameters}
        exec(f"class Room:\n    @track_hyperparameters\n    def show(self, *, _{name}: int = 1): return _{name}", space)
        return space["Room"]

    gc.collect()
    old = make("a")
    scope = Hyperparameters({old.show: {"a": 5}})
    old = make("b")

    with scope:
        assert old().show() == 1


def test_a_module_that_is_loaded_again_does_not_hinder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = "from llm_strategy.hyperparameters import track_hyperparameters\n{}@track_hyperparameters\ndef f(*, _{}: int = 1): return _{}\n"
    (tmp_path / "reloaded_lamps.py").write_text(source.format("", "a", "a"))
    lamps = importlib.import_module("reloaded_lamps")
    held = lamps.f
    scope = Hyperparameters({held: {"a": 5}})

    (tmp_path / "reloaded_lamps.py").write_text(source.format("\n", "b", "b"))
    importlib.reload(lamps)

    assert held() == 1
    with scope:
        assert lamps.f() == 1
    sys.modules.pop("reloaded_lamps")
