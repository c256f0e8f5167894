"""A step does not end well by hiding tests: what was run before and is skipped or gone now is told."""

import pytest

from llm_strategy.planner import Domain, Instruction, Program, generate_custom
from llm_strategy.planner.computer.hidden_tests import RanTests, note_ran, ran_before
from llm_strategy.planner.evaluators import Problem, Verdict
from llm_strategy.planner.evaluators.verdict import TestOutcome
from llm_strategy.planner.state import RunState
from llm_strategy.testing import ScriptedModel

SKIPPED = "was run before, and is skipped now"
FAILED = "failed, and is not there any more"
PASSED = "passed before, and is not there any more"


def verdict(*problems, **tests):
    return Verdict(tuple(problems), tuple(TestOutcome(f"t.py::{name}", ended) for name, ended in tests.items()))


def told(ran, found):
    return [one.message.partition(". ")[0] for one in ran.judged(found, found).problems]


@pytest.mark.parametrize("before", ["passed", "failed"])
def test_a_test_that_is_skipped_now_is_told_as_long_as_it_is(before):
    ran = RanTests({})
    told(ran, verdict(a=before, b="passed"))

    assert told(ran, verdict(a="skipped", b="passed")) == [f"a {SKIPPED}"]
    assert told(ran, verdict(a="skipped", b="passed", c="passed")) == [f"a {SKIPPED}"]
    assert told(ran, verdict(a="passed", b="passed", c="passed")) == []


def test_a_test_that_failed_and_is_gone_is_told_until_another_is_in_its_place():
    ran = RanTests({})
    told(ran, verdict(a="failed", b="passed"))

    assert told(ran, verdict(b="passed")) == [f"a {FAILED}"]
    assert told(ran, verdict(b="passed")) == [f"a {FAILED}"]
    assert told(ran, verdict(b="passed", c="passed")) == []
    assert told(ran, verdict(b="passed", c="passed")) == []


def test_a_test_that_passed_and_is_gone_is_told_once():
    ran = RanTests({"t.py::a": "passed"})

    assert told(ran, verdict(b="skipped")) == [f"a {PASSED}"]
    assert told(ran, verdict(b="skipped")) == []


def test_a_test_in_place_of_another_counts_though_something_else_is_wrong():
    ran = RanTests({})
    told(ran, verdict(a="failed", b="failed"))
    told(ran, verdict(c="passed", b="failed"))

    assert told(ran, verdict(c="passed", b="passed")) == []


def test_a_file_that_cannot_be_loaded_hides_nothing():
    ran = RanTests({})
    told(ran, verdict(a="failed"))
    broken = Problem("t.py", 1, "The tests cannot be loaded.", "tests")

    assert told(ran, verdict(broken, other="passed")) == ["The tests cannot be loaded."]
    assert told(ran, verdict(other="passed")) == [f"a {FAILED}"]


def test_parameters_may_change():
    ran = RanTests({})
    told(ran, Verdict(tests=(TestOutcome("t.py::a[1]", "failed"), TestOutcome("t.py::a[2]", "passed"))))

    assert ran.seen == {"t.py::a": "failed"}
    assert told(ran, Verdict(tests=(TestOutcome("t.py::a[3]", "passed"), TestOutcome("t.py::a[4]", "skipped")))) == []


def test_what_was_tried_counts_in_its_step_and_what_was_done_in_all(tmp_path):
    with RunState(tmp_path) as state:
        state.begin("A tool.", "code", {})
        note_ran(state, "1/0", {"a": "passed"}, is_done=True)
        note_ran(state, "2/0", {"b": "failed"}, is_done=False)

        assert ran_before(state, "2/0") == {"a": "passed", "b": "failed"}
        assert ran_before(state, "3/0") == {"a": "passed"}


CODE = "a.py\n```python\ndef f():\n    return {}\n```\n"
TESTS = "test_a.py\n```python\nimport pytest\nfrom a import f\n\n{}\ndef test_f():\n    assert f() == 1\n\ndef test_g(): ...\n```\n"
WITHOUT = "test_a.py\n```python\ndef test_g(): ...\n```\n"


@pytest.fixture
def run(tmp_path):
    """Runs a program of two steps, the first of which is carried out well; returns the report, and what was told."""

    def made(*replies):
        model = ScriptedModel([CODE.format(1) + TESTS.format(""), *replies])
        domain = Domain("tested", "a codebase", evaluators=("tests",))
        program = Program("A tool.", instructions=(Instruction("1", "Write a."), Instruction("2", "Change f.")))
        settings = {"questions": 0, "reflections": 0, "replans": 0, "attempts": 1, "turns": 4}
        where = {"workspace": tmp_path / "made", "sandbox": "unsafe-process", "trace": False}
        report = generate_custom(domain, "A tool.", model, program=program, settings=settings, **where).report
        return report, [asked[-1].content for asked in model.asked]

    return made


def test_a_step_does_not_end_by_skipping_what_another_step_has_tested(run):
    hiding = CODE.format(2) + TESTS.format("@pytest.mark.skip")

    report, asked = run(hiding, CODE.format(1) + TESTS.format(""))

    assert report.is_done
    assert (report.verdict.passed, len(report.verdict.tests)) == (2, 2)
    assert f"test_f {SKIPPED}" in asked[2]


def test_a_test_may_go_with_what_it_tested(run):
    report, asked = run(CODE.format(2) + WITHOUT, "DONE")

    assert report.is_done
    assert f"test_f {PASSED}" in asked[2]


def test_a_test_that_failed_may_not_go(run):
    report, asked = run(CODE.format(2), WITHOUT, "DONE", "DONE.")

    assert [one.outcome for one in report.steps] == ["done", "failed"]
    assert f"test_f {FAILED}" in asked[3]
