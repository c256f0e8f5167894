"""What the scopes in force have set, as it is noted on spans."""

# ruff: noqa: B006 (mutable and computed defaults are the subject)

import hashlib
import json
import math
import threading

import pytest

from llm_strategy.hyperparameters import (
    Hyperparameters,
    add_base_scope,
    remove_base_scope,
    set_values,
    stamp,
    track_hyperparameters,
)


@track_hyperparameters
def f(*, _x: float = 1, _names: list[str] = ["a"], _lock: object = None):
    return _x


@track_hyperparameters
def g(*, _y: int = 1): ...


F, G = f.config_name, g.config_name


def stamped():
    text, digest = stamp()
    assert digest == (hashlib.sha256(text.encode()).hexdigest()[:12] if text != "{}" else "")
    assert json.loads(text) == set_values()
    return json.loads(text)


def test_nothing_is_set_where_no_scope_is_in_force():
    assert stamp() == ("{}", "")
    assert set_values() == {}


def test_what_was_only_used_is_not_set():
    with Hyperparameters():
        f()
        assert stamp() == ("{}", "")


def test_scopes_are_merged_and_the_inner_one_wins():
    with Hyperparameters({f: {"x": 2, "names": ["b"]}}), Hyperparameters({g: {"y": 3}, f: {"x": 5}}):
        assert stamped() == {F: {"x": 5, "names": ["b"]}, G: {"y": 3}}


def test_the_same_values_have_the_same_stamp():
    with Hyperparameters({f: {"x": 2}, g: {"y": 3}}):
        one = stamp()
    with Hyperparameters({g: {"y": 3}}), Hyperparameters({f: {"x": 2}}):
        assert stamp() == one


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda scope: setattr(scope[f], "x", 7), {F: {"x": 7, "names": ["b"]}}),
        (lambda scope: scope[f].names.append("c"), {F: {"x": 2, "names": ["b", "c"]}}),
        (lambda scope: delattr(scope[f], "x"), {F: {"names": ["b"]}}),
        (lambda scope: scope.__delitem__(f), {}),
        (lambda scope: scope.__setitem__(g, {"y": 4}), {F: {"x": 2, "names": ["b"]}, G: {"y": 4}}),
    ],
    ids=["assigned", "in place", "attribute deleted", "entry deleted", "entry put in"],
)
def test_every_change_is_seen(change, expected):
    with Hyperparameters({f: {"x": 2, "names": ["b"]}}) as scope:
        stamped()
        change(scope)
        assert stamped() == expected


def test_a_default_that_is_changed_in_place_after_a_stamp_is_seen():
    with Hyperparameters() as scope:
        f()
        assert stamped() == {}
        names = scope[f].names
        assert stamped() == {}
        names.append("b")
        assert stamped() == {F: {"names": ["a", "b"]}}


def test_a_value_that_is_collected_after_it_was_looked_at_is_watched_too():
    with Hyperparameters({f: {"names": ["b"]}}), Hyperparameters() as inner:
        entry = inner[f]
        stamped()
        f()
        stamped()
        entry.names.append("c")
        assert stamped() == {F: {"names": ["b", "c"]}}


def test_what_is_no_json_is_described_and_never_raises():
    with Hyperparameters({f: {"lock": threading.Lock(), "x": math.inf}}):
        values = stamped()

    assert "lock" in values[F]["lock"]
    assert values[F]["x"] == "Infinity"


def test_base_scopes_set_nothing():
    base = Hyperparameters({g: {"y": 3}})
    add_base_scope(base)
    try:
        assert stamp() == ("{}", "")
        with Hyperparameters({f: {"x": 2}}):
            assert stamped() == {F: {"x": 2}}
    finally:
        remove_base_scope(base)
