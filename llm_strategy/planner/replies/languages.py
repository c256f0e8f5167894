"""Which languages the blocks of a reply may be in, and the endings of files that go with them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["fits", "is_markdown", "is_shown_only", "is_written_in", "language_of"]

_SHELL = re.compile(r"bash|sh|shell|zsh|fish|console|terminal|cmd|powershell|ps1|bat|shell-session")
_SHOWN = re.compile(r"output|log|traceback|pycon|doctest|stdout")
"""What a program says: shown to the reader, never a file."""
_ENDINGS: Final = {
    "python": "py pyi pyw",
    "py": "py pyi pyw",
    "python3": "py pyi pyw",
    "javascript": "js mjs cjs jsx",
    "js": "js mjs cjs jsx",
    "jsx": "jsx js",
    "typescript": "ts tsx mts cts",
    "ts": "ts tsx mts cts",
    "tsx": "tsx ts",
    "html": "html htm jinja j2 jinja2 vue svelte",
    "css": "css scss less",
    "json": "json jsonc webmanifest",
    "yaml": "yaml yml",
    "yml": "yaml yml",
    "toml": "toml",
    "ini": "ini cfg conf",
    "sql": "sql",
    "markdown": "md markdown mdx",
    "md": "md markdown mdx",
    "java": "java",
    "go": "go",
    "rust": "rs",
    "ruby": "rb",
    "c": "c h",
    "cpp": "cpp cc cxx hpp h",
    "xml": "xml svg",
}
_MARKDOWN: Final = ("md", "markdown", "mdx")


def language_of(info: str) -> str:
    """Return the language that the info of a fence names, in small letters."""
    words = info.replace("{", " ").replace(":", " ").split()
    return words[0].lower().strip(".") if words else ""


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def fits(info: str, path: str) -> bool:
    """Return whether a block may be that file: shell blocks are scripts only; languages unknown here fit all.

    >>> fits("python", "a.py"), fits("bash", "a.py"), fits("bash", "run.sh"), fits("", "a.py"), fits("js", "a.py")
    (True, False, True, True, False)
    """
    language, ending = language_of(info), _ending(path)
    if is_shown_only(info):
        return ending in {"sh", "bash", "zsh", "fish", "ps1", "bat", "cmd", "txt", "log", "env", ""}
    return language not in _ENDINGS or ending in _ENDINGS[language].split()


def is_written_in(info: str, path: str) -> bool:
    """Return whether a block names the very language that the file's ending stands for."""
    return _ending(path) in _ENDINGS.get(language_of(info), "").split()


def is_shown_only(info: str) -> bool:
    """Return whether a block without a path is a command or what one says, and no file."""
    language = language_of(info)
    return _SHELL.fullmatch(language) is not None or _SHOWN.fullmatch(language) is not None


def is_markdown(info: str, path: str) -> bool:
    """Return whether a block holds Markdown, in which other blocks may stand."""
    return language_of(info) in _MARKDOWN or _ending(path) in _MARKDOWN
