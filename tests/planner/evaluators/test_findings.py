from llm_strategy.planner.evaluators import Problem, told


def test_problems_are_told_in_order_and_once():
    twice = Problem("b.py", 9, "x")

    assert (
        told([twice, Problem("b.py", 10, "y"), Problem("a.py", 0, "z", "R1"), twice])
        == "a.py: z (R1)\nb.py:9: x\nb.py:10: y"
    )


def test_what_has_no_room_is_counted():
    text = told([Problem("a.py", number, "something is wrong") for number in range(1, 100)], letters=100)

    assert text.splitlines()[-1] == "... and 96 more"
    assert len(text) < 130
    assert len(told([Problem("a.py", 1, "x" * 900)], letters=100)) <= 100
