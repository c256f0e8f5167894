"""What the checklist has to do: only what the task says."""

import json

import pytest
from checklist import Checklist
from storage import load, save


@pytest.fixture
def shopping():
    found = Checklist()
    for item in ("milk", "eggs", "apples"):
        found.add(item)
    return found


def test_a_new_checklist_is_empty():
    assert Checklist().lines() == []


def test_items_are_listed_in_the_order_of_adding(shopping):
    assert shopping.lines() == ["1. [ ] milk", "2. [ ] eggs", "3. [ ] apples"]


def test_an_item_is_marked_as_done(shopping):
    shopping.done(2)
    assert shopping.lines() == ["1. [ ] milk", "2. [x] eggs", "3. [ ] apples"]


def test_the_first_and_the_last_item_can_be_done(shopping):
    shopping.done(1)
    shopping.done(3)
    assert shopping.lines() == ["1. [x] milk", "2. [ ] eggs", "3. [x] apples"]


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_without_an_item_is_an_error(shopping, number):
    with pytest.raises(IndexError):
        shopping.done(number)
    assert shopping.lines() == ["1. [ ] milk", "2. [ ] eggs", "3. [ ] apples"]


def test_checklists_are_apart(shopping):
    other = Checklist()
    other.add("nails")
    assert other.lines() == ["1. [ ] nails"]
    assert len(shopping.lines()) == 3


def test_what_was_saved_is_loaded(shopping, tmp_path):
    shopping.done(2)
    save(shopping, str(tmp_path / "list.json"))
    found = load(str(tmp_path / "list.json"))
    assert isinstance(found, Checklist)
    assert found.lines() == ["1. [ ] milk", "2. [x] eggs", "3. [ ] apples"]


def test_a_file_is_json(shopping, tmp_path):
    save(shopping, str(tmp_path / "list.json"))
    assert "eggs" in json.dumps(json.loads((tmp_path / "list.json").read_text("utf-8")))


def test_where_there_is_no_file_a_checklist_is_empty(tmp_path):
    found = load(str(tmp_path / "nothing.json"))
    assert isinstance(found, Checklist)
    assert found.lines() == []


def test_a_loaded_checklist_goes_on(shopping, tmp_path):
    save(shopping, str(tmp_path / "list.json"))
    found = load(str(tmp_path / "list.json"))
    found.add("bread")
    found.done(4)
    assert found.lines()[2:] == ["3. [ ] apples", "4. [x] bread"]
