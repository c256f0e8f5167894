"""What a writer sees fits its room, however large workspace and program are."""

import pytest

from llm_strategy.planner import PlannerSettings
from llm_strategy.planner.computer.shortening import shortened
from llm_strategy.planner.computer.view import view_of

SMALL = PlannerSettings(file_tokens=100, overview_tokens=50)


def letters(view):
    return len(view.overview) + len(view.files) + len(view.ahead)


@pytest.mark.parametrize("files", [0, 1, 20, 400])
@pytest.mark.parametrize("ahead", [0, 5, 900])
def test_it_has_no_more_than_its_room(files, ahead):
    texts = {f"package/m{number}.py": f"def f{number}():\n    return {number}\n" * 3 for number in range(files)}
    coming = [f"{number}: Write the module number {number}." for number in range(ahead)]

    assert letters(view_of(texts, (), "Go on.", coming, SMALL)) <= 150 * 3 + 60


def test_early_it_tells_of_what_comes_and_late_of_what_is_there():
    texts = {f"m{number}.py": f"def f{number}():\n    return {number}\n" * 3 for number in range(200)}
    coming = [f"{number}: Write the module number {number}, with its tests." for number in range(100)]

    room = PlannerSettings(file_tokens=400, overview_tokens=100)
    first = view_of({}, (), "Go on.", coming, room)
    last = view_of(texts, (), "Go on.", (), room)

    assert letters(last) <= 1.05 * letters(first)
    assert first.ahead.count("\n") > 4
    assert not last.ahead


def test_what_was_asked_for_comes_first_and_a_large_file_is_shown_shortened():
    texts = {"small.py": "x = 1\n", "large.py": "".join(f"line_{number} = {number}\n" for number in range(999))}

    view = view_of(texts, ["large.py"], "Look.", (), SMALL)

    assert view.shown[0] == "large.py"
    assert "line_0 = 0" in view.files
    assert "lines left out" in view.files
    assert "line_998" in view.files


def test_files_that_the_instruction_names_are_shown_before_others():
    texts = {f"m{number}.py": f"value = {number}\n" * 8 for number in range(9)}

    assert view_of(texts, (), "Change m7.py.", (), SMALL).shown[0] == "m7.py"


def test_fences_in_files_do_not_end_their_block():
    view = view_of({"a.md": "```\ncode\n```\n"}, ("a.md",), "Look.", (), SMALL)

    assert view.files == "a.md\n````\n```\ncode\n```\n````"


@pytest.mark.parametrize("text", ["x" * 5000, "\n" * 5000, "short line\n" * 900, "a\n" + "b" * 4000])
def test_a_shortened_text_fits(text):
    assert len(shortened(text, 50)) <= 50 * 3 + 40
