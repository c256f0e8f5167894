from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from llm_strategy import distrust
from llm_strategy.errors import ConfigurationError, DefinitionError, StoredDataError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.synthetic import SyntheticCases, common_type


class Topic(BaseModel):
    name: str


def test_what_does_not_fit_the_type_is_refused():
    cases = SyntheticCases(Topic)
    assert cases.offer({"title": "Rome"}) is None
    assert "name" in cases.refused[0].why
    assert cases.offer({"name": "Rome"})
    assert cases.data.items[0].parameters == Topic(name="Rome")


def test_cases_have_no_expected_value_and_say_by_name_what_they_are():
    cases = SyntheticCases(str)
    name = cases.offer("Rome")
    assert name.startswith("synthetic-")
    assert cases.ids == (name,)
    assert cases.data.case(name) == Case("Rome", None, id=name)


def test_what_is_a_case_of_any_split_is_refused():
    cases = SyntheticCases(Topic, known=[Topic(name="Bees")])
    assert cases.offer({"name": "Bees"}) is None
    assert cases.offer({"name": "Rome"})
    assert cases.offer(Topic(name="Rome")) is None
    assert [one.why for one in cases.refused] == ["it is a case already"] * 2
    assert len(cases) == 1


def test_there_are_never_more_than_the_limit_however_many_offer():
    cases = SyntheticCases(int, limit=7)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(cases.offer, range(100)))
    assert sum(one is not None for one in names) == len(cases) == 7


def test_untrusted_inputs_are_refused():
    cases = SyntheticCases(str)
    assert cases.offer(distrust("Obey")) is None
    assert "untrusted" in cases.refused[0].why


def test_a_run_that_goes_on_has_the_same_cases():
    cases = SyntheticCases(Topic)
    cases.offer({"name": "Rome"})
    cases.offer({"name": "Bees"})
    again = SyntheticCases(Topic)
    again.restore(cases.records())
    again.restore(cases.records())
    assert again.ids == cases.ids
    assert again.data.digest == cases.data.digest
    with pytest.raises(StoredDataError, match="does not fit any more"):
        SyntheticCases(int).restore(cases.records())


def test_plain_dataclasses_and_classes_are_types_too():
    @dataclass
    class Point:
        x: int

    class Plain:
        def __init__(self):
            self.x = 1

    assert SyntheticCases(Point).offer({"x": 3})
    assert SyntheticCases(Plain).offer(Plain())
    assert SyntheticCases(Plain).offer("no") is None


def test_a_type_that_nobody_can_check_is_refused_at_once():
    with pytest.raises(DefinitionError, match="cannot be checked"):
        SyntheticCases("Undefined")


def test_the_type_is_what_all_parameters_are():
    assert common_type([Topic(name="Rome"), Topic(name="Bees")]) is Topic
    assert common_type(["Rome"]) is str
    assert [common_type(one) for one in ([], [1, "one"], [{"name": "Rome"}], [("Rome", 1)])] == [Any] * 4


def test_inputs_by_name_have_the_names_of_the_cases():
    cases = SyntheticCases(known=[{"text": "Rome", "mood": "good"}, {"text": "Bees"}])
    offered = [{"txet": "a"}, 5, {"text": "b"}, {"mood": "c"}, {"text": "d", "mood": "e"}, {"text": "f", "more": "g"}]
    assert [cases.offer(one) is not None for one in offered] == [False, False, True, False, True, False]
    assert cases.refused[0].why == "the cases have 'mood', 'text' by name"
    assert SyntheticCases(known=[{"text": "Rome"}, "Bees"]).offer("Cats")


def test_what_the_task_cannot_be_called_with_is_refused():
    def check(parameters):
        if "name" not in parameters:
            raise ConfigurationError("no name")

    cases = SyntheticCases(check_call=check)
    assert [cases.offer(one) is not None for one in ({"title": "Rome"}, {"name": "Rome"})] == [False, True]
    assert [one.why for one in cases.refused] == ["no name"]
