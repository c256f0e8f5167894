"""What a writer sees of the workspace and of the program: as much as there is room for, however large they are.

The room is that of the overview and the file texts together. What files do not need tells of the instructions to come:
early in a run there are few files and many instructions, later it is the other way round. So a request is as long at
the last step as it is at the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.shortening import LETTERS_OF_A_TOKEN, shortened
from llm_strategy.planner.computer.told_edits import fenced
from llm_strategy.planner.repository import ranked_files, repository_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llm_strategy.planner.settings import PlannerSettings

__all__ = ["View", "view_of"]


@dataclass(frozen=True, slots=True)
class View:
    """What is shown."""

    overview: str
    """The files that are there, with what they define."""
    files: str
    """The texts of some of them, each in a fence under its path."""
    ahead: str
    """What is to be done later."""
    shown: tuple[str, ...] = ()
    """Paths of the files whose texts are shown."""
    there: tuple[str, ...] = ()
    """Paths of all files: what a reply says of a file is read by whether there is one. A writer is not shown these."""


def view_of(
    files: Mapping[str, str], wanted: Sequence[str], instruction: str, ahead: Sequence[str], settings: PlannerSettings
) -> View:
    """Return what is shown for an instruction.

    Args:
        files: all texts of the workspace, by path.
        wanted: the files that were asked for or changed, the most important first.
        instruction: what is to be done: files that it names are shown, then those that it seems to be about.
        ahead: the instructions to come.
        settings: how much room there is.
    """
    room = settings.file_tokens * LETTERS_OF_A_TOKEN
    shown: dict[str, str] = {}
    there = [path for path in dict.fromkeys(wanted) if path in files]
    order = ranked_files(files, focus=instruction)
    for path in dict.fromkeys([*there, *_named(files, instruction), *order]):
        text = _block(path, files[path])
        if len(text) > room and path in there:
            text = _block(path, shortened(files[path], max(1, room // LETTERS_OF_A_TOKEN - 20)))
        if len(text) <= room:
            shown[path] = text
            room -= len(text) + 2  # with the blank line in front of it
    overview = repository_map(files, tokens=settings.overview_tokens, order=order) if files else ""
    room += max(0, settings.overview_tokens * LETTERS_OF_A_TOKEN - len(overview))
    return View(
        overview,
        "\n\n".join(shown.values()),
        "\n".join(_fitting(ahead, room)),
        tuple(shown),
        tuple(files),
    )


def _named(files: Mapping[str, str], instruction: str) -> Iterator[str]:
    for path in files:
        name = path.rpartition("/")[2]
        if path in instruction or (len(name) > 3 and name in instruction):
            yield path


def _block(path: str, text: str) -> str:
    return f"{path}\n{fenced(text)}"


def _fitting(lines: Sequence[str], room: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        left = f"... and {len(lines) - number} more"
        if room < len(line) + len(left) + 2:
            kept = line[: max(0, room - len(left) - 5)]
            yield f"{kept}...\n{left}" if kept else left
            return
        room -= len(line) + 1
        yield line
