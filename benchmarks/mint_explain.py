"""Why an observation is not that of the record: each reason is a rule that looks at code, record and ours."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import textwrap
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks.mint_compare import SYNTAX_ERRORS, is_time_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.mint_compare import Comparison
    from benchmarks.mint_record import Recorded
    from llm_strategy.sandbox import CodeResult

__all__ = ["LACKING", "REASONS", "Case", "bound_names", "used_names"]

LACKING = frozenset({"a package that is missing here", "what a missing package gave, used later"})
"""Reasons for which an observation counts as one that cannot be had here."""
SHELL_NAMES = frozenset({"display", "get_ipython", "In", "Out", "_", "__", "exit", "quit"})
REFUSED = frozenset({"PermissionError", "OSError", "BlockingIOError", "ConnectionError", "gaierror", "URLError"})
LIMITS = frozenset({"MemoryLimit", "MemoryError", "OutputLimit", "DiskLimit", "Lost"})
COUNTED = re.compile(r"\w+(?:\(\))? (?:expected|takes) (?:at (?:least|most) |exactly )?\w+ arguments?")
NO_ATTRIBUTE = re.compile(r"(?:module|type object)? ?'([\w.]+)' (?:object )?has no attribute '(\w+)'")
NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
NEWER_SYNTAX = ("'type' object is not subscriptable", "unsupported operand type(s) for |")


@dataclass(frozen=True, slots=True)
class Case:
    """An action whose observation is not that of the record."""

    code: str
    before: Recorded
    now: CodeResult
    comparison: Comparison
    missing: frozenset[str] = frozenset()
    """Packages that the sandbox has not."""
    lacking: frozenset[str] = frozenset()
    """Names that earlier actions would have bound if the packages were here."""
    stale: frozenset[str] = frozenset()
    """Names that earlier actions bound, whose observations were others for another reason."""
    varies: bool = False
    """Whether our own observation is another one when all is run again."""
    again: bool = False
    """Whether it was the recorded one when all was run again."""

    @property
    def kind(self) -> str:
        """Name of our exception; '' where there is none."""
        return "" if self.now.error is None else self.now.error.kind

    @property
    def message(self) -> str:
        """What it says."""
        return "" if self.now.error is None else self.now.error.message


def bound_names(code: str) -> frozenset[str]:
    """The names that code binds at its top level; '*' for those of a star import."""
    found: set[str] = set()
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return frozenset()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def used_names(code: str) -> frozenset[str]:
    """The names that code reads."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _uses(case: Case, names: frozenset[str]) -> bool:
    star = "*" in names and case.kind == "NameError"
    return star or bool(used_names(case.code) & names)


def _missing(case: Case) -> bool:
    named = re.search(r"No module named '(\w+)", case.message)
    imported = {one.split(".")[0] for one in re.findall(r"^\s*(?:from|import)\s+([\w.]+)", case.code, re.MULTILINE)}
    if named:
        return case.kind == "ModuleNotFoundError" and named[1] in case.missing
    return bool(imported & case.missing) and bool(case.kind)


def _lacking(case: Case) -> bool:
    return _uses(case, case.lacking)


def _newer(case: Case) -> bool:
    """Whether Python 3.8 refused what this one takes."""
    said = case.before.message or ""
    if case.before.kind in SYNTAX_ERRORS and case.kind not in SYNTAX_ERRORS:
        try:
            ast.parse(case.code, feature_version=(3, 8))
        except SyntaxError:
            return True
        return False
    if case.before.kind == "TypeError":
        return said.startswith(NEWER_SYNTAX) or COUNTED.match(said) is not None
    found = NO_NAME.search(said)
    place = (found[2], found[1]) if found else None
    if place is None and (found := NO_ATTRIBUTE.search(said)):
        place = (found[1], found[2])
    return place is not None and _has(*place)


def _has(owner: str, name: str) -> bool:
    """Whether a module of the standard library, or a builtin type, has a name here."""
    if owner.partition(".")[0] in sys.stdlib_module_names:
        return hasattr(import_module(owner), name)
    return hasattr(getattr(builtins, owner, None), name)


def _parser(case: Case) -> bool:
    """Whether both could not read the code: where they notice it, and how they say it, is the parser's own matter."""
    return case.kind in SYNTAX_ERRORS and case.before.kind in SYNTAX_ERRORS


def _worded(case: Case) -> bool:
    """Whether the same exception came from the same line, with other words: of a library, or of a function in C.

    The words of an assertion, or of a `raise` in the code itself, are the author's own: those are no such difference.
    """
    own = case.kind == "AssertionError" or re.search(rf"\braise {re.escape(case.kind)}\b", case.code) is not None
    return case.comparison.differs == ("message",) and not own


def _shell(case: Case) -> bool:
    """Whether only the shell of the record could run, or show, this."""
    lines = [line.lstrip() for line in case.code.splitlines()]
    magic = any(line.startswith(("!", "%", "?", ">>> ", "In [")) or line.endswith("?") for line in lines)
    if magic and case.kind in SYNTAX_ERRORS:
        return True
    if case.kind == "NameError" and any(f"'{name}'" in case.message for name in SHELL_NAMES):
        return True
    if case.kind == "IndentationError" and not case.before.kind:
        return _parses(textwrap.dedent(case.code))
    quiet = not case.before.value and case.code.rstrip().endswith(";") and case.comparison.differs == ("value",)
    return quiet or "/IPython/" in case.before.value + case.before.printed


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


def _stale(case: Case) -> bool:
    return _uses(case, case.stale)


def _keyboard(case: Case) -> bool:
    return "input(" in case.code and bool(case.kind)


REASONS: dict[str, Callable[[Case], bool]] = {
    "a package that is missing here": _missing,
    "what a missing package gave, used later": _lacking,
    "Python 3.8 refused what newer ones take": _newer,
    "the parser of Python 3.8 told another place": _parser,
    "only IPython runs or shows it so": _shell,
    "chance or speed: another run gave the recorded one": lambda case: case.again,
    "chance: our own repetitions differ": lambda case: case.varies,
    "the same error at the same line, worded by another version": _worded,
    "stopped for its time here": lambda case: is_time_limit(case.now) and case.before.kind != "TimeoutError",
    "what an action that went otherwise gave, used later": _stale,
    "stopped for its time in the record": lambda case: (
        not is_time_limit(case.now) and case.before.kind == "TimeoutError"
    ),
    "stopped here for what it used up": lambda case: case.kind in LIMITS or case.now.dropped > 0,
    "refused by the sandbox": lambda case: case.kind in REFUSED and case.before.kind != case.kind,
    "asks somebody at a keyboard": _keyboard,
}
"""The reasons, tried in this order."""
