"""Where the blocks of a reply go that name no file, and what of its edits contradicts itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.editing import Delete, Write
from llm_strategy.planner.replies.fences import Block
from llm_strategy.planner.replies.json_files import json_files
from llm_strategy.planner.replies.languages import fits
from llm_strategy.planner.replies.partial import announced_part
from llm_strategy.planner.replies.paths import cleaned, comment_path, quoted_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.planner.editing import Edit

__all__ = ["Placing", "flaw_told", "full_path", "line_above", "seeming_path"]

_SHOWN_LINES: Final = 5
"""Up to so many lines, beside files, a block without path and language is taken for something that is only shown."""
_IN_MANY_FOLDERS: Final = {"__init__.py", "__main__.py", "conftest.py", "README.md", "index.html", ".gitignore"}
"""Names that files in several folders have, so that a second one is no surprise."""
_LABEL = re.compile(r"\W{0,9}(?:file |full |updated )?(?:contents?|code|source)\W{0,9}", re.IGNORECASE)
"""Words that may stand between a path and its block."""
_SEEMING = re.compile(r"\W{0,9}?(?:`(\w[\w.@+/-]{0,78}\w)`|(\w[\w.@+-]{0,40}/[\w.@+/-]{0,40}\w))\W{0,4}")
"""One word above a block that may be a path: in quotes, or with a slash."""


class Placing:
    """The last look at the edits of a reply, when all of it was read.

    Args:
        known: the paths of the files that are there.
        default_path: the file that a block without a path is for.
    """

    def __init__(self, known: Collection[str], default_path: str) -> None:
        self.known = known
        self.default_path = default_path
        self.problems: list[str] = []
        """What is not taken, in words for the model."""
        self.words: list[str] = []
        """Blocks that are only shown."""

    def place(self, edits: Sequence[Edit | Block], words: str) -> tuple[Edit, ...]:
        """Return the edits, with those blocks for which one file alone can be meant.

        Args:
            edits: what was read, in order; blocks stand for those whose path is not known yet.
            words: what stands around the blocks.
        """
        edits = self._with_json(edits)
        lost = [one for one in edits if isinstance(one, Block)]
        path, taken = self._only_place(edits, lost, words)
        placed: list[Edit] = []
        for one in edits:
            if not isinstance(one, Block):
                placed.append(one)
            elif one is taken:
                placed.append(Write(path, one.text))
            elif taken or len(lost) < len(edits):
                self._beside_files(one)
            else:
                self._nameless(one)
        whole = self._without_contradictions(placed)
        self._tell_of_doubles(whole)
        return tuple(whole)

    def _with_json(self, edits: Sequence[Edit | Block]) -> list[Edit | Block]:
        """The edits, with the files of blocks that are JSON; beside files that have a path, JSON is only shown."""
        beside = any(not isinstance(one, Block) for one in edits)
        found: list[Edit | Block] = []
        for one in edits:
            files = None if beside or not isinstance(one, Block) else json_files(one.text, self.known)
            if files is not None and (files.is_sure or not any(path in self.known for path, _ in files.files)):
                found += [Write(cleaned(path), content) for path, content in files.files]
                self.problems += files.problems
            elif isinstance(one, Block) and one.flaw:
                self.problems += filter(None, [flaw_told(one, "")])
            else:
                found.append(one)
        return found

    def _only_place(self, edits: Sequence[Edit | Block], lost: Sequence[Block], words: str) -> tuple[str, Block | None]:
        """The path for one of the blocks without a path, and that block."""
        named = {edit.path for edit in edits if not isinstance(edit, Block)}
        if self.default_path and self.default_path not in named:
            fitting = [one for one in lost if fits(one.info, self.default_path) and not self._is_of_another(one)]
            return (self.default_path, fitting[0]) if len(fitting) == 1 else ("", None)
        if len(lost) != 1 or lost[0].indented or named or self.default_path:
            return "", None
        told = [path for path in quoted_paths(words, self.known) if fits(lost[0].info, path)]
        return (told[0], lost[0]) if len(told) == 1 and told[0] not in self.known else ("", None)

    def _is_of_another(self, block: Block) -> bool:
        """Whether a block is not all of the default file, as it seems: a part, or one with a path as its comment."""
        part = announced_part(block.before, self.default_path, is_named_above=False)
        first = next((line for line in block.lines if line.strip()), "")
        return block.indented or bool(comment_path(first)) or (bool(part) and self.default_path in self.known)

    def _without_contradictions(self, edits: Sequence[Edit]) -> list[Edit]:
        """Of a file that is written whole twice, it cannot be told which text is meant."""
        texts: dict[str, str] = {}
        twice: list[str] = []
        for edit in edits:
            if isinstance(edit, Delete):
                texts.pop(edit.path, None)
            elif isinstance(edit, Write) and texts.setdefault(edit.path, edit.text) != edit.text:
                twice.append(edit.path)
        self.problems += [
            f"The reply writes {path!r} several times, with different texts. None is written: send that file once."
            for path in dict.fromkeys(twice)
        ]
        return [edit for edit in edits if edit.path not in twice]

    def _tell_of_doubles(self, edits: Sequence[Edit]) -> None:
        """A new file at the root may be meant for the one of that name whose folder was left out."""
        for edit in edits:
            alike = full_path(edit.path, self.known)
            if isinstance(edit, Write) and alike != edit.path and edit.path not in _IN_MANY_FOLDERS:
                self.problems.append(
                    f"{edit.path!r} is written as a new file, and there is {alike!r}. If that one is meant, delete the "
                    "new one, and write it under its whole path."
                )

    def _beside_files(self, block: Block) -> None:
        """A block without a path, in a reply that has files: what a program prints, say, or a command."""
        lines = [line.strip() for line in block.lines if line.strip()]
        if block.info or len(lines) > _SHOWN_LINES:
            self._nameless(block)
        else:
            self.words.append(" ".join(lines))

    def _nameless(self, block: Block) -> None:
        above = seeming_path(block)
        way = "write the path on a line of its own above it"
        if above:
            way = f"if {above!r} is its path, write 'File: {above}' above it"
        self.problems.append(f"The block that begins with {block.begins!r} names no file, and is not written: {way}.")


def full_path(path: str, known: Collection[str]) -> str:
    """Return the path of the file that is meant, also where its folder was left out."""
    if path in known:
        return path
    alike = [one for one in known if one.endswith(f"/{path}")]
    return alike[0] if len(alike) == 1 else path


def flaw_told(block: Block, path: str) -> str:
    """Return what is to be told of a block that cannot be read whole; empty where it is empty itself."""
    about = f"for {path!r}" if path else f"that begins with {block.begins!r}"
    if block.flaw == "unread":
        return (
            f"The reply has more fences than are looked at. The block {about} and all behind it are not read: send "
            "them again, in several replies."
        )
    if block.flaw == "torn":
        return (
            f"It cannot be told where the block {about} ends, for it has fences in it. It is not written: "
            "send it again between lines of four backticks (````)."
        )
    if path or block.begins:
        return f"The block {about} has no closing fence: it was cut off. It is not written: send it again, whole."
    return ""


def line_above(block: Block) -> str:
    """Return the line before a block, without one such as "Code:"."""
    return next((line for line in reversed(block.before) if line.strip() and not _LABEL.fullmatch(line)), "")


def seeming_path(block: Block) -> str:
    """Return the word above a block that may be a path without an ending, or a heading; empty where none does."""
    found = _SEEMING.fullmatch(line_above(block).strip()[:100])
    return (found[1] or found[2]) if found else ""
