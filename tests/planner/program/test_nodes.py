import pytest

from llm_strategy.errors import ProgramError
from llm_strategy.planner.program import If, Instruction, Program, Requirement, While


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ((Instruction("1", "a"), Instruction("1", "b")), "'1' is there 2 times"),
        ((Instruction("1", "a"), If("2", "x", (Instruction("1", "b"),))), "'1' is there 2 times"),
        ((Instruction("a/b", "a"),), "'a/b' is no name"),
        ((Instruction("", "a"),), "'' is no name"),
        ((Instruction("1", "a", needs=("2",)),), "needs '2', which is not there"),
        ((Instruction("1", "a", ("R9",)),), "requirement 'R9'"),
        ((While("1", "x", (), 0),), "0 rounds"),
        (
            (
                Instruction("1", "a", needs=("2",)),
                Instruction("2", "b", needs=("3",)),
                Instruction("3", "c", needs=("1",)),
            ),
            "wait for each other: '1' needs '2' needs '3' needs '1'",
        ),
        ((Instruction("1", "a", needs=("1",)),), "wait for each other"),
        ((While("1", "x", (Instruction("2", "a", needs=("1",)),)),), "wait for each other"),
    ],
)
def test_a_program_that_cannot_be_carried_out_is_refused(nodes, told):
    with pytest.raises(ProgramError, match=told):
        Program("t", (Requirement("R1", "x"),), nodes)
