"""Code that a file loses while it is written anew."""

from llm_strategy.planner.computer.lost_code import lost_code

BEFORE = {"a.py": "class A: ...\n\n\ndef f(): ...\n\n\nif __name__ == '__main__':\n    f()\n", "b.md": "# B\n"}


def told(text, path="a.py"):
    return lost_code(BEFORE, {**BEFORE, path: text}, [path])


def test_what_is_missing_is_named_in_the_order_in_which_it_stood():
    assert told("x = 1\n\n\ndef f(): ...\n") == ["a.py has lost `A`, the block under `if __name__ == '__main__':`."]


def test_nothing_is_said_where_all_is_there_in_any_order():
    assert not told("def g(): ...\n\n\nif __name__ == '__main__': f()\n\n\ndef f(): ...\n\n\nclass A: ...\n")


def test_other_texts_and_those_that_cannot_be_read_are_passed_over():
    assert not told("# C\n", "b.md")
    assert not told("def f(:\n")
    assert not lost_code(BEFORE, {}, ["a.py"])
    assert not lost_code({}, BEFORE, ["a.py"])
