"""What the tests evaluator says of ordinary workspaces, and of the faults that planners before this one got wrong."""

import json

import pytest

from llm_strategy.errors import ConfigurationError, MissingExtraError, SandboxUnavailableError
from llm_strategy.planner.evaluators.tests import Tests
from llm_strategy.sandbox import Limits
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.strongest import missing

GUARD = "What a program does when it is started belongs below `if __name__ == '__main__':`."


def test_each_test_is_told_with_how_it_ended(ran):
    files = {
        "app.py": "def double(x):\n    return x + x\n",
        "tests/test_app.py": """
import pytest
from app import double

def test_good():
    assert double(2) == 4

def test_bad():
    print("seen:", double(3))
    assert double(3) == 7, "it is odd"

@pytest.mark.skip(reason="later")
def test_later(): ...

@pytest.mark.xfail
def test_known(): assert False

@pytest.mark.parametrize("x", [1, 2])
def test_many(x): ...
""",
    }

    problems, tests = ran(files)

    assert problems == []
    assert {name.partition("::")[2]: ended for name, (ended, _) in tests.items()} == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_later": "skipped",
        "test_known": "skipped",
        "test_many[1]": "passed",
        "test_many[2]": "passed",
    }
    message = tests["tests/test_app.py::test_bad"][1]
    assert message.startswith("tests/test_app.py:10: in test_bad\n")
    assert "AssertionError: it is odd" in message
    assert message.endswith("(Captured stdout call) seen: 6")
    assert tests["tests/test_app.py::test_later"][1] == "Skipped: later"


def test_no_tests_are_no_failure_and_need_no_sandbox(scripted):
    sandbox = scripted([])

    assert Tests(sandbox)({"app.py": "x = 1\n"}) == ((), ())
    assert sandbox.setups == []


def test_a_file_without_tests_is_no_failure(ran):
    assert ran({"test_nothing.py": "x = 1\n"}) == ([], {})


def test_a_syntax_error_in_a_module_is_told_with_its_place_and_other_tests_are_run(ran, fails):
    files = {"app.py": "x = 1\ndef f(:\n", "test_app.py": "import app\n\ndef test_x(): ...\n", "test_b.py": fails}

    problems, tests = ran(files)

    assert problems == [
        "app.py:2: The tests cannot be loaded: SyntaxError: invalid syntax (when test_app.py is loaded) (syntax)"
    ]
    assert [ended for ended, _ in tests.values()] == ["passed", "failed"]


def test_a_test_that_hangs_has_failed_with_its_place_and_those_behind_it_are_run(ran):
    files = {
        "app.py": "def wait():\n    while True:\n        pass\n",
        "test_app.py": "from app import wait\n\ndef test_a(): ...\n\ndef test_b():\n    wait()\n\ndef test_c(): ...\n",
    }

    problems, tests = ran(files, seconds=1)

    assert problems == []
    assert tests == {
        "test_app.py::test_a": ("passed", ""),
        "test_app.py::test_b": ("failed", tests["test_app.py::test_b"][1]),
        "test_app.py::test_c": ("passed", ""),
    }
    assert tests["test_app.py::test_b"][1].startswith("It did not end within 1 s. It was at app.py:")


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("import os; os._exit(0)", "It has ended the process, with exit code 0."),
        ("import ctypes; ctypes.string_at(0)", "It has ended the process: SIGSEGV. It was at "),
        (
            "import pytest; pytest.exit('bye', returncode=0)",
            "It has ended the run of all tests, by an exit or an interrupt.",
        ),
        ("raise KeyboardInterrupt", "It has ended the run of all tests, by an exit or an interrupt."),
    ],
)
def test_a_test_that_ends_the_process_has_failed_and_those_behind_it_are_run(ran, ending, told):
    problems, tests = ran({"test_a.py": f"def test_a():\n    {ending}\n\ndef test_b(): ...\n"})

    assert problems == []
    assert tests["test_a.py::test_a"][0] == "failed"
    assert tests["test_a.py::test_a"][1].startswith(told)
    assert tests["test_a.py::test_b"] == ("passed", "")


def test_an_exit_by_exception_is_a_failure_like_others(ran):
    _, tests = ran({"test_a.py": "import sys\n\ndef test_a():\n    sys.exit(0)\n"})

    assert tests["test_a.py::test_a"][0] == "failed"
    assert tests["test_a.py::test_a"][1].endswith("E   SystemExit: 0")


def test_a_file_that_ends_the_process_when_it_is_loaded_is_a_problem_and_others_are_run(ran):
    files = {
        "app.py": "import os\nos._exit(0)\n",
        "test_a.py": "import app\n\ndef test_a(): ...\n",
        "test_b.py": "import sys\nsys.exit(0)\n",
        "test_c.py": "def test_c(): ...\n",
    }

    problems, tests = ran(files)

    assert problems == [
        "test_a.py: Loading it has ended the process, with exit code 0. It was loading app.py then. (tests)",
        f"test_b.py: Loading it has ended the run of all tests, by an exit or an interrupt. {GUARD} (tests)",
    ]
    assert tests == {"test_c.py::test_c": ("passed", "")}


def test_a_file_that_hangs_when_it_is_loaded_is_a_problem(ran):
    problems, tests = ran({"test_a.py": "while True:\n    pass\n", "test_b.py": "def test_b(): ...\n"}, seconds=1)

    assert [one.partition(" It was at")[0] for one in problems] == ["test_a.py: Loading it did not end within 1 s."]
    assert tests == {"test_b.py::test_b": ("passed", "")}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "import os\nos._exit(3)\n",
            "tests/conftest.py: The tests could not be run: loading it has ended the process, with exit code 3. (test run)",
        ),
        (
            "import nowhere\n",
            "tests/conftest.py:1: The tests cannot be loaded: ModuleNotFoundError: No module named 'nowhere' (test run)",
        ),
    ],
)
def test_a_conftest_that_cannot_be_loaded_is_told(ran, fails, text, told):
    assert ran({"tests/conftest.py": text, "tests/test_a.py": fails}) == ([told], {})


def test_a_test_file_that_cannot_be_loaded_is_told_with_its_line(ran, fails):
    problems, tests = ran({"tests/test_a.py": "x = 1\nimport nowhere\n", "tests/test_b.py": fails})

    assert problems == [
        "tests/test_a.py:2: The tests cannot be loaded: ModuleNotFoundError: No module named 'nowhere' (tests)"
    ]
    assert len(tests) == 2


@pytest.mark.parametrize(
    "files",
    [
        {"src/app.py": "x = 1\n", "tests/test_a.py": "from app import x\nfrom src.app import x as y\n"},
        {"src/shop/__init__.py": "", "src/shop/app.py": "x = 1\n", "tests/test_a.py": "from shop.app import x\n"},
        {"lib/deep/app.py": "x = 1\n", "tests/deep/test_a.py": "from lib.deep.app import x\n"},
        {"tests/helper.py": "x = 1\n", "tests/test_a.py": "from helper import x\n"},
        {
            "tests/__init__.py": "",
            "tests/helper.py": "x = 1\n",
            "tests/test_a.py": "from .helper import x\nfrom tests import helper\n",
        },
        {
            "app/__init__.py": "",
            "app/__main__.py": "print(1)\n",
            "test_a.py": "import subprocess, sys\nx = subprocess.check_output([sys.executable, '-m', 'app'], cwd='/')\n",
        },
    ],
)
def test_what_the_workspace_has_can_be_imported_in_every_layout(ran, files):
    path = next(path for path in files if path.rpartition("/")[2] == "test_a.py")

    problems, tests = ran({**files, path: f"{files[path]}\ndef test_x():\n    assert x\n"})

    assert problems == []
    assert [ended for ended, _ in tests.values()] == ["passed"]


def test_settings_of_the_workspace_are_not_read(ran, fails):
    files = {
        "test_a.py": fails,
        "pytest.ini": "[pytest]\naddopts = --nonsense\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--collect-only'\n",
        "tox.ini": "[pytest]\naddopts = -k nothing\n",
    }

    assert [ended for ended, _ in ran(files)[1].values()] == ["passed", "failed"]


def test_programs_without_a_screen_are_run_without_one(ran):
    text = """
import os

def test_environment():
    assert os.environ["SDL_VIDEODRIVER"] == "dummy"
    assert os.environ["MPLBACKEND"] == "Agg"
    assert os.environ["PYTHONDONTWRITEBYTECODE"] == "1"
    assert os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"

def test_no_plugins(request):
    manager = request.config.pluginmanager
    assert not manager.list_plugin_distinfo()

def test_input():
    try:
        input()
    except (EOFError, OSError):
        return
    assert False
"""
    problems, tests = ran({"test_a.py": text})

    assert problems == []
    assert [(ended, message) for ended, message in tests.values()] == [("passed", "")] * 3


def test_classes_of_unittest_are_run(ran):
    text = """
import unittest

class Shop(unittest.TestCase):
    def setUp(self):
        self.total = 1

    def test_good(self):
        self.assertEqual(self.total, 1)

    def test_bad(self):
        self.assertEqual(self.total, 2)

    def test_parts(self):
        for part in range(3):
            with self.subTest(part=part):
                self.assertEqual(part, 1)

    @unittest.expectedFailure
    def test_known(self):
        self.fail()
"""
    _, tests = ran({"test_a.py": text})

    assert {name.rpartition("::")[2]: ended for name, (ended, _) in tests.items()} == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_parts": "failed",
        "test_known": "skipped",
    }


def test_what_fails_around_a_test_is_its_failure(ran):
    text = """
import pytest

@pytest.fixture
def broken():
    raise ValueError("no")

@pytest.fixture
def late():
    yield
    raise ValueError("later")

def test_before(broken): ...
def test_after(late): ...
def test_unknown(nothing): ...
async def test_async(): ...
"""
    _, tests = ran({"test_a.py": text})

    assert {ended for ended, _ in tests.values()} == {"failed"}
    assert tests["test_a.py::test_before"][1].startswith("in its setup:\ntest_a.py:6: in broken")
    assert tests["test_a.py::test_after"][1].startswith("in its teardown:\ntest_a.py:11: in late")
    assert "fixture 'nothing' not found" in tests["test_a.py::test_unknown"][1]


def test_tests_that_pytest_does_not_find_have_failed(ran):
    _, tests = ran({"test_a.py": "class TestA:\n    def __init__(self): ...\n    def test_x(self): assert False\n"})

    assert tests["test_a.py::TestA::test_x"][0] == "failed"
    assert "A class of tests must have no __init__" in tests["test_a.py::TestA::test_x"][1]


def test_two_files_of_one_name_are_told(ran, fails):
    problems, _ = ran({"a/test_x.py": fails, "b/test_x.py": fails})

    assert len(problems) == 1
    assert "import file mismatch" in problems[0]


def test_a_module_with_the_name_of_one_of_python_does_no_harm_to_the_run(ran):
    files = {"json.py": "import os\nos._exit(0)\n", "test_a.py": "def test_a(): ...\n"}

    assert ran(files) == ([], {"test_a.py::test_a": ("passed", "")})


def test_bytes_that_are_no_text_arrive_as_they_are(ran):
    data = bytes(range(256))
    files = {
        "a.bin": data.decode(errors="surrogateescape"),
        "test_a.py": f"def test_a():\n    assert open('a.bin', 'rb').read() == {data!r}\n",
    }

    assert ran(files)[1] == {"test_a.py::test_a": ("passed", "")}


def test_half_a_character_in_a_file_does_no_harm(ran):
    assert ran({"a.txt": "\ud800", "test_a.py": "def test_a(): ...\n"})[1] == {"test_a.py::test_a": ("passed", "")}


def test_what_a_test_says_is_shortened_and_holds_nothing_that_a_terminal_obeys(ran):
    files = {"test_a.py": "def test_a():\n    assert False, '\\x1b[31m\\x07\\u202e\\ud800' + 'x' * 100_000\n"}

    _, tests = ran(files)

    message = tests["test_a.py::test_a"][1]
    assert len(message) < 4000
    assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(message)


def test_of_very_many_failures_only_the_first_are_told_at_length(ran):
    files = {
        "test_a.py": "import pytest\n@pytest.mark.parametrize('x', range(120))\ndef test_a(x):\n    assert False, 'y' * 500\n"
    }

    lengths = [len(message) for _, message in ran(files)[1].values()]

    assert min(lengths[:100]) > 500
    assert max(lengths[100:]) <= 100


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 1e9])
def test_no_time_is_no_limit(seconds):
    with pytest.raises(ConfigurationError, match="A test may take"):
        Tests("unsafe-process", seconds=seconds)


def test_a_sandbox_that_is_none_of_cpython_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_SANDBOX", "monty")

    for sandbox in ("monty", "auto"):
        with pytest.raises(SandboxUnavailableError, match=r"--no-run-tests") as caught:
            Tests(sandbox).check()
        assert "install bubblewrap" in str(caught.value)


def test_the_check_runs_one_test():
    Tests("unsafe-process").check()


def test_the_check_fails_where_nothing_can_be_run(scripted):
    ending = {"status": 1, "hung": False, "where": "", "output": "Fatal Python error: no memory"}

    with pytest.raises(
        SandboxUnavailableError, match=r"'scripted' does not run pytest: .*Fatal Python error"
    ) as caught:
        Tests(scripted([[ending]])).check()
    assert "--no-run-tests" in str(caught.value)


def test_a_missing_pytest_is_told_by_its_extra(scripted):
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[planner\]"):
        Tests(scripted([[({"kind": "missing", "message": "No module named 'pytest'"},)]])).check()


def test_bubblewrap_runs_tests(bubblewrap_works, fails):
    tests = Tests("bubblewrap", seconds=5)
    tests.check()

    problems, outcomes = tests(
        {
            "tests/test_a.py": fails,
            "src/app.py": "x = 1\n",
            "tests/test_b.py": "import app\nimport os\n\ndef test_kill():\n    os.kill(os.getppid(), 9)\n\ndef test_b(): ...\n",
        }
    )

    assert problems == ()
    assert [one.outcome for one in outcomes] == ["passed", "failed", "failed", "passed"]
    assert outcomes[2].message.startswith("It has ended the sandbox: ")


def test_landlock_runs_tests(fails):
    found = sandbox_named("landlock").findings()
    if missing(found):
        pytest.skip(missing(found))

    problems, outcomes = Tests("landlock", seconds=1)(
        {"tests/test_a.py": fails, "test_b.py": "while True:\n    pass\n"}
    )

    assert [one.path for one in problems] == ["test_b.py"]
    assert [one.outcome for one in outcomes] == ["passed", "failed"]


def test_files_that_have_no_room_are_told(ran, fails):
    problems, tests = ran({"test_a.py": fails, "big.txt": "x" * 3_000_000}, limits=Limits(disk_mib=1))

    assert tests == {}
    assert [one.partition(":")[0] for one in problems] == ["(tests)"]


def test_files_with_names_that_mean_something_to_pytest_harm_no_others(ran):
    files = dict.fromkeys(("test_[x].py", "@a/test_a.py", "test_b.py"), "def test_a(): ...\n")

    problems, tests = ran(files)

    assert [one.partition(":")[0] for one in problems] == ["test_[x].py"]
    assert tests == {"@a/test_a.py::test_a": ("passed", ""), "test_b.py::test_a": ("passed", "")}


def test_what_is_installed_is_not_laid_into_the_sandbox(scripted):
    sandbox = scripted([[()]])
    Tests(sandbox)({"test_a.py": "", "node_modules/big.js": "x" * 1000, "venv/lib/a.py": "", "src/venv.py": ""})

    assert {"test_a.py", "src/venv.py"} < set(json.loads(next(iter(sandbox.setups[0].files.values()))))
    assert not any(
        "big.js" in path or "lib/a.py" in path for path in json.loads(next(iter(sandbox.setups[0].files.values())))
    )
