"""Workspaces that want to be believed: what they do is seen, or makes no difference."""

import pytest

HOOKS = {
    "a report that is changed": """
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome, report.longrepr = "passed", None
""",
    "an error that is swallowed": """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        yield
    except BaseException:
        pass
""",
    "an error that is swallowed nearer to the test": """
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem):
    try:
        return (yield)
    except BaseException:
        return True
""",
    "a function that is put in place of a test": """
def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "test_bad":
            item.obj = lambda: None
""",
    "a function that a fixture puts in place of a test": """
@pytest.fixture(autouse=True)
def swapped(request):
    if request.node.name == "test_bad":
        request.node.obj = lambda: None
""",
    "code that is put in place of that of a test": """
def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "test_bad":
            item.obj.__code__ = (lambda: None).__code__
""",
    "pytest that is changed": """
import _pytest.reports
made = _pytest.reports.TestReport.from_item_and_call.__func__
def make(kind, item, call):
    call.excinfo = None
    return made(kind, item, call)
_pytest.reports.TestReport.from_item_and_call = classmethod(make)
""",
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_a_failure_is_not_made_a_pass(ran, fails, hook):
    _, tests = ran({"conftest.py": f"import pytest\n{hook}", "tests/test_a.py": fails})

    assert tests["tests/test_a.py::test_good"] == ("passed", "")
    assert tests["tests/test_a.py::test_bad"][0] == "failed"
    assert "a hook of conftest.py changes what pytest reports" in tests["tests/test_a.py::test_bad"][1]


NOT_RUN = {
    "a function that is not called": "def pytest_pyfunc_call(pyfuncitem):\n    return True\n",
    "a protocol that does nothing": "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item):\n    return True\n",
    "tests that are left out": "def pytest_collection_modifyitems(items):\n    items.clear()\n",
    "tests that are left out first": "@pytest.hookimpl(tryfirst=True)\ndef pytest_collection_modifyitems(items):\n    items.clear()\n",
    "functions that are no tests": (
        "@pytest.hookimpl(tryfirst=True)\ndef pytest_pycollect_makeitem(name):\n    return [] if 'test' in name else None\n"
    ),
    "a runner that does nothing": "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n",
}


@pytest.mark.parametrize("hook", NOT_RUN.values(), ids=NOT_RUN)
def test_a_test_that_is_not_run_has_failed(ran, fails, hook):
    _, tests = ran({"conftest.py": f"import pytest\n{hook}", "tests/test_a.py": fails})

    assert list(tests) == ["tests/test_a.py::test_good", "tests/test_a.py::test_bad"]
    assert {ended for ended, _ in tests.values()} == {"failed"}


def test_tests_that_are_all_said_to_fail_are_told_by_one_of_ours(ran, fails):
    hook = "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        item.add_marker(pytest.mark.xfail)\n"

    problems, tests = ran({"conftest.py": hook, "test_a.py": fails})

    assert len(problems) == 1
    assert problems[0].startswith(
        "conftest.py: The results of the tests cannot be believed: a test that was added to them, and has"
    )
    assert tests["test_a.py::test_bad"][0] == "skipped"


def test_texts_and_files_that_look_like_reports_make_no_difference(ran):
    text = """
import atexit, os, sys
print("====== 2 passed in 0.01s ======")
open("report.xml", "w").write('<testsuites><testsuite tests="2" failures="0"/></testsuites>')
atexit.register(os._exit, 0)
os.environ["PYTEST_ADDOPTS"] = "--collect-only"

def test_bad():
    sys.stdout.write("PASSED")
    assert False
"""
    problems, tests = ran({"test_a.py": text})

    assert problems == []
    assert tests["test_a.py::test_bad"][0] == "failed"


def test_what_is_written_into_every_open_file_is_told(ran, fails):
    line = '{"token": "x", "number": 3, "kind": "end", "id": "test_a.py::test_bad", "outcome": "passed"}\\n'
    text = f"import os\nfor number in range(3, 60):\n    try:\n        os.write(number, b'{line}')\n    except OSError:\n        pass\n"

    problems, tests = ran({"test_a.py": text + fails})

    assert [one.partition(":")[0] for one in problems] == ["(tests)"]
    assert "something else than pytest has written reports" in problems[0]
    assert tests["test_a.py::test_bad"][0] == "failed"


def test_the_end_of_pytest_behind_the_last_test_is_told(ran, fails):
    problems, tests = ran(
        {"conftest.py": "import os\ndef pytest_sessionfinish():\n    os._exit(0)\n", "test_a.py": fails}
    )

    assert [ended for ended, _ in tests.values()] == ["passed", "failed"]
    assert problems == [
        "(tests): The tests did not come to their end. After the last one, something has ended the process, with exit code 0. (test run)"
    ]


def test_hooks_and_fixtures_that_mean_well_are_no_problem(ran, fails):
    hooks = """
import asyncio, functools, inspect, pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    setattr(item, "report_" + report.when, report)

def pytest_collection_modifyitems(items):
    items.reverse()

def pytest_itemcollected(item):
    function = item.obj
    if item.name == "test_good":
        @functools.wraps(function)
        def logged():
            return function()
        item.obj = logged

def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj())
        return True

@pytest.fixture(autouse=True)
def counted(request):
    yield
    assert request.node.report_call.when == "call"
"""
    problems, tests = ran(
        {
            "conftest.py": hooks,
            "test_a.py": f"{fails}\nasync def test_async():\n    pass\n\nasync def test_bad_async():\n    assert 0\n",
        }
    )

    assert problems == []
    assert [ended for ended, _ in tests.values()] == ["passed", "failed", "passed", "failed"]


def test_methods_of_unittest_are_watched_be_they_async_or_not(ran):
    text = """
import unittest
from unittest import mock

class TestA(unittest.IsolatedAsyncioTestCase):
    async def test_async(self):
        self.assertEqual(1, 1)
    async def test_bad_async(self):
        self.assertEqual(1, 2)
    def test_sync(self):
        self.assertEqual(1, 1)
    def test_bad_sync(self):
        self.assertEqual(1, 2)
    @mock.patch("os.getcwd")
    async def test_patched(self, getcwd):
        pass

class TestB(unittest.TestCase):
    async def test_never_awaited(self):
        self.assertEqual(1, 2)
"""
    problems, tests = ran({"test_a.py": text})

    assert problems == []
    assert {name.rpartition("::")[2]: ended for name, (ended, _) in tests.items()} == {
        "test_async": "passed",
        "test_bad_async": "failed",
        "test_sync": "passed",
        "test_bad_sync": "failed",
        "test_patched": "passed",
        "test_never_awaited": "failed",
    }
    assert "unittest.IsolatedAsyncioTestCase" in tests["test_a.py::TestB::test_never_awaited"][1]


def test_a_clock_that_a_test_has_broken_for_good_harms_no_other(ran):
    text = "import time\n\ndef test_a():\n    time.perf_counter = None\n\ndef test_b(): ...\n"

    problems, tests = ran({"test_a.py": text})

    assert problems == []
    assert [ended for ended, _ in tests.values()] == ["passed", "passed"]
