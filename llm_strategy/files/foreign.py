"""Folders that belong to programs: what is in them is no work of those who own the files, and none is to be put there.

This is the one rule for what a listing of files leaves out. Names that begin with a dot are listed like others, for
`.gitignore`, `.env` and `.github/workflows` are files of a project as its code is.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FOREIGN_FOLDERS", "foreign_folder"]

FOREIGN_FOLDERS: Final = frozenset(
    {
        *(".llm-strategy", ".git", ".hg", ".svn"),
        *(".venv", "venv", "node_modules", ".tox", ".nox"),
        *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"),
    }
)
"""Their names in small letters: histories, environments with what is installed there, caches."""


def foreign_folder(path: str) -> str:
    """Return the folder of a program in which a path lies, or which it is; empty where there is none.

    >>> foreign_folder("a/.Git/config"), foreign_folder(".github/workflows/test.yml")
    ('.git', '')
    """
    return next((name for part in path.split("/") if (name := part.casefold()) in FOREIGN_FOLDERS), "")
