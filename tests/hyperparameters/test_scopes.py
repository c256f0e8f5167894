"""Which value applies, and what a scope shows and remembers."""

# ruff: noqa: B006, B008 (mutable and computed defaults are the subject)

import copy

import pytest
from pydantic import BaseModel, TypeAdapter

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import (
    Hyperparameters,
    add_base_scope,
    config_model,
    in_scope,
    register,
    remove_base_scope,
    track_hyperparameters,
    values_in_force,
)


@track_hyperparameters
def f(*, _x: int = 1, _y: int = 1):
    return _x, _y


@track_hyperparameters
def g(*, _names: list[str] = ["a"]):
    return _names


class Variant:
    """Like an LLM function: several share a name, with defaults of their own."""

    config_name = "variants.ask"
    config_model_type = config_model("variants.ask", {"tone": (str, "plain"), "attempts": (int, 3)})

    def __init__(self, **own):
        self.own = {"tone": "plain", "attempts": 3, **own}

    def __call__(self):
        return {**self.own, **values_in_force(self, self.own)}


def test_the_inner_scope_wins_field_by_field_and_the_outer_one_shows_through():
    with Hyperparameters({f: {"x": 2, "y": 2}}), Hyperparameters({f: {"y": 3}}):
        assert f() == (2, 3)
        with Hyperparameters({f: {"x": 4}}):
            assert f() == (4, 3)
        assert f() == (2, 3)


def test_every_scope_in_force_shows_what_was_used():
    with Hyperparameters() as outer, Hyperparameters({f: {"x": 5}}) as inner:
        f()

    assert outer.model_dump() == inner.model_dump() == {f.config_name: {"x": 5, "y": 1}}


def test_a_default_that_was_collected_is_not_set():
    plain, eager = Variant(), Variant(attempts=9)
    with Hyperparameters() as scope:
        plain()

    with scope:
        assert eager()["attempts"] == 9
    assert scope[plain].attempts == 9
    assert scope.model_dump(exclude_unset=True) == {}


def test_a_value_of_an_inner_scope_is_only_shown():
    with Hyperparameters() as outer, Hyperparameters({f: {"x": 5}}):
        f()

    assert outer[f].x == 5
    with outer:
        assert f() == (1, 1)


def test_a_value_of_an_outer_scope_is_remembered():
    with Hyperparameters({f: {"x": 5}}), Hyperparameters() as inner:
        f()

    assert inner.model_dump(exclude_unset=True) == {}
    with inner:
        assert f() == (5, 1)
    with Hyperparameters({f: {"y": 2}}), inner:
        assert f() == (5, 2)
    with inner, Hyperparameters():
        assert f() == (5, 2)


def test_what_is_remembered_is_weaker_than_anything_that_is_set():
    with Hyperparameters({f: {"x": 5}}), Hyperparameters() as inner:
        f()

    with Hyperparameters({f: {"x": 6}}), inner:
        assert f() == (6, 1)
    with inner:
        assert f() == (6, 1)  # the last one counts


def test_what_is_remembered_lasts_when_an_inner_scope_sets_something_else():
    with Hyperparameters({f: {"x": 5}}), Hyperparameters() as middle:
        f()
        with Hyperparameters({f: {"x": 7}}):
            f()

    assert middle[f].x == 7
    with middle:
        assert f() == (5, 1)


def test_what_comes_while_a_scope_is_in_force_applies_from_the_next_time_on():
    outer, inner = Hyperparameters({f: {"x": 5}}), Hyperparameters()
    with outer, inner:
        f()
        del outer[f]
        assert f() == (1, 1)

    with inner:
        assert f() == (1, 1)  # the last one counts


def test_a_copy_of_a_scope_remembers_too():
    with Hyperparameters({g: {"names": ["b"]}}), Hyperparameters() as inner:
        g()

    for twin in (Hyperparameters(inner), copy.copy(inner), copy.deepcopy(inner)):
        with twin:
            assert g() == ["b"]
    twin = Hyperparameters(inner)
    twin[g].names.append("c")
    with twin:
        assert g() == ["b", "c"]
    assert inner[g].names == ["b"]


def test_arguments_that_are_given_are_not_collected():
    with Hyperparameters() as scope:
        f(_x=9)

    assert scope[f].x == 1


def test_a_scope_may_be_entered_again_inside_of_itself():
    scope = Hyperparameters({f: {"x": 2}})
    with scope, Hyperparameters({f: {"x": 3}}), scope:
        assert f() == (2, 1)
    assert f() == (1, 1)


def test_scopes_may_be_left_in_any_order():
    first, second = Hyperparameters({f: {"x": 2}}), Hyperparameters({f: {"x": 3}})
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert f() == (3, 1)
    second.__exit__(None, None, None)
    assert not in_scope()
    second.__exit__(None, None, None)
    assert f() == (1, 1)


def test_deleting_puts_the_default_back():
    scope = Hyperparameters({f: {"x": 2}, g: {"names": ["b"]}})

    del scope[f].x
    del scope[g].names

    assert scope[f].x == 1
    assert scope.model_dump(exclude_unset=True) == {}
    scope[g].names.append("c")
    assert scope.model_dump(exclude_unset=True) == {g.config_name: {"names": ["a", "c"]}}
    with pytest.raises(HyperparameterError, match="has no hyperparameter 'z'"):
        del scope[f].z


def test_a_scope_is_a_mapping_by_name():
    scope = Hyperparameters({f: {"x": 2}})

    assert f in scope
    assert f.config_name in scope
    assert g not in scope
    assert 3 not in scope
    assert list(scope) == scope.keys() == [f.config_name]
    assert len(scope) == 1
    assert scope.values() == [scope[f]] == [scope[f.config_name]]
    assert scope.items() == [(f.config_name, scope[f])]
    assert scope.get(g) is None
    assert scope.get(f).x == 2
    assert Hyperparameters()
    del scope[f]
    assert len(scope) == 0
    with pytest.raises(KeyError):
        del scope[f]


def test_scopes_with_the_same_values_are_equal():
    one, other = Hyperparameters({f: {"x": 2}}), Hyperparameters({f: f.config_model_type(x=2)})

    assert one == other
    other[f].y = 7
    assert one != other
    assert one != 3
    assert one[f] != 3
    assert one[f] != g.config_model_type()


def test_a_function_that_was_not_called_yet_has_an_entry_with_its_defaults():
    scope = Hyperparameters()

    assert scope[f].x == 1
    scope[f].x = 3

    with scope:
        assert f() == (3, 1)
    assert Hyperparameters()[f.config_name].x == 1


def test_a_scope_may_be_a_field_of_a_model():
    class Run(BaseModel):
        hyperparameters: Hyperparameters
        score: float

    scope = Hyperparameters({f: {"x": 2}})
    run = Run(hyperparameters=scope, score=1)

    assert run.hyperparameters is scope
    assert Run.model_validate_json(run.model_dump_json()) == run
    assert run.model_dump(exclude_unset=True)["hyperparameters"] == {f.config_name: {"x": 2}}
    assert TypeAdapter(list[Hyperparameters]).validate_python([{f.config_name: {"x": 2}}]) == [scope]
    with pytest.raises(ValueError, match="Did you mean 'x'"):
        Run.model_validate({"hyperparameters": {f.config_name: {"xx": 3}}, "score": 1})


def test_base_scopes_collect_everywhere_and_apply_nothing():
    base = Hyperparameters({g: {"names": ["z"]}})
    add_base_scope(base)
    try:
        assert in_scope()
        assert f() == (1, 1)
        with Hyperparameters({f: {"x": 2}}):
            f(_y=9)
        assert g() == ["a"]
    finally:
        remove_base_scope(base)

    f(_x=7)
    assert base[f].x == 2
    assert base[f].y == 1
    assert base[g].names == ["z"]
    assert not in_scope()


def test_a_function_that_is_defined_again_reads_what_was_set_for_the_older_one():
    def make(kind, default):
        @track_hyperparameters
        def again(*, _x: kind = default, _new: int = 0):
            return _x

        return again

    older = make(int, 1)
    scope = Hyperparameters({older: {"x": 2}})
    newer = make(str | int, "one")

    with scope:
        assert newer() == 2
    assert type(scope[newer]) is newer.config_model_type
    assert scope[newer.config_name].new == 0


def test_a_value_that_does_not_fit_the_newer_function_is_named():
    def make(kind, default):
        @track_hyperparameters
        def again(*, _x: kind = default):
            return _x

        return again

    older = make(int, 1)
    scope = Hyperparameters({older: {"x": 2}})
    newer = make(list[int], [])

    with scope, pytest.raises(HyperparameterError, match=r"again': hyperparameter 'x' cannot be 2"):
        newer()


def test_a_model_that_is_defined_again_with_its_function_is_read_anew():
    def make():
        class Lamp(BaseModel):
            watts: int = 1

        @track_hyperparameters
        def again(*, _lamp: Lamp = Lamp()):
            return type(_lamp) is Lamp, _lamp.watts

        return again, Lamp

    older, lamp = make()
    scope = Hyperparameters({older: {"lamp": lamp(watts=7)}})
    newer, _ = make()

    with scope:
        assert newer() == (True, 7)


def test_functions_made_by_one_function_share_an_entry():
    def make(default):
        @track_hyperparameters
        def made(*, _x: int = default, _y: list[int] = [default]):
            return _x, _y

        return made

    one, two = make(1), make(2)
    with Hyperparameters() as scope:
        assert (one(), two()) == ((1, [1]), (2, [2]))
    assert scope[one].x == 2  # the last one that was used under this name
    assert scope[two].y == [2]
    scope[two].x = 5
    with scope:
        assert (one(), two()) == ((5, [1]), (5, [2]))


def test_anything_with_a_name_and_a_model_may_be_a_key():
    one = Variant()
    register(one)

    assert Hyperparameters({one: {"tone": "loud"}}) == Hyperparameters({"variants.ask": {"tone": "loud"}})
    with Hyperparameters({one: {"tone": "loud"}}):
        assert one() == {"tone": "loud", "attempts": 3}
        assert values_in_force(one, {"attempts": 3}) == {}
    assert values_in_force(one, one.own) == {}


def test_a_change_reaches_calls_with_the_same_defaults():
    one = Variant()
    with Hyperparameters() as scope, Hyperparameters():
        assert [one(), one()] == [one.own, one.own]
        scope[one].tone = "loud"
        assert [one()["tone"], one()["tone"]] == ["loud", "loud"]
        del scope[one]
        assert one() == one.own
    with scope:
        assert one() == one.own
