"""Text that says of itself that it came from somebody who is not trusted.

Covered: slicing, iteration, `+`, `*`, `%` and `format` of the text itself, all methods of `str` that give text,
`str()`, `repr()`, `copy`, `pickle`; subclasses of `str` stay what they are. Paths and named tuples can be made of it.

Not covered, since Python asks the text nothing there: f-strings and `str.format` of *another* text, `",".join(...)` of
another text, `encode`, `json.dumps`, templates of Jinja, regular expressions, NumPy, paths, and what pydantic makes of
it in a field that is declared as plain `str`. Declare such fields as `Untrusted[str]`, or mark the outcome with
`distrust(...)`. What takes nothing but exact `str` (`sys.intern`, `yaml.safe_dump`, `orjson.loads`, `with_name` of a
path in Python 3.11) takes `trust(text)`.
"""

from __future__ import annotations

import sys
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.schema.json_data import is_list, is_tuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UntrustedText", "plain_text", "trusted_text", "untrusted_text"]


_INTERNING = frozenset({"pathlib", "collections"})
"""Modules of Python that make an exact `str` of each text by `str(...)`, and cannot do with less."""


class UntrustedText(str):
    """A text that came from somebody who is not trusted, or was made out of such a text; else a plain `str`.

    >>> text = UntrustedText("Hello, World")
    >>> type(text[:5].upper() + "!").__name__, "dear " + text == "dear Hello, World"
    ('UntrustedText', True)
    """

    __slots__ = ()

    def __str__(self) -> str:
        # the one way to know who asks
        asking: str = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        return plain_text(self) if asking.partition(".")[0] in _INTERNING else self

    def __reduce__(self) -> Any:
        return untrusted_text, (trusted_text(self),)  # classes that are made here have no name to be found by

    def __radd__(self, other: str) -> str:
        return UntrustedText(other + plain_text(self))

    def __rmod__(self, other: str) -> str:
        return UntrustedText(other % plain_text(self))


def plain_text(text: str) -> str:
    """Return a text as an exact `str`, without what its class adds.

    >>> type(plain_text(UntrustedText("a"))).__name__
    'str'
    """
    return str.__str__(text)


def untrusted_text(text: str) -> str:
    """Return a text with the mark, in a class that is a subclass of its own class as well."""
    if isinstance(text, UntrustedText):
        return text
    kind = _kind_for(type(text))
    marked = str.__new__(kind, text)
    if hasattr(text, "__dict__") and hasattr(marked, "__dict__"):
        marked.__dict__.update(text.__dict__)
    return marked


@lru_cache(maxsize=256)
def _kind_for(kind: type[str]) -> type[UntrustedText]:
    if kind is str:
        return UntrustedText
    slots: dict[str, Any] = {"__slots__": (), "__doc__": kind.__doc__, "__module__": kind.__module__}
    return cast("type[UntrustedText]", type(kind.__name__, (UntrustedText, kind), slots))


def trusted_text(text: str) -> str:
    """Return a text without the mark, in the class that it had before it got it."""
    if not isinstance(text, UntrustedText):
        return text
    parents = cast("tuple[type[Any], ...]", type(text).__mro__)
    kind: type[str] = next(one for one in parents if not issubclass(one, UntrustedText))
    plain = str.__new__(kind, plain_text(text))
    if hasattr(text, "__dict__") and hasattr(plain, "__dict__"):
        plain.__dict__.update(text.__dict__)
    return plain


def _marked(result: Any) -> Any:
    if isinstance(result, str):
        return result if isinstance(result, UntrustedText) else UntrustedText(result)
    if is_list(result):
        return [_marked(part) for part in result]
    return tuple(_marked(part) for part in result) if is_tuple(result) else result


def _keeping(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of `str` whose texts carry the mark."""

    @wraps(method)
    def kept(self: UntrustedText, *args: Any, **kwargs: Any) -> Any:
        return _marked(method(self, *args, **kwargs))

    return kept


def _iterated(self: UntrustedText) -> Any:
    return map(UntrustedText, str.__iter__(self))


_MADE_OF_IT = (
    *("__add__", "__format__", "__getitem__", "__mod__", "__mul__", "__repr__", "__rmul__"),
    *("capitalize", "casefold", "center", "expandtabs", "format", "format_map", "join", "ljust", "lower", "lstrip"),
    *("partition", "removeprefix", "removesuffix", "replace", "rjust", "rpartition", "rsplit", "rstrip", "split"),
    *("splitlines", "strip", "swapcase", "title", "translate", "upper", "zfill"),
)
"""Methods of `str` that give texts."""

for _name in _MADE_OF_IT:
    setattr(UntrustedText, _name, _keeping(getattr(str, _name)))
setattr(UntrustedText, "__iter__", _iterated)  # noqa: B010 (assigned like the methods above)
