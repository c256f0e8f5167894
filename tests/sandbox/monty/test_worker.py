"""A session in monty: names that stay, values, tools by pausing, limits, interrupts, and what is left after each."""

import json
import os
import signal
import sys
import threading

import pytest

from llm_strategy.errors import InputError, SandboxLostError, UnsupportedError
from llm_strategy.sandbox import Ended, GuestFunction, HostCall, Limits, Raised, Returned, Setup
from llm_strategy.sandbox.monty.body import Monty

FUNCTIONS = (GuestFunction("look", ("what", "where")), GuestFunction("add", (), many="numbers"))


@pytest.fixture
def start():
    """Start workers that are closed at the end."""
    started = []

    def one(**limits):
        started.append(Monty().start(Setup(Limits(**{"seconds": 20, "memory_mib": 256, **limits}), FUNCTIONS)))
        return started[-1]

    yield one
    for worker in started:
        worker.close()


@pytest.fixture
def worker(start):
    return start()


def test_a_tool_with_the_name_of_a_built_in_function_stands_in_front_of_it():
    worker = Monty().start(Setup(functions=(GuestFunction("sum", (), many="args"), GuestFunction("max", ("a", "b")))))
    try:
        assert worker.run("def total():\n    return sum(1, 2)\ntotal()") == HostCall("sum", '{"args": [1, 2]}')
        assert worker.resume(Returned(7)).value == 7
        assert worker.run("max(3, 4)") == HostCall("max", '{"a": 3, "b": 4}')
        assert worker.resume(Returned(8)).value == 8
        assert "line 1" in worker.run("min(1)").error.traceback
    finally:
        worker.close()


def test_names_stay_from_action_to_action(worker):
    assert worker.run("x = [1]\ndef double(n):\n    return 2 * n").ok
    assert worker.run("x.append(double(21))").ok
    assert worker.run("x").value == [1, 42]


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("1 + 1", 2, "2"),
        ("(1, 'a', None)", [1, "a", None], "(1, 'a', None)"),
        ("x = 3", None, ""),
        ("None", None, ""),
        ("'None'", "None", "'None'"),
        ("{1, 2}", None, "{1, 2}"),
        ("float('nan')", None, "nan"),
        ("[float('inf')]", None, "[inf]"),
        ("['NaN']", ["NaN"], "['NaN']"),
        ("class P:\n    def __repr__(self):\n        return 'P!'\nP()", None, "P!"),
        ("class A:\n    pass\nlen([A, A()])", 2, "2"),
        ("2 ** 100", 2**100, f"{2**100}"),
        ("if True:\n    5", None, ""),
        ("print(1); 7  # seven", 7, "7"),
        ("", None, ""),
        ("# nothing", None, ""),
    ],
)
def test_the_value_of_the_last_line_comes_out_as_python_shows_it(worker, code, value, shown):
    result = worker.run(code)
    assert (result.value, result.shown, result.error) == (value, shown, None)


def test_a_class_beside_its_instance_is_a_value_like_any_other(worker):
    assert worker.run("class A:\n    pass\n[A, A()]").shown.startswith("[<class 'A'>, <A object at")


def test_a_long_value_is_cut_where_it_is_shown(worker):
    result = worker.run("'x' * 2_000_000")
    assert result.shown.endswith("... (2000002 characters)")
    assert len(result.shown) < 11_000
    assert result.value is None


@pytest.mark.parametrize("code", ["10 ** 5000", "class B:\n    def __repr__(self):\n        return 1 / 0\nB()"])
def test_a_value_that_cannot_be_shown_is_no_failure(worker, code):
    result = worker.run(code)
    assert result.ok
    assert result.shown.startswith("<a value without repr: ")


def test_what_is_printed_is_kept_apart_by_stream(worker):
    result = worker.run("import sys\nprint('out')\nprint('err', file=sys.stderr)")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


def test_what_is_printed_beyond_the_limit_is_counted_and_dropped(start):
    result = start(output_kib=1).run("for _ in range(3000):\n    print('äb')")
    assert len(result.stdout.encode()) <= 1024
    assert result.dropped == 3000 * 4 - len(result.stdout.encode())
    assert result.ok


def test_a_tool_is_asked_for_and_its_answer_goes_on_in_the_code(worker):
    asked = worker.run("found = look('a', where={'b': (1,)})\nprint(found)\nfound['n'] + 1")
    assert isinstance(asked, HostCall)
    assert (asked.tool, json.loads(asked.arguments)) == ("look", {"what": "a", "where": {"b": [1]}})
    result = worker.resume(Returned({"n": 41, "deep": [None, {"x": 1.5}]}))
    assert (result.value, result.usage.tool_calls) == (42, 1)
    assert worker.run("found['deep']").value == [None, {"x": 1.5}]


def test_a_tool_may_take_any_number_of_arguments_and_be_a_value(worker):
    asked = worker.run("plus = add\n[plus(1, 2, 3)]")
    assert asked == HostCall("add", '{"numbers": [1, 2, 3]}')
    assert worker.resume(Returned(6)).value == [6]
    assert worker.run("plus()") == HostCall("add", '{"numbers": []}')
    assert worker.resume(Returned(0)).value == 0


def test_tools_are_composed_by_control_flow(worker):
    step = worker.run("total = 0\nfor n in range(5):\n    total += add(n, 1)\ntotal")
    while isinstance(step, HostCall):
        step = worker.resume(Returned(sum(json.loads(step.arguments)["numbers"])))
    assert (step.value, step.usage.tool_calls) == (15, 5)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("look(1, 2, 3)", "look() takes 2 positional arguments but 3 were given"),
        ("look(1, what=2)", "look() got multiple values for argument 'what'"),
        ("look({1})", "look() argument 'what' is no JSON data: Object of type set is not JSON serializable"),
        ("look(float('nan'))", "look() argument 'what' is no JSON data: Out of range float values"),
        ("look(where=b'1')", "look() argument 'where' is no JSON data: Object of type bytes"),
        ("deep = []\nfor _ in range(100000):\n    deep = [deep]\nlook(deep)", "nested too deeply"),
        ("look(**{str(n): n for n in range(1000)})", "was given 1000 arguments; a tool takes 256"),
        ("look('x' * 17_000_000)", "17000012 characters of data"),
    ],
)
def test_arguments_that_cannot_be_handed_over_are_an_error_of_the_code(worker, code, message):
    result = worker.run(code)
    assert result.error.kind == "TypeError"
    assert message in result.error.message
    assert worker.run("1").value == 1


def test_code_can_catch_what_a_tool_raises(worker):
    worker.run("try:\n    look(1)\nexcept ToolError as error:\n    told = str(error)\ntold")
    assert worker.resume(Raised("Nothing is there.")).value == "Nothing is there."


def test_a_tool_error_that_nobody_catches_ends_the_action(worker):
    worker.run("def ask():\n    return look(1)\nask()")
    error = worker.resume(Raised("Nothing is there.")).error
    assert (error.kind, error.message) == ("ToolError", "Nothing is there.")
    assert error.traceback.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<action>", line 3, in <module>',
        "    ask()",
        '  File "<action>", line 2, in ask',
        "    return look(1)",
        "ToolError: Nothing is there.",
    ]


def test_an_action_that_is_ended_at_a_tool_keeps_what_it_did_and_sees_no_answer(worker):
    worker.run("y = 5\nprint('before')\nlook(1)\nprint('after')\ny = 6")
    result = worker.resume(Ended())
    assert (result.ok, result.stdout) == (True, "before\n")
    assert worker.run("y").value == 5


@pytest.mark.parametrize("catching", ["except Exception", "except"])
def test_code_that_goes_on_after_its_end_calls_no_tool_and_is_not_heard(worker, catching):
    code = f"try:\n    look(1)\n{catching}:\n    print('caught')\n    for _ in range(3):\n        look(2)\n7"
    assert isinstance(worker.run(code), HostCall)
    result = worker.resume(Ended())
    assert (result.ok, result.stdout, result.value, result.usage.tool_calls) == (True, "", None, 1)


def test_code_that_will_not_end_is_stopped_and_names_of_before_are_kept(worker):
    worker.run("x = 1")
    worker.run("x = 2\nwhile True:\n    try:\n        look(1)\n    except:\n        pass")
    assert worker.resume(Ended()).ok
    assert worker.run("x").value == 1


@pytest.mark.parametrize(
    "code",
    [
        "while True:\n    pass",
        "try:\n    while True:\n        pass\nfinally:\n    while True:\n        pass",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        "x = 7 ** (10 ** 8)",
        "import time\ntime.sleep(100)",
        "import asyncio\nasync def wait():\n    await asyncio.sleep(100)\nasyncio.run(wait())",
        "while True:\n    try:\n        open('x')\n    except PermissionError:\n        pass",
    ],
)
def test_an_action_that_takes_too_long_is_stopped_and_names_of_before_are_kept(start, code):
    worker = start(seconds=0.5)
    worker.run("x = 1")
    result = worker.run(f"x = 2\n{code}")
    assert result.error.kind == "TimeLimit"
    assert "ran for 0.5 s" in result.error.message
    assert (worker.alive, result.state_lost, worker.run("x").value) == (True, False, 1)


def test_a_short_sleep_is_slept(worker):
    assert worker.run("import time\ntime.sleep(0.01)\ntime.sleep(0)\n3").value == 3


def test_a_task_may_wait(worker):
    one = "import asyncio\nasync def one(n):\n    await asyncio.sleep(0.01)\n    return n\n"
    both = "async def both():\n    return await asyncio.gather(one(1), one(2))\nasyncio.run(both())"
    assert worker.run(one + both).value == [1, 2]


def test_tasks_that_sleep_let_others_go_on(worker):
    code = """
import asyncio
order = []
async def work(name, pause):
    await asyncio.sleep(pause)
    order.append(name)
async def main():
    await asyncio.gather(work("late", 0.05), work("soon", 0.001), work("now", 0))
asyncio.run(main())
order
"""
    assert worker.run(code).value == ["now", "soon", "late"]


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot send Ctrl-C to itself alone there")
def test_ctrl_c_is_heard_while_code_runs_and_leaves_nothing_running(worker):
    assert isinstance(worker.run("look(1)\nwhile True:\n    pass"), HostCall)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        worker.resume(Returned(1))
    timer.join()
    assert not worker.alive


def test_a_session_may_be_used_from_a_thread_that_is_not_the_first(worker):
    results = []
    thread = threading.Thread(target=lambda: results.append(worker.run("6 * 7").value))
    thread.start()
    thread.join()
    assert results == [42]
    assert worker.run("1").value == 1


@pytest.mark.parametrize(
    "code",
    ["x = 'x' * 10**10", "x = []\nwhile True:\n    x.append('y' * 1000)", "nobody('y' * 60_000_000)"],
)
def test_an_action_that_takes_too_much_memory_is_stopped_and_names_of_before_are_kept(start, code):
    worker = start(memory_mib=64)
    worker.run("x = 1")
    result = worker.run(f"try:\n    {code.replace(chr(10), chr(10) + '    ')}\nexcept BaseException:\n    x = 3")
    assert (result.error.kind, worker.alive) == ("MemoryLimit", True)
    assert worker.run("x").value == 1


def test_a_value_that_is_too_big_for_its_way_out_is_a_matter_of_memory(start):
    worker = start(memory_mib=64)
    forged = "def __show__(value):\n    return 'x' * 60_000_000\n1"
    assert worker.run(forged).error.kind == "MemoryLimit"
    assert worker.run("1").value == 1


def test_an_action_that_uses_up_its_memory_after_its_end_has_ended_well(start):
    worker = start(memory_mib=64)
    worker.run("try:\n    look(1)\nexcept:\n    x = 'x' * 10**10")
    result = worker.resume(Ended())
    assert (result.ok, worker.run("1").value) == (True, 1)


def test_a_session_that_is_too_big_to_be_kept_is_lost_with_a_runaway(start):
    worker = start(seconds=1, memory_mib=64)
    assert worker.run("x = 'x' * 20_000_000").ok
    result = worker.run("while True:\n    pass")
    assert (result.error.kind, result.state_lost, worker.alive) == ("TimeLimit", True, False)
    assert worker.run("1").error.kind == "Lost"


def test_a_crash_of_the_interpreter_is_a_loss(worker):
    worker.run("x = 1")
    result = worker.run("def __show__(value):\n    return value\nclass A:\n    pass\n[A, A()]")
    assert (result.error.kind, result.state_lost, worker.alive) == ("Lost", True, False)
    with pytest.raises(SandboxLostError):
        worker.snapshot()


def test_a_worker_whose_process_was_killed_between_two_actions_is_lost(worker):
    worker.run("x = 1")
    os.kill(worker._machine.session.worker_pid, signal.SIGTERM)
    assert worker.run("x").error.kind == "Lost"
    assert not worker.alive


@pytest.mark.parametrize("code", ["while True:\n    pass", "import time\ntime.sleep(100)"])
def test_an_interrupt_ends_the_action_and_names_of_before_are_kept(worker, code):
    worker.run("x = 1")
    assert isinstance(worker.run(f"x = look(1)\n{code}"), HostCall)
    timer = threading.Timer(0.1, worker.interrupt)
    timer.start()
    result = worker.resume(Returned(2))
    timer.join()
    assert result.error.kind == "Interrupted"
    assert worker.run("x").value == 1


def test_an_interrupt_while_a_tool_is_called_ends_the_action_when_it_has_answered(worker):
    worker.run("x = 1")
    assert isinstance(worker.run("x = look(2)"), HostCall)
    worker.interrupt()
    assert worker.resume(Returned(2)).error.kind == "Interrupted"
    assert worker.run("x").value == 1


def test_an_interrupt_between_two_actions_ends_nothing(worker):
    worker.interrupt()
    assert worker.run("1").value == 1


def test_closing_ends_what_runs_and_may_be_done_twice(worker):
    assert isinstance(worker.run("look(1)\nwhile True:\n    pass"), HostCall)
    timer = threading.Timer(0.1, worker.close)
    timer.start()
    result = worker.resume(Returned(1))
    timer.join()
    worker.close()
    assert result.error.kind in ("Interrupted", "Lost")
    assert (result.state_lost, worker.alive) == (True, False)
    assert worker.run("1").error.kind == "Lost"
    assert worker.resume(Returned(1)).error.kind == "Lost"


def test_an_action_whose_tool_nobody_answered_is_given_up_by_the_next_one(worker):
    worker.run("x = 1")
    assert isinstance(worker.run("x = look(2)"), HostCall)
    assert worker.run("x").value == 1


def test_an_answer_that_nobody_waits_for_is_a_loss(worker):
    assert worker.resume(Returned(1)).error.kind == "Lost"


def test_there_are_no_files(worker):
    with pytest.raises(FileNotFoundError, match="has no files"):
        worker.read_file("a.txt")
    with pytest.raises(InputError, match=r"'a\.txt' \(1 bytes\) cannot be written"):
        worker.write_file("a.txt", b"a")


def test_no_snapshot_is_taken_while_a_tool_is_called(worker):
    assert isinstance(worker.run("look(1)"), HostCall)
    with pytest.raises(UnsupportedError, match="between two actions"):
        worker.snapshot()


def test_a_state_that_is_too_big_for_a_snapshot_is_told(start):
    worker = start(memory_mib=64)
    assert worker.run("x = 'x' * 40_000_000").ok
    with pytest.raises(UnsupportedError, match="too big"):
        worker.snapshot()
    assert not worker.alive


def test_what_code_says_of_its_value_is_not_believed(worker):
    for forged in ("5", "[1, 2, 3]", "['{', 'x', 1]", "[None, None, 0]"):
        assert worker.run(f"def __show__(value):\n    return {forged}\n1").value is None


def test_a_number_that_has_no_text_ends_the_action_that_hands_it_over(worker):
    worker.run("x = 1")
    result = worker.run("x = 2\nlook(what=10 ** 5000)")
    assert result.error is not None
    assert worker.run("x").ok


def test_a_name_that_is_no_tool_is_not_defined(worker):
    assert worker.run("nobody(1)").error.message == "name 'nobody' is not defined"
    assert worker.run("nobody").error.kind == "NameError"


def test_a_tool_has_no_inside(worker):
    for code in ("look.__globals__", "look.__code__", "look.__closure__"):
        assert worker.run(code).error.kind in ("Unsupported", "AttributeError")


@pytest.mark.parametrize(
    "code",
    [
        "look = 3",
        "def look():\n    return 3",
        "class look:\n    pass",
        "for look in [1]:\n    pass",
        "import json as look",
    ],
)
def test_a_name_of_a_tool_that_was_given_away_is_put_back_and_said(worker, code):
    assert worker.run(code).ok
    assert worker.run("look(1)") == HostCall("look", '{"what": 1}')
    result = worker.resume(Returned(5))
    assert (result.value, result.stderr.startswith("Note: look stands for a function again")) == (5, True)
    assert worker.run("1").stderr == ""


def test_a_function_that_gives_the_name_of_a_tool_away_later_is_seen(worker):
    worker.run("def spoil():\n    global look\n    look = 3")
    worker.run("spoil()")
    assert worker.run("look(1)") == HostCall("look", '{"what": 1}')
    assert worker.resume(Returned(5)).value == 5


def test_calls_by_the_name_of_a_tool_put_nothing_back(worker):
    worker.run("look(1)")
    worker.resume(Returned(5))
    assert worker._rebound == frozenset()


def test_a_name_that_cannot_be_put_back_is_a_lost_session(worker):
    worker.run("look = 3")
    os.kill(worker._machine.session.worker_pid, signal.SIGKILL)
    assert (worker.run("1").error.kind, worker.alive) == ("Lost", False)


@pytest.mark.parametrize("rest", ["while True:\n    pass", "import time\ntime.sleep(15)"])
def test_code_that_catches_its_own_end_is_stopped_soon(worker, rest):
    worker.run("x = 1")
    assert isinstance(worker.run(f"try:\n    look()\nexcept:\n    pass\nx = 2\n{rest}"), HostCall)
    result = worker.resume(Ended())
    assert (result.error, result.usage.seconds < 5) == (None, True)
    assert worker.run("x").value == 1
