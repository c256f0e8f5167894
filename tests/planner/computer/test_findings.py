"""What was wrong before the run is left out of verdicts, and nothing else is."""

from llm_strategy.planner.computer.findings import names_of, without
from llm_strategy.planner.evaluators import Problem, Verdict
from llm_strategy.planner.evaluators.findings import NO_VERDICT
from llm_strategy.planner.evaluators.verdict import TestOutcome

UNDEFINED = Problem("a.py", 3, "Undefined name `x`", "F821")


def test_findings_are_known_whatever_their_lines():
    before = Verdict((UNDEFINED,), (TestOutcome("test_a.py::test_x", "failed"),))
    after = Verdict((Problem("a.py", 9, UNDEFINED.message, "F821"),), (TestOutcome("test_a.py::test_x", "failed"),))

    assert without(after, names_of(before)).ok


def test_one_more_of_the_same_kind_is_new():
    more = Problem("a.py", 8, UNDEFINED.message, "F821")

    assert without(Verdict((UNDEFINED, more)), names_of(Verdict((UNDEFINED,)))).problems == (more,)


def test_tests_that_could_not_be_run_are_never_known():
    unjudged = Verdict((UNDEFINED, Problem("(tests)", 0, "The tests could not be run.", NO_VERDICT)))

    assert names_of(unjudged) == ["a.py: Undefined name `x` (F821)"]
    assert without(unjudged, [*names_of(unjudged), str(unjudged.problems[1])]).problems == unjudged.unjudged
