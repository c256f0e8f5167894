"""Tests that are skipped, or said to be none, are seen: a file of them says nothing about the code."""

import pytest

SKIPPED = {
    "a module that skips itself": ("pytest.skip('not today', allow_module_level=True)", "Skipped: not today."),
    "a package that is not there": ("pytest.importorskip('no_such_package')", "No module named 'no_such_package'."),
    "a mark on all": ("pytestmark = pytest.mark.skip(reason='not today')", "Skipped: not today."),
    "a mark that all fail": ("pytestmark = pytest.mark.xfail", "It is marked as one that fails."),
}


@pytest.mark.parametrize(("line", "why"), SKIPPED.values(), ids=SKIPPED)
def test_a_file_of_skipped_tests_is_told_with_the_reason(ran, line, why):
    problems, tests = ran({"test_a.py": f"import pytest\n{line}\n\ndef test_a():\n    assert 0\n"})

    assert [(name, ended) for name, (ended, _) in tests.items()] == [("test_a.py::test_a", "skipped")]
    assert len(problems) == 1
    assert problems[0].startswith("test_a.py: None of its tests is run. ")
    assert f"{why} Have them run here, and mend what fails" in problems[0]


def test_a_file_whose_tests_are_said_to_be_none_is_told(ran):
    files = {"test_a.py": "class TestA:\n    __test__ = False\n    def test_a(self):\n        assert 0\n"}

    problems, tests = ran(files)

    assert tests == {}
    assert len(problems) == 1
    assert problems[0].startswith("test_a.py: None of its tests is run. `__test__` says that they are none: take that")


def test_a_file_that_is_said_to_hold_no_tests_has_failed_ones(ran, fails):
    _, tests = ran({"test_a.py": f"__test__ = False\n{fails}"})

    assert {ended for ended, _ in tests.values()} == {"failed"}


def test_one_test_that_is_run_is_enough(ran):
    text = "import pytest\n\n@pytest.mark.skip\ndef test_a(): ...\n\ndef test_b(): ...\n"

    assert ran({"test_a.py": text})[0] == []
