"""Reading of a writer's reply: which files it writes, what it changes, and what it asks for.

A block is written where a path is told for it: in the info of its fence, on the line above it, in a heading above its
words, or as its first comment. A block without one goes to `default_path`, if it is the only one that may be that file;
otherwise to the one new file that the words around it name in quotes, where nothing else is asked for. No file that is
there is replaced by a guess, nor by a block that is announced as a part ("Add this to `a.py`:"). A change without a
path is for `default_path`, or for the only file there is. Where the reply contradicts itself, as by two texts for one
file, none of them is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llm_strategy.planner.editing import Delete, Patch, Replace, Write
from llm_strategy.planner.replies.fences import Block, Words, parts_of
from llm_strategy.planner.replies.hunks import has_hunks, hunks_in
from llm_strategy.planner.replies.json_files import json_files
from llm_strategy.planner.replies.languages import fits, is_shown_only, is_written_in
from llm_strategy.planner.replies.orders import Order, order_in
from llm_strategy.planner.replies.partial import announced_part, left_out, may_be_part
from llm_strategy.planner.replies.paths import cleaned, comment_path, info_path, line_path, told_path
from llm_strategy.planner.replies.placing import Placing, flaw_told, full_path, line_above, seeming_path
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
        for path in map(self._full, order.of):
            if not order.has_colon:
                self.problems.append(f"{path!r} is not deleted: say 'DELETE: {path}' where it is to go.")
            elif path in self.known or path in made:
                self.edits.append(Delete(path))
            else:
                self.problems.append(
                    f"'DELETE: {path}' names no file that you were shown: nothing is deleted. READ the file before."
                )

    def _full(self, path: str) -> str:
        return full_path(path, self.known)

    def _block(self, block: Block) -> None:
        path = self._path_of(block)
        above = line_path(line_above(block), self.known)
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
        near = line_above(block)
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
            target = self._full(hunk.path or path or self.default_path or only)
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
            self.problems += filter(None, [flaw_told(block, path)])

    def _diff(self, block: Block, path: str) -> None:
        for edit in diff_edits(block.lines, self._full(path or self.default_path)):
            if isinstance(edit, str):
                self.problems.append(edit)
            elif isinstance(edit, Patch):
                self.edits.append(Patch(self._full(edit.path), edit.diff))
            else:
                self.edits.append(edit)

    def _file(self, block: Block, path: str) -> None:
        gap = left_out(block.lines)
        part = announced_part(block.before, path, is_named_above=bool(line_path(line_above(block), self.known)))
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
        elif is_shown_only(block.info) and not (block.begins.startswith("#!") and seeming_path(block)):
            self.words.append(" ".join(lines))
        elif lines:
            self.edits.append(block)

    def work(self) -> Work:
        """Return what was read."""
        placing = Placing(self.known, self.default_path)
        edits = placing.place(self.edits, " ".join(self.words))
        self.problems += placing.problems
        self.words += placing.words
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
            read=tuple(dict.fromkeys(self._full(path) for paths in orders["read"] for path in paths)),
            search=tuple(dict.fromkeys(words for found in orders["find"] for words in found)),
            more="continue" in kinds,
            done="done" in kinds,
            note=note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}...",
            problems=tuple(self.problems),
        )
