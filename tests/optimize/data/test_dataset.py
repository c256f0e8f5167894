"""Data sets name their items alike in every process, and refuse what cannot be told apart."""

import pickle
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel

from llm_strategy.errors import InputError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import Dataset, dataset
from llm_strategy.schema.media import File


class Topic(BaseModel):
    name: str
    level: int = 1


@dataclass(frozen=True)
class Place:
    name: str
    secret: str = field(default="", repr=False)


def test_items_of_any_type_are_kept_as_they_were_given():
    items = [{"topic": "Rome"}, Topic(name="Bees"), Place("Oslo"), ("a", 1), "text", 3, None]
    data = dataset(items)
    assert [data.case(one) for one in data.ids] == items
    assert [data.parameters(one) for one in data] == items
    assert len(set(data.ids)) == len(data) == 7


def test_of_a_case_the_task_is_given_the_parameters_only():
    case = Case({"country": "France"}, "Paris", group="easy")
    data = dataset([case])
    (name,) = data.ids
    assert data.case(name) is case
    assert data.parameters(name) == {"country": "France"}
    assert data.group(name) == "easy"
    assert name in data
    assert "nobody" not in data


def test_an_id_of_its_own_names_a_case():
    assert dataset([Case(1, 2, id="one"), Case(1, 2, id="two")]).ids == ("one", "two")


def test_ids_do_not_depend_on_the_order_of_keys_or_on_the_process():
    program = (
        "from llm_strategy.optimize.data import dataset; from llm_strategy.optimize.case import Case; "
        "print(*dataset([{'b': 2, 'a': {'d': 1, 'c': 2}}, Case({'x'}, 'y')]).ids)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert dataset([{"a": {"c": 2, "d": 1}, "b": 2}, Case({"x"}, "y")]).ids == tuple(told)


def test_what_is_expected_and_what_is_hidden_tells_items_apart():
    assert len(dataset([Case(1, 2), Case(1, 3), 1])) == 3
    assert len(dataset([Place("Oslo", "a"), Place("Oslo", "b")])) == 2


def test_files_are_told_apart_by_their_bytes():
    assert len(dataset([File(b"one", name="a"), {"file": File(b"two", name="a")}, File(b"two", name="a")])) == 3


def test_the_digest_tells_of_any_change():
    one, two = dataset([Case(1, 2, id="a")]), dataset([Case(1, 3, id="a")])
    assert one.digest != two.digest
    assert one.digest == dataset([Case(1, 2, id="a")]).digest
    assert dataset([1, 2]).digest != dataset([2, 1]).digest


def test_a_data_set_is_one_already_and_can_be_sent():
    data = dataset([1, 2])
    assert dataset(data) is data
    sent = pickle.loads(pickle.dumps(data))
    assert (sent.ids, sent.digest, sent.case(sent.ids[0])) == (data.ids, data.digest, 1)
    assert repr(data) == f"<2 items, {data.digest}>"


def test_an_item_that_is_there_twice_is_an_error_unless_it_may_be_left_out():
    with pytest.raises(InputError, match=r"val: item 3 is item 1 again: 'Rome'. Leave it out"):
        dataset(["Rome", "Bees", "Rome"], name="val")
    assert len(dataset(["Rome", "Bees", "Rome"], duplicates=True)) == 2


def test_two_items_of_one_id_are_an_error_always():
    with pytest.raises(InputError, match="items 1 and 2 are both called 'a'"):
        dataset([Case(1, 2, id="a"), Case(2, 2, id="a")], duplicates=True)


def test_no_items_are_an_error():
    with pytest.raises(InputError, match="data: there are no items"):
        dataset([])


@pytest.mark.parametrize("wrong", ["text", b"bytes", 3, None])
def test_what_is_no_list_is_an_error(wrong):
    with pytest.raises(InputError, match="is no list of items"):
        dataset(wrong)


def test_what_has_no_json_form_needs_an_id():
    lock = object()
    with pytest.raises(InputError, match=r"Item 1 cannot be told from others.*Case\(parameters, expected, id="):
        dataset([lock])
    named = dataset([Case(lock, object(), id="a"), Case(object(), lock, id="b")])
    assert named.parameters("a") is lock


@pytest.mark.parametrize("wrong", [{"id": "a/b"}, {"group": "a\nb"}, {"id": 3}])
def test_ids_and_groups_are_plain_texts(wrong):
    with pytest.raises(InputError, match="Use a text of printable characters"):
        dataset([Case(1, 2, **wrong)])


def test_an_unknown_id_is_an_error_that_names_what_is_near():
    with pytest.raises(InputError, match=r"There is no item 'ona' among 1. Did you mean 'one'\?"):
        dataset([Case(1, 2, id="one")]).case("ona")


def test_a_part_of_a_data_set_is_one():
    data = dataset([1, 2, 3])
    part = Dataset(data.items[1:])
    assert part.ids == data.ids[1:]


def test_what_gives_names_and_no_rows_is_an_error():
    class Frame:
        columns = ("text", "mood")

        def __iter__(self):
            return iter(self.columns)

    for wrong in ({"text": "Rome"}, Frame()):
        with pytest.raises(InputError, match=r"train: .*Give its rows"):
            dataset(wrong, name="train")


def test_letters_that_have_no_bytes_are_told_apart():
    data = dataset([Case("\ud800"), Case("\ud801"), Case("?")])
    assert len(set(data.ids)) == 3
