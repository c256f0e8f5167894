"""A program as a file that people read and edit, in YAML.

```yaml
task: A to-do list for the terminal.
requirements:
  R1: Tasks can be added.
instructions:
- do: Write todo.py with add and list.
  id: '1'
  for: [R1]
- while: tests fail
  id: '2'
  most: 3
  body:
  - do: Mend what the tests say.
    id: '3'
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import yaml

from llm_strategy.errors import ProgramError
from llm_strategy.planner.program.nodes import For, If, Instruction, Program, Requirement, While

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.planner.program.nodes import Node

__all__ = ["read_program", "written_program"]

_LONGEST = 1_000_000
_DEEPEST = 20
_KEYS = {
    "do": {"do", "id", "for", "needs", "attempts", "tokens"},
    "if": {"if", "id", "then", "else"},
    "each": {"each", "id", "of", "body"},
    "while": {"while", "id", "body", "most"},
}


def read_program(text: str) -> Program:
    r"""Return the program in a YAML text. Ids that are left out are made up from the place.

    >>> read_program("task: t\ninstructions:\n- Write a.py\n- do: Write b.py\n  needs: ['1']").instructions[1].needs
    ('1',)

    Raises:
        ProgramError: it is no YAML, or no program; it says where, and what is wrong.
    """
    if len(text) > _LONGEST:
        raise ProgramError(f"A program has {_LONGEST:,} characters at most, this one {len(text):,}.")
    try:
        loaded: Any = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader, without aliases)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ProgramError(f"The program is no YAML that can be read: {error}") from error
    data = _mapping(loaded, "the program", {"task", "requirements", "instructions"})
    requirements = _mapping(data.get("requirements") or {}, "requirements")
    return Program(
        _text(data.get("task"), "task"),
        tuple(Requirement(name, _text(said, f"requirement {name!r}")) for name, said in requirements.items()),
        _nodes(data.get("instructions") or [], "instructions", ""),
    )


class _Loader(yaml.SafeLoader):
    """Reads plain data; a text that names a part of itself again could grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases ('*name') are not read")
        return super().compose_node(parent, index)


def _nodes(data: Any, where: str, above: str, depth: int = 0) -> tuple[Node, ...]:
    if not isinstance(data, list):
        raise ProgramError(f"{where}: {_shown(data)} is no list of instructions.")
    if depth > _DEEPEST:
        raise ProgramError(f"{where}: instructions stand in each other more than {_DEEPEST} deep.")
    items: list[Any] = cast("Any", data)
    return tuple(
        _node(one, f"{where}, number {number}", f"{above}{number}", depth) for number, one in enumerate(items, 1)
    )


def _node(data: Any, where: str, name: str, depth: int) -> Node:
    if isinstance(data, str):
        return Instruction(name, data)
    found = _mapping(data, where)
    kind = next((kind for kind in _KEYS if kind in found), None)
    if kind is None:
        raise ProgramError(f"{where}: it has none of 'do', 'if', 'each' and 'while', so it says nothing to do.")
    _mapping(data, where, _KEYS[kind])
    own = _text(found.get("id", name), f"{where}: id")

    def inside(key: str) -> tuple[Node, ...]:
        return _nodes(found.get(key) or [], f"{where}, {key!r}", f"{own}.{key[0] if key != 'body' else ''}", depth + 1)

    said = _text(found[kind], f"{where}: {kind}")
    if kind == "if":
        return If(own, said, inside("then"), inside("else"))
    if kind == "while":
        return While(own, said, inside("body"), _number(found.get("most", 5), f"{where}: most") or 5)
    if kind == "each":
        return For(own, said, _texts(found.get("of"), f"{where}: of"), inside("body"))
    return Instruction(
        own,
        said,
        _texts(found.get("for"), f"{where}: for"),
        _texts(found.get("needs"), f"{where}: needs"),
        _number(found.get("attempts"), f"{where}: attempts"),
        _number(found.get("tokens"), f"{where}: tokens"),
    )


def _mapping(data: Any, where: str, keys: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ProgramError(f"{where}: {_shown(data)} is not made of names and values.")
    named: dict[Any, Any] = cast("Any", data)
    found = {str(name): value for name, value in named.items()}
    unknown = sorted(found.keys() - keys) if keys is not None else []
    if unknown and keys is not None:
        known = ", ".join(map(repr, sorted(keys)))
        raise ProgramError(f"{where}: there is no {unknown[0]!r} here. Known are {known}.")
    return found


def _text(data: Any, where: str) -> str:
    if isinstance(data, int | float) and not isinstance(data, bool):
        return str(data)
    if not isinstance(data, str) or not data.strip():
        raise ProgramError(f"{where}: {_shown(data)} is no text.")
    return data


def _texts(data: Any, where: str) -> tuple[str, ...]:
    if data is None:
        return ()
    items: list[Any] = cast("Any", data) if isinstance(data, list) else [data]
    return tuple(_text(one, where) for one in items)


def _number(data: Any, where: str) -> int | None:
    if data is None or (isinstance(data, int) and not isinstance(data, bool) and data > 0):
        return data
    raise ProgramError(f"{where}: {_shown(data)} is no number above 0.")


def _shown(data: Any) -> str:
    return "nothing" if data is None else repr(data)[:80]


def written_program(program: Program) -> str:
    """Return a program as YAML text, which `read_program` reads.

    >>> print(written_program(Program("Say hello", instructions=(Instruction("1", "Write hello.py"),))), end="")
    task: Say hello
    instructions:
    - do: Write hello.py
      id: '1'
    """
    data: dict[str, Any] = {"task": program.task}
    if program.requirements:
        data["requirements"] = {one.id: one.text for one in program.requirements}
    data["instructions"] = [_data(node) for node in program.instructions]
    written: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return written


def _data(node: Node) -> dict[str, Any]:
    found: dict[str, Any]
    if isinstance(node, If):
        found = {"if": node.condition, "id": node.id, "then": _datas(node.then), "else": _datas(node.otherwise)}
    elif isinstance(node, While):
        return {"while": node.condition, "id": node.id, "most": node.most, "body": _datas(node.body)}
    elif isinstance(node, For):
        return {"each": node.name, "id": node.id, "of": list(node.each), "body": _datas(node.body)}
    else:
        found = {
            "do": node.text,
            "id": node.id,
            "for": list(node.requirements),
            "needs": list(node.needs),
            "attempts": node.attempts,
            "tokens": node.tokens,
        }
    return {name: value for name, value in found.items() if value or name == "then"}


def _datas(nodes: tuple[Node, ...]) -> list[dict[str, Any]]:
    return [_data(node) for node in nodes]
