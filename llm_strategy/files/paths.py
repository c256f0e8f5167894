"""The one check of paths that come from a model, from a sandbox, or out of a stored file."""

from __future__ import annotations

import re
import unicodedata

from llm_strategy.errors import InputError

__all__ = ["checked_path"]

_MOST_BYTES = 255
_MOST_PARTS = 32
_LONGEST = 1024
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


def checked_path(path: str) -> str:
    """Return a path below a folder in its one spelling, with `/` between its parts.

    Refused is what leaves the folder, or means another file on another system: absolute paths, drives, `..`, NUL and
    other control characters, names reserved on Windows, endings in a dot or a blank, names above 255 bytes, and
    Unicode that is not in its composed form (NFC), of which two spellings look alike. What a path leads to is not
    looked at here: a link is refused where the file is opened (see `Folder`).

    >>> checked_path("./src//app.py")
    'src/app.py'

    Raises:
        InputError: it says what is wrong with the path.
    """
    wrong = _wrong_with(path)
    if wrong:
        raise InputError(f"The path {path[:200]!r} {wrong}. Use a relative path with '/' such as 'src/app.py'.")
    return "/".join(_parts(path))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _wrong_with(path: str) -> str:
    parts = _parts(path)
    if path.startswith("/"):
        return "is absolute"
    if not parts:
        return "names no file"
    if len(path) > _LONGEST or len(parts) > _MOST_PARTS:
        return f"is too long ({len(path)} characters, {len(parts)} parts; {_LONGEST} and {_MOST_PARTS} at most)"
    if path.endswith(("/", "/.")):
        return "ends like a folder"
    return next((wrong for part in parts if (wrong := _wrong_with_part(part))), "")


def _wrong_with_part(part: str) -> str:
    if part == "..":
        return "leaves the folder ('..')"
    found = _FORBIDDEN.search(part)
    if found:
        return f"holds the character {found.group()!r}"
    return _wrong_with_text(part) or _wrong_on_windows(part)


def _wrong_with_text(part: str) -> str:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    if size > _MOST_BYTES:
        return f"has a name of {size} bytes ({_MOST_BYTES} at most)"
    return "" if part == unicodedata.normalize("NFC", part) else "is not in composed Unicode (NFC)"


def _wrong_on_windows(part: str) -> str:
    if part[-1] in ". ":
        return f"has a name that ends in {part[-1]!r}"
    if _RESERVED.fullmatch(part.partition(".")[0].rstrip()):
        return f"has a name that Windows keeps for a device ({part!r})"
    return ""
