from llm_strategy.planner.evaluators import Problem, TestOutcome, Verdict

PROBLEM = Problem("a.py", 3, "Undefined name `x`", "F821")


def outcomes(count, outcome="failed", message="assert 1 == 2"):
    return tuple(TestOutcome(f"tests/test_a.py::test_{number}", outcome, message) for number in range(count))


def test_nothing_wrong_is_nothing_to_tell():
    verdict = Verdict(tests=(*outcomes(2, "passed"), *outcomes(1, "skipped")), ran_tests=True)

    assert verdict.ok
    assert verdict.told() == ""
    assert (verdict.passed, verdict.failed) == (2, 0)


def test_a_problem_or_a_failed_test_is_enough():
    assert not Verdict((PROBLEM,)).ok
    assert not Verdict(tests=outcomes(1)).ok


def test_problems_are_told_before_tests():
    verdict = Verdict((PROBLEM, PROBLEM), (*outcomes(1), *outcomes(3, "passed"), *outcomes(2, "skipped")))

    assert verdict.told() == (
        "1 problem was found:\na.py:3: Undefined name `x` (F821)\n"
        "1 of 4 tests failed:\ntests/test_a.py::test_0: assert 1 == 2"
    )


def test_what_is_told_has_the_room_that_there_is():
    problems = tuple(Problem("a.py", number, "something is wrong " * 5) for number in range(100))
    verdict = Verdict(problems, outcomes(100, message="E   assert 1 == 2\n" * 50))

    for letters in (600, 2000, 8000):
        text = verdict.told(letters)
        assert len(text) <= letters + 100
        assert "100 problems were found:" in text
        assert "100 of 100 tests failed:" in text
        assert "more: tests/test_a.py::test_" in text


def test_one_failing_test_gets_all_the_room():
    text = Verdict(tests=outcomes(1, message="x" * 3000)).told()

    assert text.count("x") >= 3000


def test_a_failing_test_without_words_is_named():
    assert Verdict(tests=outcomes(1, message="")).told().splitlines()[-1] == "tests/test_a.py::test_0"


def test_what_is_wrong_with_the_product_is_told_before_what_is_wrong_with_its_tests():
    found = (Problem("tests/test_a.py", 1, "no x", "F821"), Problem("a.py", 2, "no y", "F821"))
    assert Verdict(found).told().splitlines()[1:] == ["a.py:2: no y (F821)", "tests/test_a.py:1: no x (F821)"]
