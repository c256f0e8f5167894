"""How runs are put together, with a sandbox that tells what a script says."""

import json
import threading

import pytest

from llm_strategy.errors import InputError, SandboxLostError, SandboxUnavailableError
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable
from llm_strategy.planner.evaluators.tests import Tests
from llm_strategy.sandbox import CodeError

FILES = {"test_a.py": "def test_x(): ...\ndef test_y(): ...\n"}
X, Y = "test_a.py::test_x", "test_a.py::test_y"
READY = ({"kind": "ready"}, {"kind": "file", "id": "test_a.py"}, {"kind": "tests", "ids": [X, Y]})
OVER = ({"kind": "over", "status": 0},)
GONE = CodeError("Lost", "The sandbox is gone.")


def begin(test):
    return {"kind": "begin", "id": test}


def end(test, outcome="passed", **more):
    return {"kind": "end", "id": test, "outcome": outcome, "seconds": 0.5, **more}


def told(sandbox, **settings):
    problems, outcomes = Tests(sandbox, **settings)(FILES)
    own = [one for one in problems if "was added to them was not run" not in one.message]
    return [str(one) for one in own], {one.id: (one.outcome, one.message) for one in outcomes}


def test_a_sandbox_that_is_lost_counts_against_the_test_under_way(scripted):
    sandbox = scripted([[(*READY, begin(X)), GONE], [READY, (begin(Y), end(Y)), OVER]])

    problems, tests = told(sandbox)

    assert problems == []
    assert tests == {X: ("failed", "It has ended the sandbox: Lost: The sandbox is gone."), Y: ("passed", "")}
    assert [plan["orders"]["done"] for plan in sandbox.plans] == [[], [X]]
    assert sandbox.closed == 2


def test_each_start_has_the_files_anew_and_a_token_of_its_own(scripted):
    sandbox = scripted([[(*READY, begin(X)), GONE], [READY, OVER]])
    told(sandbox)

    assert len({plan["token"] for plan in sandbox.plans}) == 2
    assert len({bytes(next(iter(setup.files.values()))) for setup in sandbox.setups}) == 1


def test_what_ends_every_run_is_not_tried_for_ever(scripted):
    many = [f"test_a.py::test_{number}" for number in range(50)]
    ready = (*READY[:2], {"kind": "tests", "ids": many})
    sandbox = scripted([[(*ready, begin(test)), GONE] for test in many])

    problems, tests = told(sandbox)

    assert len(sandbox.setups) == 20
    assert problems == [
        "(tests): The time for all tests was over, or too many had ended their process or hung: some were not run. (test run)"
    ]
    assert {message.split(":")[0] for _, message in tests.values()} == {
        "It has ended the sandbox",
        "It was not run. The time for all tests was over, or too many had ended their process or hung.",
        tests[X][1],
    }


def test_the_time_for_all_tests_is_that_of_all_runs(scripted):
    times = iter([0.0, 0.0, 100.0, 200.0])
    sandbox = scripted([[(*READY, begin(X)), GONE], [(*READY, begin(Y)), GONE]])

    problems, tests = told(sandbox, clock=lambda: next(times))

    assert [setup.limits.seconds for setup in sandbox.setups] == [120.0, 20.0]
    assert len(problems) == 0
    assert {ended for ended, _ in tests.values()} == {"failed"}


def test_a_run_that_has_no_time_left_is_not_begun(scripted):
    times = iter([0.0, 0.0, 121.0])
    sandbox = scripted([[(*READY, begin(X)), GONE]])

    problems, tests = told(sandbox, clock=lambda: next(times))

    assert len(sandbox.setups) == 1
    assert "The time for all tests was over" in problems[0]
    assert tests[Y][0] == "failed"
    assert tests[Y][1].startswith("It was not run. The time for all tests was over")


@pytest.mark.parametrize(
    "line",
    [
        "no json\n",
        "[1]\n",
        '{"token": "guessed", "number": 3, "kind": "end"}\n',
        "[" * 100_000 + "\n",
        {"kind": "nonsense"},
        {"kind": "end", "number": 77},
    ],
)
def test_a_line_that_is_none_of_ours_makes_all_doubtful(scripted, line):
    problems, _ = told(scripted([[READY, (begin(X), line), (end(X),), OVER]]))

    assert "something else than pytest has written reports" in problems[0]


@pytest.mark.parametrize(
    "events", [(end(X),), (begin(Y), end(X)), (begin(X), end(X), begin(X), end(X)), (begin("z"), end("z"))]
)
def test_an_end_without_its_beginning_makes_all_doubtful(scripted, events):
    problems, _ = told(scripted([[READY, events, OVER]]))

    assert any("something else than pytest has written reports" in one for one in problems)


def test_values_of_other_types_are_none(scripted):
    strange = {"kind": "end", "id": X, "outcome": ["passed"], "seconds": "long", "message": 1, "forged": "no"}
    ids = {"kind": "tests", "ids": 5}

    _, tests = told(scripted([[(*READY, ids), (begin(X), strange), OVER]]))

    assert tests[X] == ("failed", "pytest gave no result of it.")


def test_more_than_anyone_reads_is_not_taken(scripted):
    problems, _ = told(scripted([[READY, ("x" * 17_000_000 + "\n",), OVER]]))

    assert "something else than pytest" in problems[0]


def test_a_line_may_come_in_pieces(scripted):
    sandbox = scripted([[READY, ("\n",), (begin(X), end(X, "failed", message="no")), OVER]])

    assert told(sandbox)[1][X] == ("failed", "no")


def test_what_ends_pytest_while_one_of_ours_runs_was_left_behind_by_the_test_before(scripted):
    sandbox = scripted([])
    sandbox.scripts = _Late(sandbox)

    problems, tests = told(sandbox)

    assert problems == []
    assert tests[X] == ("failed", "What it has left behind has ended the sandbox: Lost: The sandbox is gone.")
    assert tests[Y] == ("passed", "")


class _Late:
    """Scripts that know the name of the file that was added."""

    def __init__(self, sandbox):
        self._sandbox = sandbox

    def __getitem__(self, number):
        files = self._sandbox.setups[number].files

        (added,) = json.loads(next(iter(files.values()))).keys() - FILES.keys()
        ready = (*READY[:2], {"kind": "tests", "ids": [X, f"{added}::test_z", Y]})
        if number == 0:
            return [(*ready, begin(X), end(X), begin(f"{added}::test_z")), GONE]
        return [(*ready, begin(Y), end(Y)), OVER]


@pytest.mark.parametrize("error", [InputError("no room"), SandboxLostError("gone")])
def test_a_sandbox_that_does_not_take_the_files_is_told(scripted, error, monkeypatch):
    sandbox = scripted([])
    monkeypatch.setattr(type(sandbox), "start", lambda *_: (_ for _ in ()).throw(error))

    assert told(sandbox)[0] == [f"(tests): The tests could not be run: {error} (test run)"]


def test_a_sandbox_that_does_not_start_any_more_is_an_error_with_what_to_do(scripted, monkeypatch):
    sandbox = scripted([])
    error = SandboxUnavailableError("a wall did not hold")
    monkeypatch.setattr(type(sandbox), "start", lambda *_: (_ for _ in ()).throw(error))

    with pytest.raises(SandboxUnavailableError, match=r"a wall did not hold\n.*--no-run-tests"):
        told(sandbox)


def test_a_sandbox_that_does_not_tell_the_end_is_told(scripted):
    assert told(scripted([[READY, {"status": "fine"}]]))[0] == [
        "(tests): The tests could not be run: The sandbox did not tell how the tests ended. (test run)"
    ]


def test_work_that_is_to_end_ends_the_tests(scripted):
    sandbox = scripted([[READY, OVER]])

    with stoppable() as stop:
        stop.set()
        with pytest.raises(Cancelled):
            told(sandbox)
    assert sandbox.closed == 1


def test_work_that_is_to_end_ends_tests_under_way(ran):
    with stoppable() as stop:
        timer = threading.Timer(1.0, stop.set)
        timer.start()
        with pytest.raises(Cancelled):
            ran({"test_a.py": "def test_x():\n    while True:\n        pass\n"}, seconds=500)
        timer.join()


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (
            {"status": -6, "hung": False, "where": 'File "/x/test_a.py", line 1 in f\n', "output": ""},
            "It has ended the process: SIGABRT. It was at test_a.py:1 then.",
        ),
        ({"status": -77, "hung": False, "where": "", "output": ""}, "It has ended the process: signal 77."),
        ({"status": None, "hung": False, "where": "", "output": ""}, "It has closed the files that pytest reports by."),
        (
            {"status": None, "hung": True, "where": 'File "/usr/x.py", line 1 in f\n', "output": ""},
            "It did not end within 10 s.",
        ),
    ],
)
def test_the_end_of_a_process_is_told(scripted, ending, said):
    assert told(scripted([[(*READY, begin(X)), ending], [READY, OVER]]))[1][X] == ("failed", said)


def test_a_file_that_ends_every_process_is_left_out(scripted):
    files = {**FILES, "pack/__init__.py": "", "pack/test_b.py": "def test_z(): ...\n"}
    scripts = [
        [({"kind": "ready"}, {"kind": "file", "id": "pack"}), {"status": 0, "hung": False, "where": "", "output": ""}],
        [({"kind": "ready"}, {"kind": "file", "id": "pack"}), {"status": 0, "hung": False, "where": "", "output": ""}],
    ]
    sandbox = scripted(scripts)

    problems, tests = Tests(sandbox)(files)

    assert problems[0].path == "pack/__init__.py"
    assert tests == ()
