import pytest

from llm_strategy.planner.program import read_program
from llm_strategy.planner.program.outline import outline
from llm_strategy.planner.program.position import Decision, Position, next_of

WHOLE = """
task: t
instructions:
- do: Begin.
  for: [R1]
- each: page
  of: [login, {many}]
  body:
  - do: 'Write {{page}}.'
  - if: "file {{page}}.py"
    then: ["Test {{page}}."]
    else: ["Mend {{page}}."]
- while: tests fail
  most: 2
  body: [Mend them.]
requirements: {{R1: It works.}}
"""


@pytest.fixture
def whole():
    return read_program(WHOLE.format(many="home"))


def rows(program, outcomes):
    return [(row.path, row.depth, row.text, row.outcome) for row in outline(program, outcomes)]


def test_loops_and_conditions_are_unfolded_as_far_as_they_are_known(whole):
    assert rows(whole, {"1": "done", "2[login]/2.2": "yes", "3[1]": "yes"}) == [
        ("1", 0, "Begin.", "done"),
        ("", 0, "for each page of login, home", ""),
        ("2[login]/2.1", 1, "Write login.", ""),
        ("2[login]/2.2", 1, "if file login.py", "yes"),
        ("2[login]/2.2/2.2.t1", 2, "Test login.", ""),
        ("2[home]/2.1", 1, "Write home.", ""),
        ("2[home]/2.2", 1, "if file home.py", ""),
        ("2[home]/2.2/2.2.t1", 2, "Test home.", ""),
        ("", 1, "else", ""),
        ("2[home]/2.2/2.2.e1", 2, "Mend home.", ""),
        ("3[1]", 0, "while tests fail (round 1 of 2 at most)", "yes"),
        ("3[1]/3.1", 1, "Mend them.", ""),
        ("3[2]", 0, "while tests fail (round 2 of 2 at most)", ""),
        ("3[2]/3.1", 1, "Mend them.", ""),
    ]


def test_a_loop_that_was_left_ends_there(whole):
    assert [row[0] for row in rows(whole, {"3[1]": "no"})][-1] == "3[1]"


def test_many_things_of_a_loop_are_not_all_named_in_its_heading():
    program = read_program(WHOLE.format(many=", ".join("abcdefghij")))
    assert outline(program, {})[1].text == "for each page of login, a, b, c, d, e, f, g, ..."


def test_every_step_that_a_run_comes_to_has_its_row(whole):
    outcomes = {}
    while isinstance(step := next_of(whole, outcomes), Position | Decision):
        shown = {row.path: row for row in outline(whole, outcomes)}
        row = shown[step.path]
        assert row.is_instruction == isinstance(step, Position)
        assert row.outcome == ""
        if isinstance(step, Position):
            assert row.text == step.instruction.text
            assert row.requirements == step.instruction.requirements
        outcomes[step.path] = "done" if isinstance(step, Position) else "yes" if len(outcomes) % 2 else "no"
    assert len(outcomes) > 6
