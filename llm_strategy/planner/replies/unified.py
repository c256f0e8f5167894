"""Unified diffs of one or several files, as they stand in replies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.editing import Delete, Patch, Write
from llm_strategy.planner.replies.paths import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.planner.editing import Edit

__all__ = ["diff_edits", "is_diff"]

_NOTHING: Final = "/dev/null"
_ABOUT: Final = ("diff --git ", "index ", "new file mode ", "deleted file mode ", "similarity index ")


@dataclass(slots=True)
class _FileDiff:
    old: str = ""
    new: str = ""
    lines: list[str] = field(default_factory=list[str])


def is_diff(info: str, lines: Sequence[str]) -> bool:
    """Return whether a block is a diff: by its name, or by how it begins."""
    if info.split()[:1] in (["diff"], ["patch"]):
        return True
    first = [line for line in lines if line.strip()][:3]
    heads = [line[:4] for line in first]
    return (heads[:1] == ["diff"] and first[0].startswith("diff --git ")) or heads == ["--- ", "+++ ", "@@ -"]


def diff_edits(lines: Sequence[str], path: str) -> Iterator[Edit | str]:
    r"""Yield the edits of a block that is a diff, and what is wrong with the rest, as text.

    >>> list(diff_edits(["--- a/x.py", "+++ b/x.py", "@@ -1 +1 @@", "-a", "+b"], ""))
    [Patch(path='x.py', diff='@@ -1 +1 @@\n-a\n+b\n')]
    >>> list(diff_edits(["--- /dev/null", "+++ b/x.py", "@@ -0,0 +1 @@", "+b"], ""))
    [Write(path='x.py', text='b\n')]

    Args:
        lines: the block.
        path: the file that it is for where it does not say so itself.
    """
    for one in _files(lines):
        yield _edit(one, path)


def _edit(one: _FileDiff, path: str) -> Edit | str:
    old, new = _named(one)
    if new == _NOTHING:
        return Delete(old)
    target = new or path
    if not any(line.startswith("@@") for line in one.lines):
        return f"The diff of {target or 'a file'!r} has no hunk: a hunk begins with a line '@@ ... @@'."
    if not target:
        first = next(line for line in one.lines if line.strip())
        return f"The diff that begins with {first[:60]!r} names no file: add lines '--- a/path' and '+++ b/path'."
    if old not in {"", target, _NOTHING}:
        return f"The diff renames {old!r} to {new!r}: write the new file whole, and 'DELETE: {old}'."
    if old == _NOTHING:
        return Write(target, "".join(f"{line[1:]}\n" for line in one.lines if line.startswith("+")))
    return Patch(target, "".join(f"{line}\n" for line in one.lines))


def _named(one: _FileDiff) -> tuple[str, str]:
    """The two paths, without `a/` and `b/` where both have them."""
    old, new = one.old, one.new
    if (old.startswith("a/") or old == _NOTHING) and (new.startswith("b/") or new == _NOTHING):
        old, new = old.removeprefix("a/"), new.removeprefix("b/")
    return cleaned(old), cleaned(new)


def _files(lines: Sequence[str]) -> list[_FileDiff]:
    """The diff of each file; what a hunk's head counts is not trusted, so its lines may look like the next file's."""
    found: list[_FileDiff] = []
    at = 0
    while at < len(lines):
        head = lines[at : at + 3]
        if _is_head(head):
            found.append(_FileDiff(_path_in(head[0]), _path_in(head[1])))
            at += 2
            continue
        if not lines[at].startswith(_ABOUT):
            if not found:
                found.append(_FileDiff())
            found[-1].lines.append(lines[at])
        at += 1
    return [one for one in found if one.new or any(line.strip() for line in one.lines)]


def _is_head(lines: Sequence[str]) -> bool:
    if len(lines) < 2 or not (lines[0].startswith("--- ") and lines[1].startswith("+++ ")):
        return False
    return len(lines) == 2 or lines[2].startswith("@@") or _path_in(lines[1]) == _NOTHING


def _path_in(head: str) -> str:
    return head[4:].partition("\t")[0].strip().strip('"')
