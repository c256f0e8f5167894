"""Calls as Python writes them: `search(query="x")`, `[a(), b(n=1)]`, `print(search("x"))`. Nothing of it is run."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.messages import ToolCall
from llm_strategy.parsing.calls.values import plain_name
from llm_strategy.parsing.limits import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.parsing.limits import Budget

__all__ = ["python_calls"]

_LONGEST = 20_000
_BEGIN = re.compile(
    r"\[?\s{0,20}(?:(?:print|await)\b\s{0,4}\(?\s{0,4})?((?:functions\.|default_api\.)?[A-Za-z_]\w{0,127})\("
)


def python_calls(code: str, names: Collection[str], budget: Budget) -> tuple[ToolCall, ...]:
    """Return the calls of a code that is nothing else: tools on offer, with arguments that are written out."""
    begin = _BEGIN.match(code)
    if begin is None or plain_name(begin[1]) not in names or len(code) > _LONGEST or _depth(code) > MAX_DEPTH:
        return ()
    budget.spend(len(code) // 16)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in its texts
            statements = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ()
    calls: list[ToolCall] = []
    for statement in statements:
        parts = _parts(statement.value) if isinstance(statement, ast.Expr) else [None]
        read = [None if part is None else _call(part, names) for part in parts]
        if not read or None in read:
            return ()
        calls += cast("list[ToolCall]", read)
    return tuple(calls)


def _depth(code: str) -> int:
    depth = deepest = 0
    for sign in code:
        if sign in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}":
            depth -= 1
    return deepest


def _parts(node: ast.expr) -> list[ast.Call | None]:
    if isinstance(node, ast.List | ast.Tuple):
        return [one if isinstance(one, ast.Call) else None for one in node.elts]
    inner = node.value if isinstance(node, ast.Await) else node
    if isinstance(inner, ast.Call) and _name(inner.func) == "print" and len(inner.args) == 1:
        inner = inner.args[0]
    return [inner if isinstance(inner, ast.Call) else None]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    spaced = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return plain_name(f"{node.value.id}.{node.attr}") if spaced else ""  # type: ignore[attr-defined]


def _call(node: ast.Call, names: Collection[str]) -> ToolCall | None:
    name = _name(node.func)
    if name not in names:
        return None
    try:
        given = [ast.literal_eval(one) for one in node.args]
        named = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg is not None}
        if len(named) < len(node.keywords):
            return None
        arguments = _named(given, _parameters(names, name))
        whole = None if arguments is None or arguments.keys() & named.keys() else {**arguments, **named}
        return None if whole is None else ToolCall(name, json.dumps(whole, ensure_ascii=False, allow_nan=False))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _parameters(names: Collection[str], name: str) -> Sequence[str]:
    return cast("Mapping[str, Sequence[str]]", names)[name] if isinstance(names, Mapping) else ()


def _named(given: list[Any], parameters: Sequence[str]) -> dict[str, Any] | None:
    """Return arguments without names by the names that their parameters have; one object may hold all of them."""
    if len(given) == 1 and isinstance(given[0], dict) and len(parameters) != 1:
        return cast("dict[str, Any]", given[0])
    return None if len(given) > len(parameters) else dict(zip(parameters, given, strict=False))
