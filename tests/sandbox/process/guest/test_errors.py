"""What the author of code is told when it fails."""


def test_a_traceback_has_the_lines_of_the_code_only(worker):
    error = worker.run("import json\ndef load():\n    return json.loads('{')\nload()").error
    assert error.kind == "JSONDecodeError"
    assert "json/decoder" not in error.traceback
    assert error.traceback.count("<action") == 2
    assert "return json.loads('{')" in error.traceback


def test_causes_are_shown(worker):
    told = worker.run(
        "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ValueError('new') from e"
    ).error.traceback
    assert told.index("ZeroDivisionError: division by zero") < told.index("ValueError: new")
    assert "direct cause" in told


def test_a_syntax_error_points_at_the_place(worker):
    error = worker.run("x = 1\nif x\n    pass").error
    assert (error.kind, error.message) == ("SyntaxError", "expected ':' (line 2)")
    assert "^" in error.traceback
    assert "guest" not in error.traceback


def test_a_recursion_is_told_in_few_lines(worker):
    error = worker.run("def a(n): return b(n)\ndef b(n): return a(n)\na(0)").error
    assert error.kind == "RecursionError"
    assert error.traceback.count("\n") < 60


def test_an_exception_group_is_told_with_its_parts(worker):
    told = worker.run("raise ExceptionGroup('many', [ValueError('one'), KeyError('two')])").error.traceback
    assert "ValueError: one" in told
    assert "KeyError: 'two'" in told


def test_an_error_whose_message_raises_is_told(worker):
    error = worker.run("class Odd(Exception):\n    def __str__(self): raise TypeError\nraise Odd").error
    assert (error.kind, error.message) == ("Odd", "(its message raised TypeError)")


def test_an_exit_with_a_code_is_an_error(worker):
    error = worker.run("raise SystemExit(3)").error
    assert (error.kind, error.message) == ("SystemExit", "3")


def test_ctrl_c_of_the_codes_own_is_an_error(worker):
    assert worker.run("raise KeyboardInterrupt").error.kind == "KeyboardInterrupt"
    assert worker.run("import signal\nsignal.raise_signal(signal.SIGINT)").error.kind == "KeyboardInterrupt"


def test_an_error_that_nothing_catches_is_one(worker):
    assert worker.run("class Own(BaseException): pass\nraise Own('x')").error.message == "x"


def test_circular_causes_come_to_an_end(worker):
    code = "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a"
    assert worker.run(code).error.message == "a"


def test_a_long_message_is_cut(worker):
    error = worker.run("raise ValueError('x' * 100_000)").error
    assert len(error.message) < 10_000
    assert "[...]" in error.message


def test_code_that_is_no_text_is_a_syntax_error(worker):
    assert worker.run("x = '\0'").error.kind in {"SyntaxError", "ValueError"}
    assert worker.run("(" * 1000).error.kind == "SyntaxError"


def test_the_future_of_one_action_holds_in_the_next(fresh):
    fresh.run("from __future__ import annotations")
    assert fresh.run("def f(a: Nowhere): pass\nf.__annotations__").value == {"a": "Nowhere"}


def test_a_signal_handler_of_the_code_may_raise_between_actions(fresh):
    fresh.run(
        "import signal\ndef boom(*a): raise ValueError\nsignal.signal(signal.SIGUSR1, boom)\nimport os, threading\nthreading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()"
    )
    fresh.run("import time\ntry:\n    time.sleep(0.2)\nexcept ValueError: pass")
    assert fresh.run("1").value == 1
