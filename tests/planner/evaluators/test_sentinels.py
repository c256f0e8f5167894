import ast

import pytest

from llm_strategy.planner.evaluators import TestOutcome
from llm_strategy.planner.evaluators.sentinels import Sentinels


def test_each_folder_with_tests_has_one_that_fails_and_one_that_passes():
    sentinels = Sentinels({"test_a.py": "", "tests/test_b.py": ""}, ["test_a.py", "tests/test_b.py"])

    assert sorted(path.rpartition("/")[0] for path in sentinels.files) == ["", "tests"]
    for path, text in sentinels.files.items():
        namespace = {}
        exec(compile(ast.parse(text), path, "exec"), namespace)
        tests = [one for name, one in namespace.items() if name.startswith("test_")]
        assert len(tests) == 2
        endings = []
        for test in tests:
            try:
                test()
            except AssertionError:
                endings.append("failed")
            else:
                endings.append("passed")
        assert sorted(endings) == ["failed", "passed"]


def test_their_names_are_others_each_time_and_never_those_of_the_workspace():
    names = {path for _ in range(20) for path in Sentinels({}, ["test_a.py"]).files}

    assert len(names) > 10
    assert all(path.startswith("test_") for path in names)


def test_many_folders_have_a_few():
    paths = [f"t{number}/test_a.py" for number in range(50)]

    assert len(Sentinels(dict.fromkeys(paths, ""), paths).files) == 4


def outcomes_of(sentinels, failing, passing):
    tests = {}
    for path, text in sentinels.files.items():
        for node in ast.parse(text).body:
            wanted = passing if node.name.endswith("_too") else failing
            tests[f"{path}::{node.name}"] = TestOutcome(f"{path}::{node.name}", wanted)
    return tests


@pytest.mark.parametrize(
    ("failing", "passing", "count"),
    [("failed", "passed", 0), ("failed", "failed", 0), ("passed", "passed", 1), ("skipped", "skipped", 1)],
)
def test_a_test_that_has_to_fail_and_does_not_is_told(failing, passing, count):
    sentinels = Sentinels({}, ["tests/test_a.py"])
    tests = outcomes_of(sentinels, failing, passing)

    problems = list(sentinels.problems(tests, tests))

    assert len(problems) == count
    assert all(one.path == "tests/conftest.py" and "cannot be believed" in one.message for one in problems)


def test_one_that_was_not_run_is_told():
    sentinels = Sentinels({}, ["test_a.py"])

    assert {str(one).partition(":")[0] for one in sentinels.problems({}, ())} == {"conftest.py"}
