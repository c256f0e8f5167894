"""Code that means no harm, and would still be hard on a careless worker: the session goes on."""

import os
import resource
import subprocess
import sys

import pytest

from llm_strategy.sandbox.process.guest.worker import Streams, _lowest
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import HostCall, Returned
from llm_strategy.sandbox.unsafe_process import UnsafeProcess


@pytest.fixture(scope="module")
def worker():
    found = UnsafeProcess().start(Setup(functions=(GuestFunction("price", ("thing",)),)))
    yield found
    found.close()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("class P:\n def __repr__(self): return 'caf\\udce9'\nP()", "caf?"),
        (
            "class S(str):\n def __len__(self): return 1\nclass Q:\n def __repr__(self): return S('a' * 99_000)\nQ()",
            "aaa",
        ),
        ("import sys\nsys.set_int_max_str_digits(640)\n10**1000", "<int, whose repr raised ValueError>"),
    ],
)
def test_a_last_line_that_is_hard_to_show_ends_nothing(worker, code, shown):
    worker.run("kept = 1")
    result = worker.run(code)
    assert (result.error, result.value, result.shown[: len(shown)]) == (None, None, shown)
    assert worker.run("import sys\nsys.set_int_max_str_digits(4300)\nkept").value == 1


@pytest.mark.parametrize("name", ["TimeLimit", "Interrupted", "MemoryLimit", "DiskLimit", "Lost"])
def test_an_error_is_not_taken_for_one_of_the_sandbox_by_its_name(worker, name):
    assert worker.run(f"raise type({name!r}, (Exception,), {{}})('boo')").error.kind == f"__main__.{name}"


def test_the_error_of_a_time_limit_is_not_believed_where_nobody_set_one_off(worker):
    code = "import gc\nraise next(o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == 'TimeLimit')"
    assert worker.run(code).error.kind == "__main__.TimeLimit"


def test_code_that_nests_too_deep_is_no_code(worker):
    error = worker.run("-" * 100_000 + "1").error
    assert error.kind in {"SyntaxError", "RecursionError"}


def test_what_is_built_in_can_be_deleted_and_is_gone_then(worker):
    worker.run("import builtins\nkept_print = print\ndel builtins.print")
    assert worker.run("print(1)").error.kind == "NameError"
    worker.run("builtins.print = kept_print")
    assert worker.run("print(2)").stdout == "2\n"


@pytest.mark.parametrize("code", ["price = 3", "del price", "def price(): pass"])
def test_a_function_of_the_host_is_there_again_in_the_next_action(worker, code):
    result = worker.run(code)
    assert result.ok
    assert "price stands for a function again" in result.stderr
    step = worker.run("price('tea')")
    assert isinstance(step, HostCall)
    assert worker.resume(Returned(5)).value == 5


@pytest.mark.parametrize(
    ("limits", "lowest"), [((256, 4096), 640 + 10), ((256, 256), 240), ((-1, -1), 650), ((1024, -1), 650), ((8, 8), 3)]
)
def test_descriptors_lie_where_the_system_allows_some(monkeypatch, limits, lowest):
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert _lowest(10) == lowest


def test_a_program_with_few_descriptors_can_have_a_session():
    code = (
        "from llm_strategy.sandbox import Session\n"
        "with Session('unsafe-process') as session: print(session.run('6 * 7').value)"
    )
    few = f'ulimit -n 128; exec {sys.executable} -c "{code}"'
    found = subprocess.run(["sh", "-c", few], capture_output=True, text=True, check=False, env={**os.environ})
    assert (found.stdout, found.returncode) == ("42\n", 0), found.stderr


def test_streams_take_descriptors_from_a_number_on():
    streams = Streams(50)
    assert min(streams._kept) >= 50
    for number in streams._kept:
        os.close(number)
