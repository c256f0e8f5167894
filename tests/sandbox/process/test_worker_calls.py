"""A worker that is a process: code asks the host, and is answered."""

import threading

import pytest

from llm_strategy.errors import (
    ConfigurationError,
)
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import Ended, HostCall, Raised, Returned
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

SWALLOW = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass\n"
ASK = GuestFunction("ask", ("what", "how"), "Ask.")


@pytest.fixture
def start():
    """Starts workers that are closed afterwards."""
    started = []

    def made(functions=(ASK,), laid=None, **limits):
        setup = Setup(Limits(**{"seconds": 10, **limits}), functions, laid or {})
        started.append(UnsafeProcess().start(setup))
        return started[-1]

    yield made
    for one in started:
        one.close()


def test_a_tool_is_asked_for_and_answered(start):
    worker = start()
    assert worker.run("got = ask('x', how=[1, None])\ngot['a']") == HostCall("ask", '{"what":"x","how":[1,null]}')
    assert worker.resume(Returned({"a": [1.5, "é"]})).value == [1.5, "é"]


def test_a_tool_that_fails_raises_in_the_code(start):
    worker = start()
    worker.run("try:\n    ask()\nexcept ToolError as e:\n    said = str(e)\nsaid")
    assert worker.resume(Raised("no luck")).value == "no luck"


def test_an_action_can_be_ended_by_an_answer(start):
    worker = start()
    worker.run("before = 1\ntry:\n    ask()\nexcept Exception:\n    caught = 1\nafter = 1")
    result = worker.resume(Ended())
    assert (result.error, result.state_lost) == (None, False)
    assert worker.run("before, 'caught' in globals(), 'after' in globals()").value == [1, False, False]


def test_code_that_goes_on_after_its_end_is_ended(start):
    worker = start(seconds=60)
    worker.run(f"try:\n    ask()\nexcept BaseException: pass\n{SWALLOW}")
    result = worker.resume(Ended())
    assert (result.error, result.state_lost) == (None, True)


def test_code_that_asks_after_its_end_gets_no_answer(start):
    worker = start()
    worker.run("n = 0\nfor i in range(3):\n    try:\n        ask()\n    except BaseException: n += 1")
    assert worker.resume(Ended()).error is None
    assert worker.run("n").value == 3


def test_a_thread_that_is_told_to_end_ends_the_action(start):
    worker = start()
    worker.run(
        "import threading, time\nthreading.excepthook = lambda *a: None\nt = threading.Thread(target=ask)\nt.start()\ntime.sleep(60)"
    )
    assert worker.resume(Ended()).error is None


def test_calls_of_threads_come_one_after_the_other(start):
    worker = start()
    step = worker.run(
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as p: got = list(p.map(ask, range(8)))\ngot"
    )
    asked = []
    while isinstance(step, HostCall):
        asked.append(step.arguments)
        step = worker.resume(Returned(step.arguments))
    assert sorted(step.value) == sorted(asked)
    assert len(asked) == 8


def test_a_thread_that_asks_after_the_action_is_refused(start):
    worker = start()
    worker.run(
        "import threading\nout, go = [], threading.Event()\ndef late():\n    go.wait()\n    try:\n        ask()\n"
        "    except RuntimeError as e: out.append(str(e))\nt = threading.Thread(target=late)\nt.start()\n"
        "def soon():\n    import time\n    while not calls: time.sleep(0.01)\n    time.sleep(0.2)\n    go.set()\n"
        "calls = []\nthreading.Thread(target=soon).start()"
    )
    worker.run("calls.append(1)")
    found = worker.read_file  # a question between two actions; the thread asks meanwhile
    for _ in range(200):
        with pytest.raises(FileNotFoundError):
            found("nothing")
        threading.Event().wait(0.005)
    assert worker.run("out").value == ["ask() was called after the action was over."]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ask(1, 2, 3)", "ask() takes 2 arguments (what, how), and was given 3."),
        ("ask(when=1)", "ask() has no parameter 'when'. It has what, how."),
        ("ask(1, what=2)", "ask() was given 'what' twice."),
        ("ask(object())", "ask(): its arguments cannot be sent to the tool: it is of type object."),
        ("ask('x' * 3_000_000)", "ask(): its arguments cannot be sent to the tool: it is too large."),
    ],
)
def test_arguments_that_do_not_fit_are_refused_at_once(start, code, told):
    error = start().run(code).error
    assert (error.kind, error.message) == ("TypeError", told)


def test_more_arguments_go_to_the_parameter_for_many(start):
    worker = start(functions=(GuestFunction("log", ("level",), many="parts"), GuestFunction("none", ())))
    assert worker.run("log('a', 1, 2)").arguments == '{"level":"a","parts":[1,2]}'
    worker.resume(Returned(None))
    assert worker.run("none(1)").error.message == "none() takes 0 arguments (none), and was given 1."


def test_a_function_looks_like_one(start):
    result = start().run("import inspect\n[ask.__name__, ask.__doc__, str(inspect.signature(ask))]")
    assert result.value == ["ask", "Ask.", "(what, how)"]


def test_the_process_that_code_forks_off_cannot_ask(start):
    code = "import os\npid = os.fork()\nif not pid:\n    try:\n        ask()\n    except RuntimeError as e:\n        print(e, flush=True)\n        os._exit(0)\nos.waitpid(pid, 0)\n"
    assert "only the process of the session can" in start().run(code).stdout


def test_answering_without_a_question_is_an_error(start):
    with pytest.raises(ConfigurationError, match="asked for no tool"):
        start().resume(Returned(1))


def test_files_can_be_read_while_a_tool_works(start):
    worker = start()
    worker.run("open('x', 'w').write('1')\nask()\nopen('y').read()")
    assert worker.read_file("x") == b"1"
    worker.write_file("y", b"2")
    assert worker.resume(Returned(None)).value == "2"
