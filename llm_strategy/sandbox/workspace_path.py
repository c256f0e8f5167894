"""Paths of files in a workspace, as a caller or a model names them."""

from __future__ import annotations

from llm_strategy.errors import InputError

__all__ = ["workspace_path"]

_LONGEST_NAME, _LONGEST_PATH = 255, 2048


def workspace_path(path: str) -> str:
    """Return a path below the workspace, with `/`, as it is.

    >>> workspace_path("data/table.csv")
    'data/table.csv'
    >>> workspace_path("../secret")
    Traceback (most recent call last):
    ...
    llm_strategy.errors.InputError: '../secret' is no path in the workspace: '..' leads out of it.

    Raises:
        InputError: it leads out of the workspace, or is none.
    """
    problem = _problem(path)
    if problem:
        shown = repr(path if len(path) <= 200 else f"{path[:200]}...")
        raise InputError(f"{shown} is no path in the workspace: {problem}.")
    return path


def _problem(path: str) -> str:
    parts = path.split("/")
    if not path or path.startswith("/"):
        return "name a file below it, such as 'data/table.csv'"
    if "\0" in path or "\\" in path or (len(path) > 1 and path[1] == ":"):
        return "it holds a character that has a meaning of its own in paths"
    if ".." in parts:
        return "'..' leads out of it"
    if "" in parts or "." in parts:
        return "a part of it is empty"
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        return "it is no text"
    return "it is too long" if max(sizes) > _LONGEST_NAME or sum(sizes) > _LONGEST_PATH else ""
