from llm_strategy.planner.program import Decision, Done, For, If, Instruction, Position, Program, While, next_of


def path_through(program, answers=(), failing=()):
    """Carry a program out: conditions hold as often as `answers` says; return the paths and where it ended."""
    outcomes: dict[str, str] = {}
    yes = list(answers)
    while True:
        found = next_of(program, outcomes)
        if isinstance(found, Done):
            return list(outcomes.items()), found
        if isinstance(found, Decision):
            outcomes[found.path] = "yes" if yes and yes.pop(0) else "no"
        else:
            outcomes[found.path] = "failed" if found.path in failing else "done"


def test_instructions_go_in_order():
    program = Program("t", instructions=(Instruction("1", "a"), Instruction("2", "b")))

    assert path_through(program) == ([("1", "done"), ("2", "done")], Done())


def test_one_that_needs_another_waits_for_it():
    program = Program("t", instructions=(Instruction("1", "a", needs=("2",)), Instruction("2", "b")))

    assert [path for path, _ in path_through(program)[0]] == ["2", "1"]


def test_one_that_needs_what_failed_is_left_and_named():
    program = Program(
        "t", instructions=(Instruction("1", "a"), Instruction("2", "b", needs=("1",)), Instruction("3", "c"))
    )

    assert path_through(program, failing={"1"}) == ([("1", "failed"), ("3", "done")], Done(("2",)))


def test_a_loop_over_things_fills_their_names_in():
    program = Program("t", instructions=(For("1", "page", ("home", "{x}"), (Instruction("2", "Write {page} {y}"),)),))

    first = next_of(program, {})
    assert isinstance(first, Position)
    assert (first.path, first.instruction.text) == ("1[home]/2", "Write home {y}")
    assert [path for path, _ in path_through(program)[0]] == ["1[home]/2", "1[{x}]/2"]


def test_a_loop_goes_on_as_long_as_its_condition_holds_and_no_further_than_its_rounds():
    program = Program(
        "t", instructions=(While("1", "tests fail", (Instruction("2", "mend"),), 2), Instruction("3", "end"))
    )

    assert [path for path, _ in path_through(program, [True, False])[0]] == ["1[1]", "1[1]/2", "1[2]", "3"]
    assert [path for path, _ in path_through(program, [True] * 9)[0]] == ["1[1]", "1[1]/2", "1[2]", "1[2]/2", "3"]


def test_a_condition_takes_one_branch():
    program = Program(
        "t",
        instructions=(If("1", "file a.py", (Instruction("2", "a"),), (Instruction("3", "b"),)), Instruction("4", "c")),
    )

    assert [path for path, _ in path_through(program, [True])[0]] == ["1", "1/2", "4"]
    assert [path for path, _ in path_through(program, [False])[0]] == ["1", "1/3", "4"]


def test_what_is_in_a_branch_that_was_not_taken_is_waited_for_no_more():
    program = Program(
        "t", instructions=(Instruction("4", "c", needs=("2",)), If("1", "file a.py", (Instruction("2", "a"),)))
    )

    assert [path for path, _ in path_through(program, [False])[0]] == ["1", "4"]
    assert [path for path, _ in path_through(program, [True])[0]] == ["1", "1/2", "4"]


def test_who_needs_a_loop_waits_for_all_of_its_rounds():
    program = Program(
        "t",
        instructions=(Instruction("4", "c", needs=("1",)), For("1", "x", ("a", "b"), (Instruction("2", "do {x}"),))),
    )

    assert [path for path, _ in path_through(program)[0]] == ["1[a]/2", "1[b]/2", "4"]
    assert path_through(program, failing={"1[b]/2"})[1] == Done(("4",))


def test_a_program_that_was_edited_goes_on_with_what_is_new():
    edited = Program("t", instructions=(Instruction("0", "new"), Instruction("1", "a"), Instruction("2", "b")))

    found = next_of(edited, {"1": "done", "gone": "done"})
    assert isinstance(found, Position)
    assert found.path == "0"
