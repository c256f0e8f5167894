"""What differs between two scopes."""

# ruff: noqa: B006 (mutable and computed defaults are the subject)

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Change, Hyperparameters, diff, track_hyperparameters
from llm_strategy.hyperparameters.leaves import ABSENT


@track_hyperparameters
def write(*, _heat: float = 0.5, _text: str = "one\ntwo\nthree", _names: list[str] = ["a"]): ...


NAME = write.config_name


def test_small_changes_take_a_line_each():
    before, after = Hyperparameters({write: {"heat": 1}}), Hyperparameters({write: {"heat": 2, "names": ["b"]}})

    found = diff(before, after)

    assert found.changes == (Change(NAME, "heat", 1.0, 2.0), Change(NAME, "names[0]", "a", "b"))
    assert str(found) == f"{NAME}.heat: 1.0 -> 2.0\n{NAME}.names[0]: 'a' -> 'b'"
    assert Hyperparameters.diff(before, after) == found
    assert found


def test_long_texts_are_shown_by_line():
    found = diff(Hyperparameters({write: {}}), Hyperparameters({write: {"text": "one\nzwei\nthree"}}))

    assert str(found).splitlines() == [
        f"{NAME}.text:",
        "    @@ -1,3 +1,3 @@",
        "     one",
        "    -two",
        "    +zwei",
        "     three",
    ]


def test_texts_that_differ_in_line_breaks_only():
    found = diff(Hyperparameters({write: {"text": "one\n"}}), Hyperparameters({write: {"text": "one"}}))

    assert str(found) == f"{NAME}.text:\n    (only line breaks differ)"


def test_a_scope_that_says_nothing_of_a_function_means_its_defaults():
    assert str(diff(Hyperparameters(), Hyperparameters({write: {"heat": 0.5}}))) == "no difference"
    assert not diff({write: {}}, {})
    assert str(diff({write: {"heat": 3}}, {})) == f"{NAME}.heat: 3.0 -> 0.5"
    assert str(diff({}, Hyperparameters.schema_of(write)(write={"heat": 3}))) == f"{NAME}.heat: 0.5 -> 3.0"


def test_two_versions_of_a_function_may_have_other_hyperparameters():
    def make(name):
        space = {}
        exec(f"def again(*, _{name}: int = 1): ...", {"__name__": "lamps"}, space)
        return track_hyperparameters(space["again"])

    older = make("a")
    before = Hyperparameters({older: {}})
    newer = make("b")
    after = Hyperparameters({newer: {}})
    before.root["lamps.again"], after.root["lamps.again"] = older.config_model_type(), newer.config_model_type()

    assert str(diff(before, after)) == "lamps.again.a: 1 -> (absent)\nlamps.again.b: (absent) -> 1"
    assert diff(before, after).changes[0].after is ABSENT


def test_what_holds_no_hyperparameters_is_refused():
    with pytest.raises(HyperparameterError):
        diff(3, {})


class Lamp(BaseModel):
    watts: int = 5
    names: dict[str, list[int]] = {"a": [1, 2, 3]}


@dataclass
class Room:
    lamp: Lamp
    sizes: tuple[int, ...] = ()


@track_hyperparameters
def shine(*, _room: Room = Room(Lamp()), _text: str = "", _any: Any = None): ...  # noqa: B008


def changes(before, after) -> list[str]:
    lines = str(diff(Hyperparameters({shine: before}), Hyperparameters({shine: after}))).splitlines()
    return [line.removeprefix(f"{shine.config_name}.") for line in lines]


def test_what_changed_inside_of_a_value_is_told_and_nothing_else():
    room = Room(Lamp(watts=6, names={"a": [1, 3], "b c": []}), sizes=(1,))

    assert changes({}, {"room": room}) == [
        "room.lamp.watts: 5 -> 6",
        "room.lamp.names.a[1]: 2 -> (absent)",
        "room.lamp.names['b c']: (absent) -> []",
        "room.sizes[0]: (absent) -> 1",
    ]


def test_values_of_two_types_differ_as_a_whole():
    assert changes({"any": [1]}, {"any": (1,)}) == ["any: [1] -> (1,)"]
    assert changes({"any": {1}}, {"any": {2}}) == ["any: {1} -> {2}"]


def test_values_that_are_unequal_without_a_part_that_is_differ_as_a_whole():
    class Ordered(dict):
        def __eq__(self, other):
            return list(self) == list(other)

        __hash__ = None

    before, after = Ordered(a=1, b=2), Ordered(b=2, a=1)

    assert changes({"any": before}, {"any": after}) == ["any: {'a': 1, 'b': 2} -> {'b': 2, 'a': 1}"]


def test_long_texts_are_cut_around_what_differs():
    before, after = "a" * 200 + "one" + "b" * 200, "a" * 200 + "two" + "b" * 200

    (line,) = changes({"text": before}, {"text": after})
    left, right = f"...{'a' * 30}one{'b' * 30}...", f"...{'a' * 30}two{'b' * 30}..."
    assert line == f"text: {left!r} -> {right!r}"
    lines = changes({"text": f"{before}\n{'c' * 300}"}, {"text": f"{after}\n{'c' * 300}"})
    assert lines[2:4] == [f"    -{left}", f"    +{right}"]
    assert lines[4].startswith("     ccc")
    assert all(len(line) < 150 for line in lines)


def test_what_a_terminal_would_obey_is_escaped():
    lines = changes({}, {"text": "one\n\x1b[2Jtwo"})

    assert "    +\\x1b[2Jtwo" in lines
