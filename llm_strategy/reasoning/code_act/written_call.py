"""Reading a call that is written as Python writes one, without evaluating anything."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MalformedReplyError
from llm_strategy.messages import ToolCall
from llm_strategy.reasoning.code_act.python_text import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["literal_in", "read_call"]

_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_CONTAINERS = (ast.List, ast.Tuple, ast.Set)


def read_call(text: str, parameters: Mapping[str, Sequence[str]]) -> ToolCall | None:
    """Return the call that a text is; None where it is none.

    >>> read_call("price('tea', currency='EUR')", {"price": ("article", "currency")})
    ToolCall(name='price', arguments='{"article": "tea", "currency": "EUR"}', id='')

    Args:
        text: `name(...)` with literals as arguments.
        parameters: the names of each tool's parameters, for arguments by position; `*name` takes what is left.

    Raises:
        MalformedReplyError: an argument is no literal, or has no name.
    """
    tree = parsed(text)
    node = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    call = node.value
    if not isinstance(call.func, ast.Name):
        return None
    names = parameters.get(call.func.id, ())
    many = next((name for name in names if name.startswith("*")), "")
    names = [name for name in names if name != many]
    if (len(call.args) > len(names) and not many) or any(keyword.arg is None for keyword in call.keywords):
        raise MalformedReplyError(
            f"`{call.func.id}` is called with arguments that have no name. Write name(parameter=value).", reply=text
        )
    given = {name: _data(part, text) for name, part in zip(names, call.args, strict=False)}
    if rest := [_data(part, text) for part in call.args[len(names) :]]:
        given[many.lstrip("*")] = rest
    given |= {str(keyword.arg): _data(keyword.value, text) for keyword in call.keywords}
    return ToolCall(call.func.id, json.dumps(given, ensure_ascii=False))


def literal_in(text: str) -> tuple[bool, Any]:
    """Return whether a text is a value as Python or JSON writes it, and the value as JSON data.

    >>> literal_in("{'a': (1, true)}"), literal_in("the answer")
    ((True, {'a': [1, True]}), (False, None))
    """
    tree = parsed(text.strip())
    node = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    if not isinstance(node, ast.Expr):
        return False, None
    try:
        return True, _data(node.value, text)
    except MalformedReplyError:
        return False, None


def _data(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str | int | float)):
        return node.value
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, _CONTAINERS):
        return [_data(part, text) for part in node.elts]
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        keys = [_data(key, text) for key in node.keys if key is not None]
        return {
            key if isinstance(key, str) else json.dumps(key): _data(part, text)
            for key, part in zip(keys, node.values, strict=True)
        }
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _data(node.operand, text)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number if isinstance(node.op, ast.USub) else number
    raise MalformedReplyError(
        f"`{ast.unparse(node)[:200]}` is no plain value. Write values out: 'text', 1, 2.5, True, None, [1, 2], "
        "{'key': 'text'}; nothing is computed here.",
        reply=text,
    )
