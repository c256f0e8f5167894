"""What monty is fed: the code of an action, with its last line handed to a function that shows it.

Values must not leave the sandbox as they are: monty's own way out can break on them, and they may be huge. So the value
of the last line is turned to texts inside. Which statement is the last is read from the tokens: a parser recurses, and
code that nobody trusts is not given to the parser of the host.

The tokens also tell what monty would take and run in another way than Python does. That is refused, with a sentence
that says what to write instead: a wrong answer costs more than a refusal.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from tokenize import TokenInfo

__all__ = ["SHOW", "Prepared", "prepare"]

SHOW = "__show__"
"""Name of the function in the sandbox that shows the value of the last line."""

_LONGEST = 100_000
"""Characters of code; reading more for its tokens takes the host a second and more, which no limit of time counts."""
_SILENT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER})
_COMPOUND = frozenset(
    {
        *("if", "elif", "else", "for", "while", "with", "try", "except", "finally"),
        *("def", "class", "async", "match", "case", "@"),
    }
)
_EXPRESSIONS = frozenset({"not", "lambda", "await", "None", "True", "False", "yield"})
_ASSIGNING = frozenset(
    {
        *("=", ":=", "+=", "-=", "*=", "/=", "//=", "%=", "**="),
        *("@=", "&=", "|=", "^=", "<<=", ">>="),
    }
)
_METHODS = frozenset(
    f"__{name}__"
    for name in (
        *("init", "repr", "str", "eq", "hash", "getitem", "setitem", "contains", "iter", "next", "call"),
        *("enter", "exit", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "floordiv", "mod", "pow", "matmul"),
        *("and", "or", "xor", "lshift", "rshift", "neg", "pos", "invert", "abs", "int", "float", "index", "round"),
        *("divmod", "copy", "deepcopy", "post_init"),
    )
)
"""The special methods that monty calls; it takes the others, and never calls them."""
_DRAINING = frozenset(
    {
        *("sum", "min", "max", "sorted", "list", "tuple", "set", "frozenset", "dict", "any", "all", "join", "extend"),
        *("update", "fsum", "prod", "Counter", "deque", "in", "*"),
    }
)
"""What may stand before a generator expression: it takes all items, so that a list of them does as well."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Code as it is fed, or why it is not."""

    source: str
    """The code; it ends with a call of `__show__`, or with None."""
    refused: str = ""
    """What monty lacks for it; '' where it may be run."""
    rebound: frozenset[str] = frozenset()
    """The tools whose names it may give to something else, at once or when a function of it is called later."""


def prepare(code: str, functions: Iterable[str] = ()) -> Prepared:
    r"""Return what to feed for the code of an action, where `functions` are the names of the tools.

    >>> prepare("x = 2\nx + 1  # three")
    Prepared(source='x = 2\n__show__((x + 1))  # three', refused='', rebound=frozenset())
    >>> prepare("g = (n for n in [1])").refused
    'generator expressions that are not consumed at once. Write a list in brackets: [... for ... in ...].'
    """
    if len(code) > _LONGEST:
        return Prepared(
            "", f"room for code of {len(code)} characters; {_LONGEST} is the most. Let a tool give you the data."
        )
    try:
        tokens = [one for one in tokenize.generate_tokens(io.StringIO(code).readline) if one.type not in _SILENT]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return Prepared(f"{code}\nNone", rebound=frozenset(functions))  # monty says what is wrong with it
    names = frozenset(functions)
    refused = next(iter((*_methods(tokens), *_generators(tokens, names))), "")
    return Prepared(_shown(code, tokens), refused, frozenset(_rebound(tokens) & names))


def _rebound(tokens: Sequence[TokenInfo]) -> set[str]:
    """Return the names that stand in another place than that of what is called."""
    texts = ["", *(one.string for one in tokens), ""]
    return {
        name
        for before, name, after in zip(texts, texts[1:], texts[2:], strict=False)
        if name.isidentifier() and (after != "(" or before in ("def", "class"))
    }


def _shown(code: str, tokens: Sequence[TokenInfo]) -> str:
    last = _last_expression(tokens)
    if not last:
        return f"{code}\nNone"
    start, end = _offset(code, last[0].start), _offset(code, last[-1].end)
    return f"{code[:start]}{SHOW}(({code[start:end]})){code[end:]}"


def _offset(code: str, position: tuple[int, int]) -> int:
    row, column = position
    return sum(len(line) + 1 for line in code.split("\n")[: row - 1]) + column


def _last_expression(tokens: Sequence[TokenInfo]) -> Sequence[TokenInfo]:
    """Return the tokens of the last statement where it is an expression that stands in no block; () otherwise."""
    last: Sequence[TokenInfo] = ()
    for in_block, statement in _statements(tokens):
        last = () if in_block else statement
    return last if last and _is_expression(last) else ()


def _statements(tokens: Sequence[TokenInfo]) -> Iterator[tuple[bool, Sequence[TokenInfo]]]:
    """Yield each simple statement, and whether it stands in a block (an indented one, or behind a colon)."""
    level, depth, one_line = 0, 0, False
    statement: list[TokenInfo] = []
    for token in tokens:
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            level += 1 if token.type == tokenize.INDENT else -1
        elif token.type == tokenize.NEWLINE or (token.string == ";" and not depth):
            if statement:
                yield level > 0 or one_line, statement
            one_line = one_line and token.type != tokenize.NEWLINE
            statement = []
        else:
            depth += _depth(token)
            one_line = one_line or (not statement and token.string in _COMPOUND and token.string not in _SOFT)
            statement.append(token)
    if statement:
        yield level > 0 or one_line, statement


_SOFT = frozenset({"match", "case"})
"""Names that open a block only where a block follows: `match x:` ends with a colon, and is no expression by that."""


def _depth(token: TokenInfo) -> int:
    if token.type != tokenize.OP:
        return 0
    return (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))


def _is_expression(statement: Sequence[TokenInfo]) -> bool:
    first = statement[0].string
    if first in _COMPOUND - _SOFT or (keyword.iskeyword(first) and first not in _EXPRESSIONS):
        return False
    depth = lambdas = 0
    for token in statement:
        depth += _depth(token)
        if depth:
            continue
        if token.string == "lambda":
            lambdas += 1
        elif token.type == tokenize.OP and (token.string == ":" or token.string in _ASSIGNING):
            if not lambdas:
                return False
            lambdas -= token.string == ":"
    return True


def _methods(tokens: Sequence[TokenInfo]) -> Iterator[str]:
    level = 0
    for before, token in pairwise(tokens):
        level += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if not level or not re.fullmatch(r"__\w+__", token.string):
            continue
        defined = before.string == "def" and token.string not in _METHODS
        if defined or (token.string == "__slots__" and before.type in (tokenize.INDENT, tokenize.NEWLINE)):
            yield f"{token.string} in a class: it would never be used. Write a plain method or a function instead."


@dataclass(slots=True)
class _Bracket:
    kind: str
    before: str
    generator: bool = False
    names: set[str] = field(default_factory=set[str])


def _generators(tokens: Sequence[TokenInfo], functions: frozenset[str]) -> Iterator[str]:
    opened: list[_Bracket] = []
    before = ""
    for token in tokens:
        change = _depth(token)
        if change > 0:
            opened.append(_Bracket(token.string, before))
        elif change < 0 and opened:
            yield from _refusals(opened[-1], functions)
            inner = opened.pop()
            if opened:
                opened[-1].names |= inner.names
        elif opened:
            opened[-1].generator |= token.string == "for" and opened[-1].kind == "("
            opened[-1].names.add(token.string)
        before = token.string


def _refusals(bracket: _Bracket, functions: frozenset[str]) -> Iterator[str]:
    if not bracket.generator:
        return
    if bracket.before not in _DRAINING:
        yield ("generator expressions that are not consumed at once. Write a list in brackets: [... for ... in ...].")
    called = sorted(functions & bracket.names)
    if bracket.before in ("any", "all") and called:
        yield f"{bracket.before}() that stops early: {called[0]} would be called for every item. Write a for loop."
