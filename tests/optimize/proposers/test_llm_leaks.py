import pytest

from llm_strategy.optimize.proposers.llm_leaks import Leaks

TOLD = "Find the commonest cause of bad runs, and change the hyperparameters that it comes from."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Answer in one word.", "Answer in one word."),
        ("Here is the improved instruction: Answer in one word.", "Answer in one word."),
        ("Sure! Here's a better version:\n\nAnswer in one word.", "Answer in one word."),
        ("**Answer** in one word.\nNo more.", "**Answer** in one word.\nNo more."),
        ("Improved instruction: 'Answer in one word.'", "Answer in one word."),
        ("```text\nAnswer in one word.\n```", "Answer in one word."),
        ("“Answer in one word.”", "Answer in one word."),
        ('"Yes" or "no" is the answer, "no"', '"Yes" or "no" is the answer, "no"'),
        ("Answer briefly. Change the hyperparameters.", "Answer briefly."),
        ("Answer briefly. Unlike the previous instruction, be exact! Name the year.", "Answer briefly. Name the year."),
        ("Answer. FIND the commonest cause\nof bad runs.", "Answer."),
        ("Find the commonest cause of it all.", "Find the commonest cause of it all."),
        (TOLD, ""),
        ("", ""),
        ("Price it at 3.50 euros.", "Price it at 3.50 euros."),
    ],
)
def test_only_what_the_task_needs_is_left(text, left):
    assert Leaks([TOLD]).cleaned(text, "Answer.") == left


def test_what_the_parent_says_itself_may_stay():
    parent = "Tune the hyperparameters of the net. Find the commonest cause of bad runs."
    text = "Tune all hyperparameters. Find the commonest cause of bad runs first."
    assert Leaks([TOLD]).cleaned(text, parent) == text
    assert Leaks([TOLD]).cleaned(text, "Tune.") == ""


def test_a_very_long_text_is_read_in_time():
    text = "Answer " * 200_000
    assert Leaks([TOLD]).cleaned(text, "").startswith("Answer Answer")
