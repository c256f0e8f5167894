"""The map of a workspace: files, and what they define, in as many words as there is room for.

However many files there are, the map does not grow: those that matter least are only counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.repository.ranking import ranked
from llm_strategy.planner.repository.symbols import symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llm_strategy.planner.repository.symbols import Symbol

__all__ = ["ranked_files", "repository_map"]

_LETTERS_OF_A_TOKEN = 3
"""Code has a token for every three to four letters: the smaller one, so that the budget holds."""


def ranked_files(files: Mapping[str, str], *, focus: str = "") -> list[str]:
    r"""Return the paths of files, those that matter most for `focus` first.

    >>> ranked_files({"a.py": "import b\n", "b.py": "def rate(): ...\n"}, focus="Use rate.")
    ['b.py', 'a.py']

    Raises:
        MissingExtraError: the extra `planner` is not installed.
    """
    return ranked(files, {path: [one.name for one in symbols_of(path, text)] for path, text in files.items()}, focus)


def repository_map(
    files: Mapping[str, str], *, tokens: int, focus: str = "", order: Sequence[str] | None = None
) -> str:
    r"""Return a map of files, with what they define where there is room.

    First come the files that matter most for `focus`; each is told with its signatures, or with its path and length
    only, and the rest are counted. A token is taken to be three letters.

    >>> print(repository_map({"a.py": "def f(x): ...\n", "b.py": "from a import f\n"}, tokens=100))
    a.py (1 line)
      def f(x)
    b.py (1 line)

    Args:
        files: texts by path.
        tokens: the room there is.
        focus: the words of the work.
        order: the paths as `ranked_files` returns them, where that was asked already.

    Raises:
        MissingExtraError: the extra `planner` is not installed.
    """
    room = tokens * _LETTERS_OF_A_TOKEN - len(_rest(len(files)))
    lines: list[str] = []
    told = 0
    for path in ranked_files(files, focus=focus) if order is None else order:
        head = f"{path} ({_count(files[path])})"
        if len(head) + 1 > room:
            break
        room -= len(head) + 1
        lines.append(head)
        told += 1
        share = room // 2  # whatever the first files define, there is room for the names of others
        for line in _lines(symbols_of(path, files[path]), share):
            room -= len(line) + 1
            lines.append(line)
    if told < len(files):
        lines.append(_rest(len(files) - told))
    return "\n".join(lines)


def _lines(symbols: tuple[Symbol, ...], room: int) -> Iterator[str]:
    for number, symbol in enumerate(symbols):
        line = f"{'  ' * (symbol.depth + 1)}{symbol.signature}"
        left = f"  ... and {len(symbols) - number} more"
        if len(line) + len(left) + 2 > room:
            if len(left) + 1 <= room:
                yield left
            return
        room -= len(line) + 1
        yield line


def _count(text: str) -> str:
    lines = len(text.splitlines())
    return "1 line" if lines == 1 else f"{lines} lines"


def _rest(number: int) -> str:
    return f"... and {number} more files" if number != 1 else "... and 1 more file"
