import pytest

from llm_strategy.errors import ProgramError
from llm_strategy.planner.program import (
    For,
    If,
    Instruction,
    Program,
    Requirement,
    While,
    read_program,
    written_program,
)

WHOLE = Program(
    "A shop: with 'quotes', ünïcode and\nlines",
    (Requirement("R1", "Items can be bought."), Requirement("R2", "yes")),
    (
        Instruction("1", "Write shop.py", ("R1",), attempts=2, tokens=5000),
        For("2", "page", ("home", "1"), (Instruction("3", "Write {page}.html", ("R2",), ("1",)),)),
        While("4", "tests fail", (Instruction("5", "Mend it"),), 3),
        If("6", "file shop.py", (Instruction("7", "Document it"),), (Instruction("8", "Begin anew"),)),
    ),
)


def test_a_program_is_the_same_after_it_was_written_and_read():
    assert read_program(written_program(WHOLE)) == WHOLE


def test_ids_that_are_left_out_are_made_up_from_the_place():
    program = read_program("task: t\ninstructions:\n- one\n- while: tests fail\n  body: [two, three]\n")

    assert [node.id for node in program.nodes()] == ["1", "2", "2.1", "2.2"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the program: nothing"),
        ("task: ''", "task: '' is no text"),
        ("task: t\nsteps: []", r"no 'steps' here\. Known are 'instructions'"),
        ("task: t\ninstructions: 3", "3 is no list"),
        ("task: t\ninstructions: [{id: a}]", "number 1: it has none of"),
        ("task: t\ninstructions: [{do: x, need: [a]}]", "no 'need' here"),
        ("task: t\ninstructions: [{while: x, most: 0}]", "most: 0 is no number above 0"),
        ("task: t\ninstructions: [{do: x, for: [[1]]}]", r"for: \[1\] is no text"),
        ("task: [", "no YAML"),
        ("task: &a t\nrequirements: {R1: *a}", "aliases"),
        ("task: !!python/object/apply:os.system ['true']", "no YAML"),
        ("task: t\ninstructions: " + "[{if: x, then: " * 30 + "[]" + "}]" * 30, "20 deep"),
        ("x" * 1_000_001, "1,000,000 characters"),
    ],
)
def test_a_file_that_is_no_program_says_where_and_why(text, told):
    with pytest.raises(ProgramError, match=told):
        read_program(text)
