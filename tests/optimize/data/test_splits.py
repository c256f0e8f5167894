"""Splits share every group out, do not depend on the order of the items, and have no case in common."""

from collections import Counter

import pytest

from llm_strategy.errors import HyperparameterError, InputError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import optimize, search_space
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import check_apart, dataset, split


def test_each_split_has_its_share_of_each_group():
    cases = [Case(number, number, group="rare" if number % 10 == 0 else "often") for number in range(100)]
    for part, size in zip(split(cases, train=0.2, val=0.3, test=0.5, seed=3), (20, 30, 50), strict=True):
        groups = Counter(part.group(one) for one in part)
        assert len(part) == size
        assert groups["rare"] in {size // 10 - 1, size // 10, size // 10 + 1}


def test_nothing_is_in_two_splits_and_all_of_it_is_in_one():
    data = dataset(range(37))
    parts = split(data)
    assert sorted(one for part in parts for one in part) == sorted(data)
    assert [len(part) for part in parts] == [11, 11, 15]


def test_what_goes_where_depends_on_the_seed_and_not_on_the_order():
    one = [set(part) for part in split(range(20), seed=1)]
    assert one == [set(part) for part in split(reversed(range(20)), seed=1)]
    assert one != [set(part) for part in split(range(20), seed=2)]


def test_counts_leave_the_rest_out_and_the_test_may_be_none():
    train, val, test = split(range(20), train=2, val=3, test=0)
    assert (len(train), len(val), len(test)) == (2, 3, 0)


def test_items_keep_their_order():
    train, *_ = split(range(20), train=10, val=5, test=5)
    numbers = [train.case(one) for one in train]
    assert numbers == sorted(numbers)


def test_cases_that_ask_the_same_stay_together():
    cases = [Case(number // 2, number) for number in range(20)]
    parts = split(cases, train=6, val=6, test=8, seed=5)
    check_apart(train=parts[0], val=parts[1], test=parts[2])
    assert sum(map(len, parts)) == 20


@pytest.mark.parametrize("wrong", [-1, True, float("nan"), 1.5, 0, "3"])
def test_a_size_is_a_count_or_a_share(wrong):
    with pytest.raises(InputError, match=r"split\(train=.*use how many items"):
        split(range(20), train=wrong)


@pytest.mark.parametrize("sizes", [{"train": 0.6, "val": 0.6}, {"train": 0.5, "val": 0.5, "test": 0.5}])
def test_shares_add_up_to_one_at_most(sizes):
    with pytest.raises(InputError, match="add up to more than 1"):
        split(range(20), **sizes)


@pytest.mark.parametrize("sizes", [{"train": 9, "val": 9, "test": 9}, {"train": 0.01, "val": 0.3, "test": 0.3}])
def test_too_few_items_are_an_error(sizes):
    with pytest.raises(InputError, match=r"20 items are too few for .*; train and val need one each"):
        split(range(20), **sizes)


def test_a_case_in_two_splits_is_an_error_that_names_it():
    train, val = dataset([Case("Rome", 1, id="a"), Case("Bees", 1)]), dataset(["Rome", "Oslo"])
    with pytest.raises(InputError, match=r"train has 'a' and val has '\w+': 'Rome'"):
        check_apart(train=train, val=val, test=None)


def test_of_many_such_cases_some_are_named():
    with pytest.raises(InputError, match="and 4 more"):
        check_apart(train=dataset(range(7)), test=dataset(range(7)))


def test_splits_apart_are_no_error():
    check_apart(train=dataset([1]), val=dataset([2]), test=None)


def test_cases_that_cannot_be_divided_are_told_in_words_of_the_caller():
    with pytest.raises(InputError, match=r"optimize\(\): there is no val, so that train is divided: .*too few"):
        optimize(len, ["a"], metric=lambda case, value: 1.0, space=search_space(_told))


def test_a_function_without_hyperparameters_is_told_how_they_are_named():
    @track_hyperparameters
    def plain(text: str, *, digits: int = 3) -> str:
        return text[:digits]

    with pytest.raises(HyperparameterError, match="names begin with '_'"):
        search_space(plain)


@track_hyperparameters
def _told(text: str, *, _digits: int = 3) -> str:
    return text[:_digits]


def test_too_few_different_cases_are_an_error():
    twice = [Case(number % 2, number) for number in range(20)]
    with pytest.raises(InputError, match=r"stay together, and 20 of which 2 are different are too few for 6 \+ 6 \+ 8"):
        split(twice)
    assert [len(part) for part in split(twice, train=0.5, val=0.5, test=0)] == [10, 10, 0]
    with pytest.raises(InputError, match="of which 1 is different"):
        split([Case("Rome", 1), Case("Rome", 2)], train=1, val=1, test=0)
