import functools
import textwrap
from dataclasses import dataclass

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.optimize.store import code_digest, search_digest


def task(country):
    return country.upper()


def other(country):
    return country.lower()


class Tasks:
    def solve(self, country):
        return country

    @classmethod
    def solve_all(cls, country):
        return country


@dataclass
class Judge:
    rubric: str

    def __call__(self, case, value):
        return 1.0


class Rubric(BaseModel):
    text: str


@llm_function
def capital(model, country: str) -> str:
    """The capital."""


@llm_function
def river(model, country: str) -> str:
    """The longest river."""


def adding(number):
    def add(value):
        return value + number

    return add


class Plain:
    def __init__(self, weight):
        self.weight = weight
        self.lock = object()

    def __call__(self, case, value):
        return self.weight


def named(default):
    def scored(case, value, *, by=default):
        return by

    return scored


PAIRS = {
    "functions": (task, other),
    "lambdas in one line": (lambda x: x + 1, lambda x: x + 2),
    "methods": (Tasks().solve, Tasks.solve_all),
    "objects": (Judge("short"), Judge("long")),
    "models": (Rubric(text="short"), Rubric(text="long")),
    "partials": (functools.partial(task, "a"), functools.partial(task, "b")),
    "LLM functions": (capital, river),
    "closures": (adding(1), adding(2)),
    "closures over data": (adding((1, 2)), adding((1, 3))),
    "objects with data": (Judge({"mood": "good"}), Judge({"mood": "bad"})),
    "objects with attributes": (Plain(1), Plain(2)),
    "defaults": (lambda x, by=1: x, lambda x, by=2: x),
    "defaults by name": (named(1), named(2)),
    "functions in C": (len, max),
    "classes": (Tasks, Judge),
}


@pytest.mark.parametrize(("one", "another"), PAIRS.values(), ids=PAIRS)
def test_different_code_has_different_digests(one, another):
    assert code_digest(one) != code_digest(another)
    assert code_digest(one) == code_digest(one)


def test_equal_objects_have_equal_digests():
    assert code_digest(Judge("short")) == code_digest(Judge("short"))
    assert code_digest(adding(1)) == code_digest(adding(1))
    assert code_digest(Plain(1)) == code_digest(Plain(1))
    assert code_digest(functools.partial(task, Plain(1))) == code_digest(functools.partial(task, Plain(1)))
    assert code_digest(Judge({"b", "a"})) == code_digest(Judge({"a", "b"}))


def test_what_code_collects_does_not_make_it_another_one():
    seen = []
    collecting, counting = adding(seen), Plain([])
    before = code_digest(collecting), code_digest(counting)
    seen.append(1)
    counting.weight.append(1)

    assert (code_digest(collecting), code_digest(counting)) == before


def test_code_that_has_no_file_is_known_by_what_it_does():
    def made(text):
        names = {}
        exec(textwrap.dedent(text), names)
        return names["f"]

    assert code_digest(made("def f(x): return x + 1")) == code_digest(made("def f(x): return x + 1"))
    assert code_digest(made("def f(x): return x + 1")) != code_digest(made("def f(x): return x + 2"))


def test_a_cell_that_is_not_filled_does_no_harm():
    def outer():
        def inner():
            return later

        digest = code_digest(inner)
        later = 1
        return digest, later

    assert outer()[0]


def test_the_search_has_a_digest_of_its_own():
    assert search_digest() == search_digest()
    assert len(search_digest()) == 16
