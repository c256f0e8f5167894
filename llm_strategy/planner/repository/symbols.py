"""What a file defines: its classes, functions and types, with their signatures.

Files are parsed by tree-sitter, which finds what is there also where a file is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Symbol", "symbols_of"]

_LONGEST: Final = 160
_MOST_BYTES: Final = 500_000
_DEEPEST: Final = 200
_LANGUAGES: Final = {
    "py": ("tree_sitter_python", "language"),
    "pyi": ("tree_sitter_python", "language"),
    "js": ("tree_sitter_javascript", "language"),
    "jsx": ("tree_sitter_javascript", "language"),
    "mjs": ("tree_sitter_javascript", "language"),
    "ts": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "go": ("tree_sitter_go", "language"),
    "rs": ("tree_sitter_rust", "language"),
    "java": ("tree_sitter_java", "language"),
    "c": ("tree_sitter_c", "language"),
    "h": ("tree_sitter_c", "language"),
}
"""Grammars by the ending of a file's name."""
_KINDS: Final = {
    "class_definition": "class",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "interface_declaration": "class",
    "type_alias_declaration": "class",
    "enum_declaration": "class",
    "record_declaration": "class",
    "type_spec": "class",
    "struct_item": "class",
    "enum_item": "class",
    "trait_item": "class",
    "struct_specifier": "class",
    "function_definition": "function",
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "method_definition": "function",
    "method_declaration": "function",
    "constructor_declaration": "function",
    "function_item": "function",
    "function_signature_item": "function",
}
"""Nodes of the grammars that define something."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that a file defines."""

    name: str
    """Its name."""
    signature: str
    """How it is declared, in one line."""
    line: int
    """Where, from 1."""
    depth: int
    """How many definitions it stands in."""


def symbols_of(path: str, text: str) -> tuple[Symbol, ...]:
    r"""Return what a file defines, in its order; nothing for files of a language that is not known.

    >>> [symbol.signature for symbol in symbols_of("a.py", "class A(B):\n    def f(self) -> int:\n        pass\n")]
    ['class A(B)', 'def f(self) -> int']

    Raises:
        MissingExtraError: the extra `planner` is not installed.
    """
    grammar = _LANGUAGES.get(path.rpartition(".")[2].lower())
    if grammar is None or len(text) > _MOST_BYTES:
        return ()
    return _parsed(*grammar, text)


@lru_cache(maxsize=8192)
def _parsed(module: str, language: str, text: str) -> tuple[Symbol, ...]:
    source = text.encode(errors="replace")
    return tuple(_found(_parser(module, language).parse(source).root_node, source))


@cache
def _parser(module: str, language: str) -> Any:
    try:
        tree_sitter: Any = import_module("tree_sitter")
        grammar: Any = import_module(module)
    except ImportError as error:
        raise MissingExtraError("planner", "The map of a workspace") from error
    return tree_sitter.Parser(tree_sitter.Language(getattr(grammar, language)()))


def _found(root: Any, source: bytes) -> Iterator[Symbol]:
    waiting: list[tuple[Any, int, int]] = [(root, 0, 0)]
    while waiting:
        node, depth, deep = waiting.pop()
        name = _name_of(node) if node.type in _KINDS else None
        if name is not None:
            yield Symbol(_text(source, name), _signature(node, source), node.start_point[0] + 1, depth)
        if deep < _DEEPEST:
            below = depth + (name is not None)
            waiting.extend((child, below, deep + 1) for child in reversed(node.named_children))


def _name_of(node: Any) -> Any:
    found = node.child_by_field_name("name")
    if found is None:  # C hides the name in a declarator
        found = node.child_by_field_name("declarator")
        while found is not None and found.child_by_field_name("declarator") is not None:
            found = found.child_by_field_name("declarator")
    return found


def _signature(node: Any, source: bytes) -> str:
    body = node.child_by_field_name("body")
    end = node.end_byte if body is None else body.start_byte
    said = " ".join(source[node.start_byte : end].decode(errors="replace").split()).rstrip(" :{")
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 3]}..."


def _text(source: bytes, node: Any) -> str:
    return source[node.start_byte : node.end_byte].decode(errors="replace")
