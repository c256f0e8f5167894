"""Scopes nest text by text in descriptions and templates: what one leaves as it is shows what is around it."""

import json

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Templates, llm_function
from llm_strategy.hyperparameters import Hyperparameters, stamp
from llm_strategy.testing import ScriptedModel


class Pair(BaseModel):
    left: str = Field(description="Left.")
    right: str = Field(description="Right.")


@llm_function
def pair(model, a: str = Field(description="A."), b: str = Field(description="B.")) -> Pair:
    """Pair."""


def scope(**values):
    made = Hyperparameters()
    for name, texts in values.items():
        setattr(made[pair], name, texts)
    return made


def told(function=pair):
    return function.prompt("x", "y")[0].content


@pytest.mark.parametrize(
    ("name", "outer", "inner", "lines"),
    [
        ("parameters", {"a": "Outer."}, {"b": "Inner."}, ["- a: Outer.", "- b: Inner."]),
        ("parameters", {"a": "Outer.", "b": "Outer."}, {"b": ""}, ["- a: Outer.\n\n"]),
        ("fields", {"Pair.left": "Outer."}, {"Pair.right": "Inner."}, ["// Outer.", "// Inner."]),
        ("templates", {"task": "Outer {instruction}"}, {"schema": "Inner {schema}"}, ["Outer Pair.", "Inner Pair {"]),
    ],
)
def test_each_scope_adds_its_texts(name, outer, inner, lines):
    with scope(**{name: outer}), scope(**{name: inner}):
        assert all(line in told() for line in lines)


def test_the_inner_scope_wins_where_both_set_a_text():
    with scope(parameters={"a": "Outer."}), scope(parameters={"a": "Inner."}):
        assert "- a: Inner.\n- b: B." in told()


def test_three_scopes_shine_through_one_another():
    with scope(parameters={"a": "1"}), scope(templates={"task": "T"}), scope(parameters={"b": "3"}):
        assert told().startswith("T\n\nParameters:\n- a: 1\n- b: 3")


def test_what_no_scope_sets_is_that_of_using():
    own = pair.using(parameters={"a": "Using."}, templates=Templates(task="Using {instruction}"))
    with scope(parameters={"b": "Scope."}, templates={"schema": "Scope {schema}"}):
        for _ in range(3):
            assert "- a: Using.\n- b: Scope." in told(own)
            assert "Using Pair." in told(own)
            assert "Scope Pair {" in told(own)
            assert "- a: A.\n- b: Scope." in told(pair)
            assert "Using" not in told(pair)


def test_so_it_is_in_an_entry_that_was_made_for_the_variant():
    own = pair.using(parameters={"a": "Using."})
    hparams = Hyperparameters()
    hparams[own].parameters["b"] = "Scope."
    with hparams:
        assert "- a: Using.\n- b: Scope." in told(own)
        assert "- a: A.\n- b: Scope." in told(pair)


def test_what_a_variant_has_of_its_own_is_not_handed_on_to_others():
    outer, inner = scope(parameters={"b": "Outer."}), Hyperparameters()
    with outer, inner:
        pair.using(parameters={"a": "Using."})(ScriptedModel(['{"left": "l", "right": "r"}']), "x", "y")
    own = pair.using(parameters={"a": "Another."})
    with inner:  # holds what came from the scope around it
        for _ in range(3):  # from the second time on it is remembered
            assert "- a: A.\n- b: Outer." in told()
            assert "- a: Another.\n- b: Outer." in told(own)


def test_a_change_in_place_is_seen_from_then_on():
    outer, inner = scope(parameters={"a": "Outer."}), scope(parameters={"b": "Inner."})
    with outer, inner:
        assert "- a: Outer." in told()
        outer[pair].parameters["a"] = "Changed."
        assert "- a: Changed.\n- b: Inner." in told()
        inner[pair].parameters["a"] = "Nearer."
        assert "- a: Nearer." in told()
        inner[pair].parameters["a"] = "A."  # as in the code: the scope says nothing of it any more
        assert "- a: Changed." in told()
        outer[pair].templates.task = "Changed task."
        assert "Changed task." in told()


def test_the_entries_keep_what_was_set_in_them():
    outer, inner = scope(parameters={"a": "Outer."}), scope(parameters={"b": "Inner."})
    with outer, inner:
        told()
    assert outer[pair].parameters == {"a": "Outer.", "b": "B."}
    assert inner[pair].parameters == {"a": "A.", "b": "Inner."}


def test_a_description_that_was_taken_out_stays_out():
    outer, inner = scope(parameters={"a": "Outer."}), scope(parameters={"b": "Inner."})
    del outer[pair].parameters["a"]
    with outer, inner:
        assert "Parameters:\n- b: Inner." in told()


def test_the_stamp_of_a_span_holds_the_texts_of_all_scopes():
    outer, inner = Hyperparameters(), Hyperparameters()
    outer[pair].parameters["a"] = "from outside"
    inner[pair].parameters["b"] = "from inside"
    with outer:
        alone = stamp()[1]
        with inner:
            values, digest = json.loads(stamp()[0]), stamp()[1]
    assert values[pair.config_name]["parameters"] == {"a": "from outside", "b": "from inside"}
    outer[pair].parameters["a"] = "changed"
    with outer, inner:
        assert len({alone, digest, stamp()[1]}) == 3
