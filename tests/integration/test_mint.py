"""The rules by which the benchmark of recorded trajectories judges: what counts as the same, and what as explained."""

import pytest

from benchmarks.mint_compare import compare
from benchmarks.mint_explain import REASONS, Case, bound_names
from benchmarks.mint_record import read_trajectory, recorded
from benchmarks.mint_replay import FED, LACKING, SAME, UNEXPLAINED, missing_packages, replay_all
from benchmarks.mint_replies import UNREAD, read_turns
from llm_strategy.sandbox import CodeError, CodeResult
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

DASHES = 75 * "-"
LEFT = "\nYou have 1 steps left and 2 chances to propose solution left.\nYou should take the last step to propose a solution.\n"


def failed(kind, message="", line=1, code="x"):
    return CodeResult(
        error=CodeError(kind, message, f'Traceback:\n  File "<action 1>", line {line}, in <module>\n{code}')
    )


def raised(kind, message, line=1, before=""):
    cell = f"Cell In[1], line {line}\n----> {line} x\n\n{kind}: {message}"
    return f"{before}{DASHES}\n{kind}           Traceback (most recent call last)\n{cell}"


def case(code, observation, now, **known):
    before = recorded(observation)
    return Case(code, before, now, compare(before, now), **known)


def reason(one):
    return next((name for name, holds in REASONS.items() if holds(one)), UNEXPLAINED)


def trajectory(*turns, model="m"):
    messages = [{"role": "user", "content": "Task"}]
    for reply, observation in turns:
        messages += [{"role": "assistant", "content": f"Assistant:\n{reply}\n"}]
        messages += [{"role": "user", "content": f"Observation:\n{observation}{LEFT}"}]
    return read_trajectory({"id": "one", "model": model, "dataset": "gsm8k", "messages": messages})


def test_an_observation_is_taken_apart():
    assert recorded("[Executed Successfully with No Output]").printed == ""
    shown = recorded("a\nOut[3]: \n[1,\n 2]")
    assert (shown.printed, shown.value) == ("a\n", "[1,\n 2]")
    error = recorded(raised("KeyError", "'a'\nb", 4, before="printed\n"))
    assert (error.printed, error.kind, error.message, error.line) == ("printed\n", "KeyError", "'a'\nb", 4)
    syntax = recorded("Cell In[2], line 3\n    if x\n        ^\nSyntaxError: invalid syntax")
    assert (syntax.kind, syntax.message, syntax.line, syntax.printed) == ("SyntaxError", "invalid syntax", 3, "")


def test_of_chained_errors_the_last_one_counts():
    text = raised("KeyError", "'a'") + "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    last = recorded(
        f"{text}ValueError          Traceback (most recent call last)\nCell In[1], line 9\n\nValueError: bad"
    )
    assert (last.kind, last.message, last.line) == ("ValueError", "bad", 9)


def test_turns_know_what_was_run_and_what_was_observed():
    found = trajectory(
        ("<execute>\nx = 1\n</execute>\nand\n<execute> x </execute>", "Out[2]: 1"),
        ("<solution> 1 </solution> <execute> 2 </execute>", "Your answer is wrong."),
        ("well", "I don't understand your input."),
    )
    assert [turn.kind for turn in found.turns] == ["code", "answer", "neither"]
    assert (found.turns[0].code, found.turns[0].observation) == ("x = 1\nx", "Out[2]: 1")
    assert found.first_cell == 2


@pytest.mark.parametrize(
    ("observation", "result", "rule"),
    [
        ("Out[1]: {1, 2}", CodeResult(shown="{2, 1}"), "order of sets: the shell sorts them"),
        ("Out[1]: [1,\n 2]", CodeResult(shown="[1, 2]"), "lines: the shell breaks long values"),
        ("0.1000000000001", CodeResult(stdout="0.1000000000002\n"), "last digits of floats, beyond the ninth"),
        ("<a at 0x7f00>", CodeResult(stdout="<a at 0x7f11>"), "addresses in memory"),
        ("Out[1]: <function __main__.f(x)>", CodeResult(shown="<function f at 0x1>"), "functions and classes"),
        (raised("TypeError", "f() takes 1"), failed("TypeError", "A.f() takes 1"), "wording of newer Pythons"),
        (raised("ImportError", "no a (/usr/a.py)"), failed("ImportError", "no a (/opt/a.py)"), "folders of libraries"),
    ],
)
def test_rules_make_two_observations_comparable_and_are_named(observation, result, rule):
    found = compare(recorded(observation), result)
    assert found.differs == ()
    assert any(one.startswith(rule) for one in found.rules)


@pytest.mark.parametrize(
    ("observation", "result", "differs"),
    [
        ("1", CodeResult(stdout="2"), ("output",)),
        ("0.12345678", CodeResult(stdout="0.12345679"), ("output",)),
        ("Out[1]: 1", CodeResult(stdout="1"), ("output", "value")),
        (raised("KeyError", "1"), failed("KeyError", "2"), ("message",)),
        (raised("KeyError", "1", 3), failed("KeyError", "1", 4), ("line",)),
        (raised("KeyError", "1"), failed("ValueError", "1"), ("error",)),
        (raised("KeyError", "1"), CodeResult(), ("error",)),
    ],
)
def test_what_differs_is_told(observation, result, differs):
    assert compare(recorded(observation), result).differs == differs


def test_of_what_was_cut_only_the_beginning_counts():
    cut = recorded("12345...\n[Output Truncated]")
    assert compare(cut, CodeResult(stdout="123456789", error=CodeError("KeyError", "x"))).differs == ()
    assert compare(cut, CodeResult(stdout="12")).differs == ("output",)


@pytest.mark.parametrize(
    ("code", "observation", "result", "name"),
    [
        (
            "import math\nmath.lcm(1, 2)",
            raised("AttributeError", "module 'math' has no attribute 'lcm'"),
            "2",
            "Python 3.8",
        ),
        ("import math\nmath.gcd(1, 2, 3)", raised("TypeError", "gcd expected 2 arguments, got 3"), "1", "Python 3.8"),
        (
            "match 1:\n    case 1: x = 2",
            "Cell In[1], line 1\n    match 1:\n\nSyntaxError: invalid syntax",
            "",
            "Python 3.8",
        ),
        ("!pip install x", "installed", failed("SyntaxError", "invalid syntax"), "only IPython"),
        ("display(1)", "1", failed("NameError", "name 'display' is not defined"), "only IPython"),
        ("x", raised("TypeError", "a"), failed("TypeError", "b"), "the same error at the same line"),
        ("open('/x')", "1", failed("PermissionError", "no"), "refused by the sandbox"),
        ("x", "1", failed("MemoryLimit"), "stopped here for what it used up"),
        ("x", "1", failed("TimeLimit"), "stopped for its time here"),
        ("input()", "1", failed("EOFError"), "asks somebody"),
        ("x", "1", CodeResult(stdout="2"), "unexplained"),
        ("x.y", raised("AttributeError", "'list' object has no attribute 'y'"), "1", "unexplained"),
    ],
)
def test_a_difference_has_a_reason_that_a_rule_can_see_or_none(code, observation, result, name):
    now = CodeResult(stdout=result) if isinstance(result, str) else result
    assert reason(case(code, observation, now)).startswith(name)


def test_names_lead_from_one_difference_to_the_next():
    now = failed("NameError", "name 'x' is not defined")
    assert reason(case("x + 1", "Out[1]: 2", now, lacking=bound_names("from sympy import x"))) in LACKING
    assert reason(case("x + 1", "Out[1]: 2", now, stale=bound_names("x = 1"))).startswith("what an action")
    assert reason(case("y + 1", "Out[1]: 2", now, stale=bound_names("x = 1"))) == UNEXPLAINED


def test_trajectories_are_run_again_in_a_session_of_their_own():
    page = "Page: Silver\nSummary: a metal"
    found = trajectory(
        ("<execute>x = {'a': 1}</execute>", "[Executed Successfully with No Output]"),
        ("<execute>print(wikipedia_search('Silver'))</execute>", page),
        ("<execute>x['b']</execute>", raised("KeyError", "'b'")),
        ("<execute>import no_such_package\nz = 1</execute>", "[Executed Successfully with No Output]"),
        ("<execute>print(z)</execute>", "1"),
        ("<execute>x</execute>", "Out[6]: {'a': 2}"),
        ("<execute>import random\nrandom.random()</execute>", "Out[7]: 0.5"),
    )
    missing = missing_packages([found], UnsafeProcess())
    assert missing == {"no_such_package"}
    (replayed,) = replay_all([found], UnsafeProcess(), 1, missing)
    told = [one.reason for one in replayed.observed]
    assert told[:3] == [SAME, FED, SAME]
    assert set(told[3:5]) == LACKING
    assert told[5] == UNEXPLAINED
    assert told[6].startswith("chance")
    assert replayed.observed[1].result.stdout == f"{page}\n"


def test_every_turn_is_read_or_refused_for_a_reason():
    counts, odd = read_turns(
        [
            trajectory(
                ("<execute>\nx\n</execute>", "1"),
                ("<execute>\nx\n</execute>\n\nObservation:\n1\n<execute>\ny\n</execute>", "1"),
                ("<execute>\nprint(", "?"),
                ("<solution> 1 </solution>", "wrong"),
                ("well", "?"),
            )
        ]
    )
    assert {way for _, way in counts} == {
        "read: what the recorder ran",
        "read: its code up to a made-up observation",
        "refused: the last block has no end",
        "refused: there is no code",
    }
    assert (sum(counts.values()), odd) == (5, [])
    assert UNREAD not in {way for _, way in counts}
