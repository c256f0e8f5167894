"""The arguments of a call as variables of the code: their values inside, and how the prompt shows them."""

from __future__ import annotations

import json
import keyword
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.messages import is_encodable
from llm_strategy.prompt.inputs import fenced
from llm_strategy.prompt.untrusted import untrusted_block
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.reasoning.code_act.cutting import cut_middle
from llm_strategy.reasoning.code_act.python_types import type_of_data
from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Manner", "assignments", "literal", "shown_variables", "variable_names"]

_SHORT = 5000
"""Characters up to which a value is written as Python; a longer one is read as JSON, which takes less memory."""


def variable_names(inputs: Mapping[str, Any], taken: frozenset[str], where: str) -> Mapping[str, str]:
    """Return the variables that the arguments of a call get, by the names of the arguments.

    Raises:
        InputError: an argument has the name of a tool, of `finish`, or of another argument.
    """
    names: dict[str, str] = {}
    for name in inputs:
        plain = "".join(character if character.isalnum() else "_" for character in name)
        variable = plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"argument_{plain}"
        if variable in taken or variable in names.values():
            raise InputError(_clash(name, variable, where, is_tool=variable in taken))
        names[name] = variable
    return names


def _clash(name: str, variable: str, where: str, *, is_tool: bool) -> str:
    if variable == FINISH:
        return (
            f"{where}: the argument {name!r} would hide the function `{FINISH}` that the code gives its value with. "
            "Give the argument another name."
        )
    if is_tool:
        return (
            f"{where}: the argument {name!r} and a tool are called {variable!r}, and code can have one of them only. "
            "Give the tool another name: @tool(name=...)."
        )
    return f"{where}: the argument {name!r} and another one would both be the variable {variable!r}. Rename one."


def assignments(inputs: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the code that makes arguments variables; the values are data whatever stands in them.

    >>> print(assignments({"city": "Bonn", "limit": None}, {"city": "city", "limit": "limit"}))
    city = 'Bonn'
    limit = None
    """
    written = {name: literal(value) for name, value in inputs.items()}
    long = {name for name, text in written.items() if len(text) > _SHORT and not isinstance(inputs[name], str)}
    module = "_json"
    while module in names.values():  # an argument of that name would hide it
        module += "_"
    lines = [
        f"{names[name]} = {f'{module}.loads({json.dumps(inputs[name])!r})' if name in long else text}"
        for name, text in written.items()
    ]
    return "\n".join([f"import json as {module}", *lines] if long else lines)


def literal(value: Any) -> str:
    """Return JSON data as Python writes it.

    >>> literal({"a": [None, True]})
    "{'a': [None, True]}"
    """
    if is_object(value):
        return f"{{{', '.join(f'{literal(key)}: {literal(part)}' for key, part in value.items())}}}"
    if is_list(value):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, str):
        return ascii(str.__str__(value))
    return repr(value)


def shown_variables(inputs: Mapping[str, Any], names: Mapping[str, str], manner: Manner) -> str:
    """Return the variables as the prompt shows them: name, type and value, shortened where it is long."""
    return "\n".join(_shown(name, names[name], value, manner) for name, value in inputs.items())


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are shown."""

    longest: int
    """Characters of each."""
    cut: str
    """Stands for what is cut out; slots `count` and `total`."""
    untrusted: Mapping[str, str] = field(default_factory=dict[str, str])
    """The words before the block of each argument that is not trusted."""
    fence: str = ""
    """The mark of these blocks."""


def _shown(name: str, variable: str, value: Any, manner: Manner) -> str:
    whole = value if isinstance(value, str) else literal(value)
    text = cut_middle(whole, manner.longest, manner.cut)
    head = f"{variable}: {type_of_data(value)}"
    if len(whole) > manner.longest:
        head += f" ({len(whole)} characters; shortened here)"
    if name in manner.untrusted:
        return f"{head}, {manner.untrusted[name]}\n{untrusted_block(text, manner.fence)}"
    if not isinstance(value, str):
        return f"{head} = {text}"
    if text is whole and len(text.splitlines()) < 2:
        return f"{head} = {repr(text) if is_encodable(text) else ascii(text)}"
    return f"{head}\n{fenced(text)}"
