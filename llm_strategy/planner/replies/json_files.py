"""Replies that bring their files as JSON, also as the arguments of a tool call.

Only what can be meant in one way is mended: line breaks and tabs that stand unescaped in a text are what they are; a
backslash before a line break continues the line, as in JSON5; another backslash that is no escape stays, as in a
regular expression. JSON that ends too early gives the files before its end.

Much other JSON has names and texts in it. So what is called a path has to look like one, and keys that are usual
elsewhere (`name`, `text`) count only in an envelope such as `files`, or beside one that means a file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.planner.replies.paths import is_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["JsonFiles", "json_files"]

_SURE_PATHS: Final = ("path", "file_path", "filepath", "filename", "file_name")
_PATHS: Final = (*_SURE_PATHS, "file", "name")
_SURE_TEXTS: Final = ("content", "contents", "file_contents", "file_content")
_TEXTS: Final = (*_SURE_TEXTS, "text", "code", "source", "body")
_BESIDE: Final = {*_PATHS, *_TEXTS, "language", "description", "type"}
"""Keys that an item may have where one of its two is usual elsewhere."""
_LISTS: Final = ("files", "files_and_contents", "edits", "arguments", "parameters", "input")
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|(\r?\n)|)')
_MOST_TRIES: Final = 8
"""So many places are tried as the list of files."""
_LOOSE = json.JSONDecoder(strict=False)
_NAMED = re.compile(r"[^\s/\\][^\s\\]*")
_ENVELOPE = re.compile(rf'"(?:{"|".join(_LISTS)})"\s*:\s*$')
_FIRST_ITEM = re.compile(r"[\[{]\s*(?=[{\"])")


@dataclass(frozen=True, slots=True)
class JsonFiles:
    """The files that a JSON text brings."""

    files: tuple[tuple[str, str], ...]
    """Path and text of each, in order."""
    problems: tuple[str, ...] = ()
    is_sure: bool = True
    """Whether it says by its keys that it is about files; names and texts alone may as well describe them."""


def json_files(text: str, known: Collection[str] = ()) -> JsonFiles | None:
    r"""Return the files that a text brings which is JSON as a whole; None where it is something else.

    >>> json_files('{"files": {"a.py": "x = 1\\n"}}')
    JsonFiles(files=(('a.py', 'x = 1\n'),), problems=(), is_sure=True)
    >>> json_files('[{"path": "a.py", "content": ""}, {"path": "b.py", "content": "y ="').problems
    ("The JSON of the file 'b.py' was cut off. It is not written: send it again, whole.",)
    """
    bare = text.strip()
    if bare[:1] not in {"{", "["}:
        return None
    mended = _ESCAPE.sub(lambda found: found[0] if found[1] else "" if found[2] else "\\\\", bare)
    for one in dict.fromkeys((bare, mended)):
        try:
            return _files_of(_LOOSE.decode(one), known)
        except (ValueError, RecursionError):
            continue
    return _before_the_damage(mended, known)


def _files_of(value: Any, known: Collection[str], *, inside: bool = False) -> JsonFiles | None:
    if is_list(value):
        return _of_items(value, known, inside=inside)
    if not is_object(value):
        return None
    one = _of_item(value, known, inside=inside)
    if one is not None:
        return JsonFiles((one,), is_sure=inside or _is_sure(value))
    for key in _LISTS:
        if key in value:
            return _files_of(_decoded(value[key]), known, inside=True)
    pairs = [(path, _text_of(text)) for path, text in value.items()]
    named = bool(pairs) and all(is_path(path, known) for path, _ in pairs)
    texts = [(path, text) for path, text in pairs if text is not None]
    return JsonFiles(tuple(texts), is_sure=inside) if named and len(texts) == len(pairs) else None


def _decoded(value: Any) -> Any:
    """The arguments of a call are JSON in JSON."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        return _LOOSE.decode(value)
    return value


def _of_items(items: list[Any], known: Collection[str], *, inside: bool) -> JsonFiles | None:
    found = [_of_item(item, known, inside=inside) for item in items]
    files = tuple(one for one in found if one is not None)
    sure = inside or all(map(_is_sure, items))
    return JsonFiles(files, is_sure=sure) if files and len(files) == len(items) else None


def _is_sure(item: Any) -> bool:
    return is_object(item) and all(any(key in item for key in keys) for keys in (_SURE_PATHS, _SURE_TEXTS))


def _of_item(item: Any, known: Collection[str], *, inside: bool) -> tuple[str, str] | None:
    if not is_object(item):
        return None
    path_key = next((key for key in _PATHS if isinstance(item.get(key), str)), None)
    text_key = next((key for key in _TEXTS if _text_of(item.get(key)) is not None), None)
    if path_key is None or text_key is None:
        return None
    path, text = item[path_key], _text_of(item[text_key])
    sure = (path_key in _SURE_PATHS) + (text_key in _SURE_TEXTS)
    meant = inside or sure == len((path_key, text_key)) or (sure and not item.keys() - _BESIDE)
    fits = is_path(path, known) or (path_key in _SURE_PATHS and _NAMED.fullmatch(path))
    return (path, text) if meant and fits and text is not None else None


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if is_list(value) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return None


def _before_the_damage(text: str, known: Collection[str]) -> JsonFiles | None:
    """The whole files of a JSON text that cannot be read up to its end."""
    for begin in islice(_FIRST_ITEM.finditer(text), _MOST_TRIES):
        inside = _ENVELOPE.search(text[: begin.start()]) is not None
        read = _Reading(text, begin.end(), inside=inside)
        pairs = text[begin.start()] == "{"
        if pairs and text[begin.end()] == '"':
            files = list(read.members(known))
        elif not pairs and text[begin.end()] == "{":
            files = list(read.items(known))
        else:
            continue
        rest = text[read.at :].lstrip(", \t\r\n")
        path = _path_in(rest)
        if files or path:
            return JsonFiles(tuple(files), (_damaged(path, rest),), is_sure=inside or not pairs)
    return None


class _Reading:
    """Whole values, one after the other, as far as they go."""

    def __init__(self, text: str, at: int, *, inside: bool) -> None:
        self.text = text
        self.at = at
        self.inside = inside

    def items(self, known: Collection[str]) -> Iterator[tuple[str, str]]:
        while True:
            value, end = self._value(self.at)
            found = _of_item(value, known, inside=self.inside)
            if found is None:
                return
            yield found
            self.at = self._behind_comma(end)

    def members(self, known: Collection[str]) -> Iterator[tuple[str, str]]:
        while True:
            path, end = self._value(self.at)
            colon = re.compile(r"\s*:\s*").match(self.text, end)
            if not isinstance(path, str) or not is_path(path, known) or colon is None:
                return
            text, end = self._value(colon.end())
            if not isinstance(text, str):
                return
            yield path, text
            self.at = self._behind_comma(end)

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return _LOOSE.raw_decode(self.text, at)
        except (ValueError, RecursionError):
            return None, at

    def _behind_comma(self, at: int) -> int:
        match = re.compile(r"\s*,?\s*").match(self.text, at)
        return match.end() if match else at


def _path_in(rest: str) -> str:
    keyed = re.compile(rf'\{{?\s*"(?:{"|".join(_PATHS)})"\s*:\s*"([^"\n]{{1,300}})"').match(rest)
    plain = re.compile(r'"([^"\n]{1,300})"\s*:\s*"').match(rest)
    found = keyed or plain
    return found[1] if found and is_path(found[1]) else ""


def _damaged(path: str, rest: str) -> str:
    about = f"the file {path!r}" if path else f"the part that begins with {rest[:60]!r}"
    try:
        _LOOSE.decode("{" + rest if rest.startswith('"') else rest)
    except json.JSONDecodeError as error:
        if error.msg.startswith("Unterminated") or error.pos >= len(error.doc.rstrip()):
            return f"The JSON of {about} was cut off. It is not written: send it again, whole."
        return f"The JSON of {about} is not valid ({error.msg}). It is not written: send it again."
    except RecursionError:
        pass
    return f"The JSON of {about} cannot be read. It is not written: send it again."
