"""Files that cannot even be read by their language: Python, JSON, TOML and YAML."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["syntax_problems"]


def syntax_problems(files: Mapping[str, str]) -> tuple[Problem, ...]:
    r"""Return what keeps files from being read, by the ending of their names; other files are not looked at.

    >>> [str(one) for one in syntax_problems({"a.py": "def f(:\n", "b.py": "x = 1\n", "c.json": "{}"})]
    ['a.py:1: invalid syntax (syntax)']
    """
    return tuple(_problems(files))


def _problems(files: Mapping[str, str]) -> Iterator[Problem]:
    for path, text in files.items():
        ending = path.rpartition(".")[2].lower()
        wrong = _wrong(ending, text) if ending in _LOOKS else None
        if wrong is not None:
            yield Problem(path, *wrong, "syntax")


@lru_cache(maxsize=8192)
def _wrong(ending: str, text: str) -> tuple[int, str] | None:
    """Return the line and the words of what is wrong; most files of a workspace are those of the look before."""
    try:
        _LOOKS[ending](text)
    except (SyntaxError, json.JSONDecodeError, tomllib.TOMLDecodeError, yaml.YAMLError, ValueError) as error:
        return _line_of(error), _said(error)
    except (RecursionError, MemoryError):
        return 0, "is nested too deep"
    return None


def _python(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler, on escapes and comparisons
        ast.parse(text)


def _yaml(text: str) -> None:
    for _ in yaml.parse(text, Loader=yaml.SafeLoader):  # events only: nothing is built, so nothing can grow
        pass


_LOOKS: Final[dict[str, Callable[[str], object]]] = {
    "py": _python,
    "pyi": _python,
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": _yaml,
    "yml": _yaml,
}


def _line_of(error: Exception) -> int:
    if isinstance(error, SyntaxError | json.JSONDecodeError):
        return error.lineno or 0
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark is not None else 0


def _said(error: Exception) -> str:
    if isinstance(error, SyntaxError | json.JSONDecodeError):
        return error.msg
    return str(getattr(error, "problem", None) or error).splitlines()[0]
