"""Telling a stub from an implementation, by its source.

A stub is a body that is only a docstring, `...`, `pass` or `raise NotImplementedError` in any spelling. The syntax tree
says so on every Python version; bytecode does not.
"""

from __future__ import annotations

import ast
import linecache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from types import FunctionType

__all__ = ["is_no_op", "is_stub", "own_statement"]

_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

_parsed: dict[str, tuple[list[str], dict[int, _Function]]] = {}
"""For each file: its lines when it was parsed, and its functions by the line that their code begins on."""


def is_stub(function: FunctionType) -> bool | None:
    """Return whether a function has no body of its own; None where its source cannot be had.

    >>> def later():
    ...     raise NotImplementedError("some day") from None
    >>> is_stub(later)
    True
    """
    node = _definition(function)
    return None if node is None else _own(node) is None


def is_no_op(function: FunctionType) -> bool:
    """Return whether a body is `pass` and nothing else, not even a docstring: doing nothing on purpose.

    In a class that is an implementation: a hook that a subclass leaves empty, say.
    """
    node = _definition(function)
    return node is not None and all(isinstance(statement, ast.Pass) for statement in node.body)


def own_statement(function: FunctionType) -> str:
    """Return the first statement that makes a function more than a stub, for an error message."""
    node = _definition(function)
    statement = None if node is None else _own(node)
    return "" if statement is None else ast.unparse(statement).splitlines()[0]


def _own(node: _Function) -> ast.stmt | None:
    return next((statement for statement in node.body if not _says_nothing(statement)), None)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant(value=value)):
            return value is ... or isinstance(value, str)
        case ast.Expr(value=ast.Yield(value=None)):
            return True  # the usual way to mark an asynchronous stub as a generator
        case ast.Raise(exc=exception):
            return _is_not_implemented(exception)
        case _:
            return False


def _is_not_implemented(exception: ast.expr | None) -> bool:
    match exception:
        case ast.Call(func=callee):
            return _is_not_implemented(callee)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == "NotImplementedError"
        case _:
            return False


def _definition(function: FunctionType) -> _Function | None:
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        return None
    known = _parsed.get(code.co_filename)
    if known is None or known[0] is not lines:
        known = _parsed[code.co_filename] = (lines, _functions(lines))
    node = known[1].get(code.co_firstlineno)
    # Code that was run with `exec` may carry the name of a file that it does not come from.
    return node if node is not None and node.name == code.co_name else None


def _functions(lines: list[str]) -> dict[int, _Function]:
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return {}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {min((node.lineno, *(mark.lineno for mark in node.decorator_list))): node for node in found}
