"""What differs between two scopes."""

# ruff: noqa: B006 (mutable and computed defaults are the subject)

import pytest

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Change, Hyperparameters, diff, track_hyperparameters
from llm_strategy.hyperparameters.difference import ABSENT


@track_hyperparameters
def write(*, _heat: float = 0.5, _text: str = "one\ntwo\nthree", _names: list[str] = ["a"]): ...


NAME = write.config_name


def test_small_changes_take_a_line_each():
    before, after = Hyperparameters({write: {"heat": 1}}), Hyperparameters({write: {"heat": 2, "names": ["b"]}})

    found = diff(before, after)

    assert found.changes == (Change(NAME, "heat", 1.0, 2.0), Change(NAME, "names", ["a"], ["b"]))
    assert str(found) == f"{NAME}.heat: 1.0 -> 2.0\n{NAME}.names: ['a'] -> ['b']"
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
