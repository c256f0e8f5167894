"""Digests of code: a search that goes on with another task, or another metric, would mix what cannot be compared."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

__all__ = ["code_digest", "search_digest"]

_DEPTH: Final = 6
_SURFACE: Final = tuple(f"proposers/response_{part}.py" for part in ("columns", "fit", "surface"))
_SEARCH: Final = ("search", "streams.py", *_SURFACE)
"""What decides about what a search asks, below the package of the optimizer."""


def code_digest(code: object) -> str:
    """Return a digest of the source of a function, a class, or an object of one.

    Covered: the source itself; of partial functions, what is bound; of methods, the class of their object; defaults of
    arguments; data in the fields of dataclasses and pydantic models; texts, numbers and tuples of them that functions
    made by functions, and other objects, hold. Not covered: what it calls or imports; lists, sets and mappings that
    are held without being a field, since code may collect in them; other objects, but for their class.

    >>> code_digest(lambda: 1) == code_digest(lambda: 2)
    False
    """
    return hashlib.sha256("\n".join(_texts(code)).encode(errors="surrogatepass")).hexdigest()[:16]


def _texts(code: Any) -> list[str]:
    if isinstance(code, functools.partial):
        return [*_texts(code.func), *_parts(code.args), *_parts([code.keywords])]
    owner = getattr(code, "__self__", None)
    own: list[str] = [] if owner is None or inspect.ismodule(owner) else _texts(owner)
    plain: Any = inspect.unwrap(code) if callable(code) else code
    plain = getattr(plain, "__func__", plain)
    if inspect.isclass(plain):
        return [*own, _source(plain)]
    return [*own, _source(plain if inspect.isroutine(plain) else type(plain)), *_held(plain)]


def _held(code: Any) -> list[str]:
    """The data that a function or an object holds."""
    compiled = getattr(code, "__code__", None)
    if compiled is not None:
        cells = [_content(cell) for cell in code.__closure__ or ()]
        held = _lasting(dict(zip(compiled.co_freevars, cells, strict=True)))
        return _parts([held, code.__defaults__, code.__kwdefaults__])
    kind: type[Any] = code.__class__
    fields: Any = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", None)
    if fields is None:
        return _parts([_lasting(getattr(code, "__dict__", {}))])
    return _parts([{name: getattr(code, name, None) for name in fields}])


def _lasting(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out lists, sets and mappings: what code holds in those may be what it collects while it runs."""
    return {name: one for name, one in values.items() if not isinstance(one, list | set | Mapping)}


def _parts(values: Iterable[Any]) -> list[str]:
    """Each value as a text; an object that is no data is told by its class, since what is shown of it may say where."""
    return [repr(_data(value, 0)) for value in values]


def _data(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, str | int | float | bytes | Enum):
        return value
    if depth < _DEPTH and issubclass(type(value), Mapping):
        return sorted((repr(_data(one, depth + 1)), repr(_data(value[one], depth + 1))) for one in value)
    if depth < _DEPTH and isinstance(value, list | tuple | set | frozenset):
        shown = [repr(_data(one, depth + 1)) for one in cast("Iterable[Any]", value)]
        return sorted(shown) if isinstance(value, set | frozenset) else shown
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is filled later
        return None


def _source(code: Any) -> str:
    try:
        source = inspect.getsource(code).strip()
    except (OSError, TypeError):  # typed into an interpreter, or written in C
        compiled = getattr(code, "__code__", None)
        name = f"{getattr(code, '__module__', '')}.{getattr(code, '__qualname__', '')}"
        return name if compiled is None else f"{name} {compiled.co_code.hex()} {compiled.co_names} {_plain(compiled)}"
    if getattr(code, "__name__", "") != "<lambda>":
        return source
    return f"{source} {code.__code__.co_names} {_plain(code.__code__)}"  # there may be several in one line


def _plain(compiled: Any) -> str:
    """The constants of a function, without those whose text says where they lie in memory."""
    return repr([one for one in compiled.co_consts if not hasattr(one, "co_code")])


@functools.cache
def search_digest() -> str:
    """Return a digest of the search: what another version of it asks does not fit what this one was answered."""
    room = Path(__file__).parent.parent
    files = [path for name in _SEARCH for path in (sorted((room / name).glob("*.py")) or [room / name])]
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()[:16]
