"""What is wrong with code in monty, in the words of its author's own lines; and what monty lacks, in words that help."""

import pytest

from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.monty.body import Monty
from llm_strategy.sandbox.monty.errors import MODULES


@pytest.fixture(scope="module")
def worker():
    one = Monty().start(Setup(Limits(memory_mib=256)))
    yield one
    one.close()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def g():\n    yield 1", "yield expressions. Collect the items in a list"),
        ("try:\n    pass\nexcept* ValueError:\n    pass", "exception groups"),
        ("import numpy", "module numpy. It can import asyncio,"),
        ("import urllib.request", "module urllib"),
        ("from pandas import DataFrame", "module pandas"),
        ("class A(Exception):\n    pass", "class inheritance and metaclasses. Write one class"),
        ("class A:\n    @property\n    def x(self):\n        return 1", "method decorators"),
        ("class A:\n    def __len__(self):\n        return 1", "__len__ in a class"),
        ("x = [1]\ndel x[0]", "'del' statement. Use .pop(...)"),
        ("async def f():\n    async with 1:\n        pass", "async context managers"),
        ("type X = int", "type aliases. Write it another way."),
        ("next(n for n in [1])", "generator expressions"),
        ("next(map(str, [1]))", "lazy iterators"),
        ("from collections import OrderedDict", "collections.OrderedDict. Write it out."),
        ("import typing\ntyping.NamedTuple", "typing.NamedTuple"),
        ("dir()", "dir. Write it another way."),
        ("super()", "super. Write it another way."),
        ("object()", "plain objects"),
        ("def f():\n    pass\nf.__name__", "__name__ of function objects"),
        ("open('data.csv')", "files, so no /data.csv. Keep data in variables"),
        ("import os\nos.environ['HOME']", "os.environ. Ask a tool"),
        ("import sys\nsys.stdout.write('x')", "write of streams. Use print"),
        ("(1).__class__.__subclasses__()", "__class__ of int objects"),
        ("int.__subclasses__()", "__subclasses__ of the type int"),
    ],
)
def test_what_monty_lacks_is_said_in_words_that_lead_to_other_code(worker, code, told):
    error = worker.run(code).error
    assert error.kind == "Unsupported"
    assert error.message.startswith("This sandbox (monty) runs a part of Python. It has no ")
    assert told in error.message


@pytest.mark.parametrize("module", [one for one in MODULES if one != "os.path"])
def test_the_modules_that_are_named_can_be_imported(worker, module):
    assert worker.run(f"import {module}").ok


def test_code_may_look_whether_a_module_is_there(worker):
    assert worker.run("try:\n    import numpy\nexcept ImportError:\n    numpy = None\nnumpy is None").value is True


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("{}['a']", "KeyError", "'a'"),
        ("raise ValueError", "ValueError", ""),
        ("raise SystemExit", "SystemExit", ""),
        ("raise NotImplementedError('later')", "NotImplementedError", "later"),
        ("raise TimeoutError('mine')", "TimeoutError", "mine"),
        ("import json\njson.loads('{')", "JSONDecodeError", None),
        ("missing", "NameError", "name 'missing' is not defined"),
        ("x = (", "SyntaxError", None),
        ("assert 1 == 2", "AssertionError", ""),
        ("def r(n):\n    return r(n + 1)\nr(0)", "RecursionError", None),
        ("'('.join(1)", "TypeError", None),
        ("raise RuntimeError('a\\nb: c')", "RuntimeError", "a\nb: c"),
    ],
)
def test_mistakes_of_the_code_have_the_names_that_python_gives_them(worker, code, kind, message):
    error = worker.run(code).error
    assert error.kind == kind
    assert message is None or error.message == message
    assert error.traceback.startswith("Traceback (most recent call last):")
    assert error.traceback.endswith(f"{kind}: {error.message}" if error.message else kind)


def test_a_traceback_shows_the_lines_of_the_code_and_nothing_of_the_machinery(worker):
    error = worker.run("x = 1\n(x +\n 1 / 0)").error
    assert error.traceback.splitlines()[1:3] == ['  File "<action>", line 3, in <module>', "    1 / 0)"]
    assert "__show__" not in error.traceback


def test_a_traceback_goes_through_functions_of_earlier_actions(worker):
    worker.run("\ndef half(n):\n    return n / 0")
    assert worker.run("half(2)").error.traceback.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<action>", line 1, in <module>',
        "    half(2)",
        '  File "<action>", line 3, in half',
        "    return n / 0",
        "ZeroDivisionError: division by zero",
    ]


def test_the_middle_of_a_long_traceback_is_left_out(worker):
    error = worker.run("def r(n):\n    return r(n + 1)\nr(0)").error
    assert "more calls]" in error.traceback
    assert len(error.traceback.splitlines()) < 40


def test_an_error_at_the_end_of_the_code_is_shown_on_its_last_line(worker):
    assert "line 1, in <module>\n    x = (" in worker.run("x = (").error.traceback


def test_syntax_that_is_nested_too_deeply_is_an_error_of_the_code(worker):
    for code in ("(" * 50_000, "-" * 50_000 + "1", "[" * 5000 + "]" * 5000, "a" + ".b" * 50_000):
        assert worker.run(code).error.kind in ("SyntaxError", "Unsupported")
    assert worker.run("1").value == 1
