"""Reading of a writer's reply: which files it writes, what it changes, and what it asks for.

A block is written where a path is told for it: in the info of its fence, on the line above it, in a heading above its
words, or as its first comment. A block without one goes to `default_path`, if it is the only one that may be that file;
otherwise to the one new file that the words around it name in quotes, where nothing else is asked for. No file that is
there is replaced by a guess, nor by a block that is announced as a part ("Add this to `a.py`:"). A change without a
path is for `default_path`, or for the only file there is. Where the reply contradicts itself, as by two texts for one
file, none of them is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.editing import Delete, Patch, Replace, Write
from llm_strategy.planner.replies.fences import Block, Words, parts_of
from llm_strategy.planner.replies.hunks import has_hunks, hunks_in
from llm_strategy.planner.replies.json_files import json_files
from llm_strategy.planner.replies.languages import fits, is_shown_only, is_written_in
from llm_strategy.planner.replies.orders import Order, order_in
from llm_strategy.planner.replies.partial import announced_part, left_out, may_be_part
from llm_strategy.planner.replies.paths import cleaned, comment_path, info_path, line_path, quoted_paths, told_path
from llm_strategy.planner.replies.several import files_in
from llm_strategy.planner.replies.thoughts import without_thoughts
from llm_strategy.planner.replies.unified import diff_edits, is_diff
from llm_strategy.planner.replies.work import Work

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.planner.editing import Edit

__all__ = ["read_work"]

_LONGEST_NOTE: Final = 600
_NEAR: Final = 4
"""So many lines above a block may a heading stand that names its file."""
_SHOWN_LINES: Final = 5
"""Up to so many lines, beside files, a block without path and language is taken for something that is only shown."""
_IN_MANY_FOLDERS: Final = {"__init__.py", "__main__.py", "conftest.py", "README.md", "index.html", ".gitignore"}
"""Names that files in several folders have, so that a second one is no surprise."""
_LABEL = re.compile(r"\W{0,9}(?:file |full |updated )?(?:contents?|code|source)\W{0,9}", re.IGNORECASE)
"""Words that may stand between a path and its block."""


def read_work(reply: str, *, known: Collection[str] = (), default_path: str = "") -> Work:
    r"""Return what a reply asks for. Nothing in it raises: what cannot be read is in `problems`.

    >>> read_work("a.py\n```python\nx = 1\n```\nREAD: b.py").edits
    (Write(path='a.py', text='x = 1\n'),)

    Args:
        reply: what the model wrote: blocks, diffs, or JSON (also the arguments of a tool call).
        known: the paths of the files that are there.
        default_path: the file that a block without a path is for.
    """
    known = frozenset(known)
    text, cut = without_thoughts(reply)
    if cut:
        return Work(problems=("The reply ended inside its thinking. Think less, and reply in the form asked for.",))
    if not text.strip():
        return Work(problems=("The reply is empty.",))
    reading = _Reading(known, cleaned(default_path))
    reading.take(text)
    return reading.work()


class _Reading:
    """A reply that is being read."""

    def __init__(self, known: frozenset[str], default_path: str) -> None:
        self.known = known
        self.default_path = default_path
        self.edits: list[Edit | Block] = []
        """In order; blocks stand for those whose path is not known yet."""
        self.problems: list[str] = []
        self.orders: list[Order] = []
        self.words: list[str] = []

    def take(self, text: str) -> None:
        """Read a whole reply."""
        if self._json(text):
            return
        for part in parts_of(text, self.known):
            if isinstance(part, Words):
                for line in part.lines:
                    self._line(line)
            else:
                for block in files_in(part):
                    self._block(block)

    def _json(self, text: str) -> bool:
        found = json_files(text, self.known)
        if found is None:
            return False
        self.edits += [Write(cleaned(path), content) for path, content in found.files]
        self.problems += found.problems
        return True

    def _line(self, line: str) -> None:
        order = order_in(line, self.known)
        if order is None:
            if line.strip() and not line_path(line, self.known):
                self.words.append(line.strip())
        elif order.kind == "delete":
            self._deletions(order)
        else:
            self.orders.append(order)

    def _deletions(self, order: Order) -> None:
        """Take away files that are there, or that this reply makes; nothing else may be meant."""
        made = {edit.path for edit in self.edits if isinstance(edit, Write)}
        for path in map(self._there, order.of):
            if not order.has_colon:
                self.problems.append(f"{path!r} is not deleted: say 'DELETE: {path}' where it is to go.")
            elif path in self.known or path in made:
                self.edits.append(Delete(path))
            else:
                self.problems.append(
                    f"'DELETE: {path}' names no file that you were shown: nothing is deleted. READ the file before."
                )

    def _there(self, path: str) -> str:
        """The file that is meant where its folder was left out."""
        if path in self.known:
            return path
        alike = [one for one in self.known if one.endswith(f"/{path}")]
        return alike[0] if len(alike) == 1 else path

    def _block(self, block: Block) -> None:
        path = self._path_of(block)
        above = line_path(_line_above(block), self.known)
        if above and path != above and not path.endswith(f"/{above}"):
            self.problems.append(
                f"The block that begins with {block.begins!r} is named {path!r} in its fence and {above!r} above it. "
                "It is not written: send it again under one path."
            )
        elif has_hunks(block.lines):
            self._changes(block, path)
        elif block.flaw:
            self._flawed(block, path)
        elif is_diff(block.info, block.lines) and not path.endswith((".diff", ".patch")):
            self._diff(block, path)
        elif path:
            self._file(block, path)
        else:
            self._without_path(block)

    def _path_of(self, block: Block) -> str:
        """The path that is told for a block, the surest place first."""
        near = _line_above(block)
        inside, above = info_path(block.info, self.known), line_path(near, self.known)
        if inside.endswith(f"/{above}") or above.endswith(f"/{inside}"):
            inside = max(inside, above, key=len)  # one of them leaves the folder out
        found = inside or above or self._in_comment(block)
        if not found and not block.indented:
            told = told_path(near, self.known) or self._in_heading(block.before)
            part = told in self.known and may_be_part(near)
            found = told if told and not part and is_written_in(block.info, told) else ""
        return found

    def _in_comment(self, block: Block) -> str:
        lines = [line for line in block.lines if line.strip()][:2]
        lines = lines[1:] if lines and lines[0].startswith("#!") else lines[:1]
        found = comment_path(lines[0], self.known) if lines else ""
        return found if found and fits(block.info, found) else ""

    def _in_heading(self, before: Sequence[str]) -> str:
        near = [line for line in before if line.strip()][-_NEAR:]
        headings = [line for line in near if line.startswith(("#", "**"))]
        return line_path(headings[-1], self.known) if headings else ""

    def _changes(self, block: Block, path: str) -> None:
        only = next(iter(self.known)) if len(self.known) == 1 else ""
        for hunk in hunks_in(block.lines, self.known):
            target = self._there(hunk.path or path or self.default_path or only)
            if hunk.problem:
                self.problems.append(f"The change of {target or 'a file'!r} {hunk.problem}.")
            elif not target:
                first = hunk.search.strip().partition("\n")[0][:60]
                self.problems.append(
                    f"The change that searches {first!r} names no file: write the path on a line of its own above it."
                )
            elif hunk.search.strip() or target in self.known:
                self.edits.append(Replace(target, hunk.search, hunk.replacement))
            else:
                self.edits.append(Write(target, hunk.replacement))

    def _flawed(self, block: Block, path: str) -> None:
        if not path and block.flaw == "cut" and block.begins[:1] in {"{", "["}:
            self.edits.append(block)
        else:
            self._tell_flaw(block, path)

    def _tell_flaw(self, block: Block, path: str) -> None:
        about = f"for {path!r}" if path else f"that begins with {block.begins!r}"
        if block.flaw == "unread":
            self.problems.append(
                f"The reply has more fences than are looked at. The block {about} and all behind it are not read: send "
                "them again, in several replies."
            )
        elif block.flaw == "torn":
            self.problems.append(
                f"It cannot be told where the block {about} ends, for it has fences in it. It is not written: "
                "send it again between lines of four backticks (````)."
            )
        elif path or block.begins:
            self.problems.append(
                f"The block {about} has no closing fence: it was cut off. It is not written: send it again, whole."
            )

    def _diff(self, block: Block, path: str) -> None:
        for edit in diff_edits(block.lines, self._there(path or self.default_path)):
            if isinstance(edit, str):
                self.problems.append(edit)
            elif isinstance(edit, Patch):
                self.edits.append(Patch(self._there(edit.path), edit.diff))
            else:
                self.edits.append(edit)

    def _file(self, block: Block, path: str) -> None:
        gap = left_out(block.lines)
        part = announced_part(block.before, path, is_named_above=bool(line_path(_line_above(block), self.known)))
        if not fits(block.info, path):
            self.problems.append(
                f"The block under {path!r} is marked as {block.info!r}, which that file is not. It is not written."
            )
        elif (gap or part) and path in self.known:
            said = f"leaves code out ({gap[:60]!r})" if gap else f"is announced as a part of it ({part[:60]!r})"
            self.problems.append(
                f"The block for {path!r} {said}, so that other code would be lost. It is not written: send the whole "
                "file under its path alone, or only the changes as SEARCH and REPLACE."
            )
        else:
            self.edits.append(Write(path, block.text))

    def _without_path(self, block: Block) -> None:
        lines = [line for line in block.lines if line.strip()]
        orders = [order_in(line, self.known) for line in lines]
        if lines and all(order and order.has_colon for order in orders):
            for line in lines:
                self._line(line)
        elif is_shown_only(block.info):
            self.words.append(" ".join(lines))
        elif lines:
            self.edits.append(block)

    def work(self) -> Work:
        """Return what was read."""
        edits = self._placed()
        self._tell_of_doubles(edits)
        orders = {kind: [order.of for order in self.orders if order.kind == kind] for kind in ("read", "find")}
        kinds = {order.kind for order in self.orders}
        if not (edits or kinds or self.problems):
            self.problems.append(
                "The reply asks for nothing that can be read: it holds no block with a path above it, and no line such "
                "as 'READ: path' or 'DONE'."
            )
        note = " ".join(" ".join(self.words).split())
        return Work(
            edits=edits,
            read=tuple(dict.fromkeys(self._there(path) for paths in orders["read"] for path in paths)),
            search=tuple(dict.fromkeys(words for found in orders["find"] for words in found)),
            more="continue" in kinds,
            done="done" in kinds,
            note=note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}...",
            problems=tuple(self.problems),
        )

    def _tell_of_doubles(self, edits: Sequence[Edit]) -> None:
        """A new file at the root may be meant for the one of that name whose folder was left out."""
        for edit in edits:
            alike = self._there(edit.path)
            if isinstance(edit, Write) and alike != edit.path and edit.path not in _IN_MANY_FOLDERS:
                self.problems.append(
                    f"{edit.path!r} is written as a new file, and there is {alike!r}. If that one is meant, delete the "
                    "new one, and write it under its whole path."
                )

    def _placed(self) -> tuple[Edit, ...]:
        """The edits, with those blocks for which one file alone can be meant."""
        self.edits = self._with_json()
        lost = [one for one in self.edits if isinstance(one, Block)]
        path, taken = self._only_place(lost)
        placed: list[Edit] = []
        for one in self.edits:
            if not isinstance(one, Block):
                placed.append(one)
            elif one is taken:
                placed.append(Write(path, one.text))
            elif taken or len(lost) < len(self.edits):
                self._beside_files(one)
            else:
                self._nameless(one)
        return tuple(self._without_contradictions(placed))

    def _with_json(self) -> list[Edit | Block]:
        """The edits, with the files of blocks that are JSON; beside files that have a path, JSON is only shown."""
        beside = any(not isinstance(one, Block) for one in self.edits)
        found: list[Edit | Block] = []
        for one in self.edits:
            files = None if beside or not isinstance(one, Block) else json_files(one.text, self.known)
            if files is not None and (files.is_sure or not any(path in self.known for path, _ in files.files)):
                found += [Write(cleaned(path), content) for path, content in files.files]
                self.problems += files.problems
            elif isinstance(one, Block) and one.flaw:
                self._tell_flaw(one, "")
            else:
                found.append(one)
        return found

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

    def _beside_files(self, block: Block) -> None:
        """A block without a path, in a reply that has files: what a program prints, say, or a command."""
        lines = [line.strip() for line in block.lines if line.strip()]
        if block.info or len(lines) > _SHOWN_LINES:
            self._nameless(block)
        else:
            self.words.append(" ".join(lines))

    def _nameless(self, block: Block) -> None:
        above = _line_above(block).strip("*`# \t:")
        way = "write the path on a line of its own above it"
        if above and len(above.split()) == 1 and not order_in(above, self.known):
            way = f"if {above[:80]!r} is its path, write 'File: {above[:80]}' above it"
        self.problems.append(f"The block that begins with {block.begins!r} names no file, and is not written: {way}.")

    def _only_place(self, lost: Sequence[Block]) -> tuple[str, Block | None]:
        """The path for one of the blocks without a path, and that block."""
        named = {edit.path for edit in self.edits if not isinstance(edit, Block)}
        if self.default_path and self.default_path not in named:
            fitting = [one for one in lost if fits(one.info, self.default_path) and not _is_of_another(one)]
            return (self.default_path, fitting[0]) if len(fitting) == 1 else ("", None)
        if len(lost) != 1 or lost[0].indented or named or self.default_path:
            return "", None
        told = [path for path in quoted_paths(" ".join(self.words), self.known) if fits(lost[0].info, path)]
        return (told[0], lost[0]) if len(told) == 1 and told[0] not in self.known else ("", None)


def _is_of_another(block: Block) -> bool:
    """Whether a block without a path that could be believed is none for just any file: it has one as its comment."""
    first = next((line for line in block.lines if line.strip()), "")
    return block.indented or bool(comment_path(first))


def _line_above(block: Block) -> str:
    """The line before a block, without one such as "Code:"."""
    return next((line for line in reversed(block.before) if line.strip() and not _LABEL.fullmatch(line)), "")
