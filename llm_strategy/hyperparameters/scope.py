"""Scopes: what the hyperparameters of functions are set to, and what calls have used."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    SerializationInfo,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticSerializationError

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.changes import note_change
from llm_strategy.hyperparameters.collecting import refresh
from llm_strategy.hyperparameters.config_model import ConfigModel, private_of, record_of, settle
from llm_strategy.hyperparameters.dump import described, dumped
from llm_strategy.hyperparameters.mistakes import no_entry, no_scope, not_written, unknown_function
from llm_strategy.hyperparameters.namesakes import check_nothing_lost, what_is_lost
from llm_strategy.hyperparameters.reading import Entries, alike, entries_from, entry_from, reread, tracked_of
from llm_strategy.hyperparameters.registry import Tracked, registered, registered_names
from llm_strategy.hyperparameters.stack import enter, leave

if TYPE_CHECKING:
    from collections.abc import Iterator
    from functools import cached_property
    from types import TracebackType

    from llm_strategy.hyperparameters.difference import Difference
    from llm_strategy.hyperparameters.reading import Key
    from llm_strategy.hyperparameters.search_space import SearchSpace

__all__ = ["Hyperparameters"]

_lock = threading.Lock()


@dataclass(slots=True)
class _Use:
    """How often a scope is in force now, and since when."""

    live: int = 0
    period: object = None


class Hyperparameters(RootModel[dict[str, ConfigModel]]):
    """A scope: hyperparameters by function; `with scope:` puts what was set into force, and collects what is used.

    Scopes nest: the inner one wins, field by field. Threads and tasks have their own; one scope may be entered in many.

    >>> from llm_strategy.hyperparameters import track_hyperparameters
    >>> @track_hyperparameters
    ... def step(*, _size: float = 0.5) -> float:
    ...     return _size
    >>> with Hyperparameters() as scope:
    ...     step()
    0.5
    >>> scope[step].size = 0.1
    >>> with scope:
    ...     step()
    0.1

    Args:
        root: another scope (its entries are copied), a point of a search space, or a mapping from functions (or their
            names) to models, or dicts, of their values.

    Raises:
        HyperparameterError: a function or a hyperparameter is not known, or a value does not fit.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    root: dict[str, ConfigModel] = Field(default_factory=dict[str, ConfigModel])

    _use: _Use = PrivateAttr(default_factory=_Use)

    def __init__(self, root: Any = None, /) -> None:
        super().__init__(entries_from(root))  # pyright: ignore[reportUnknownMemberType]  # pydantic leaves **data open

    # Without this mark pydantic takes every way to an instance through __init__, and JSON is read as if it were Python.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any, info: ValidationInfo) -> Any:
        return data if isinstance(data, cls | Entries) else entries_from(data, from_json=info.mode == "json")

    @model_serializer(mode="plain")
    def _written(self, info: SerializationInfo) -> dict[str, Any]:
        return dumped(dict(self.root), info)

    def __config_entries__(self) -> dict[str, ConfigModel]:
        return {name: entry.__deepcopy__() for name, entry in list(self.root.items())}

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read a scope from data. Raises HyperparameterError."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise no_scope(error) from error

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Read a scope from JSON, keyed by `module.qualname`. No module is imported because JSON names it.

        Raises:
            HyperparameterError: it is no JSON, names what is not known, or holds a value that does not fit.
        """
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise no_scope(error) from error

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the scope as data; `exclude_unset=True` leaves what was set. Raises HyperparameterError."""
        try:
            data: dict[str, Any] = super().model_dump(**options)
        except PydanticSerializationError as error:
            raise not_written(error) from error
        return data

    def model_dump_json(self, **options: Any) -> str:
        """Return the scope as JSON; `exclude_unset=True` leaves what was set.

        Raises:
            HyperparameterError: a value has no JSON form.
        """
        try:
            return super().model_dump_json(**options)
        except PydanticSerializationError as error:
            for option in ("indent", "ensure_ascii"):
                options.pop(option, None)
            self.model_dump(mode="json", **options)  # it has the same problem, and pydantic keeps its cause here
            raise not_written(error) from error  # pragma: no cover (unless it is one of JSON's own)

    def described(self) -> dict[str, dict[str, Any]]:
        """Return the scope as JSON data for people to read: what has no JSON form is described, and nothing raises."""
        return {name: described(entry) for name, entry in list(self.root.items())}

    @staticmethod
    def schema_of(*functions: Tracked | property | cached_property[Any]) -> type[SearchSpace]:
        """Return one pydantic model of the hyperparameters of functions; an instance makes a scope."""
        from llm_strategy.hyperparameters.search_space import search_space

        return search_space(*functions)

    @staticmethod
    def diff(before: Any, after: Any) -> Difference:
        """Return what differs between two scopes."""
        from llm_strategy.hyperparameters.difference import diff

        return diff(before, after)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "root":
            raise HyperparameterError("The entries of a scope are not replaced as a whole. Make a new scope.")
        super().__setattr__(name, value)

    def __getitem__(self, key: Key) -> Any:
        """Return the entry of a function, made with the defaults where there is none yet."""
        if isinstance(key, str):
            entry, tracked = self.root.get(key), registered(key)
            if entry is None and tracked is None:
                raise unknown_function(key, {*registered_names(), *self})
            if entry is not None and tracked is not None and what_is_lost(entry, tracked.config_model_type):
                tracked = None  # it is the entry of another function of this name
        else:
            entry, tracked = None, tracked_of(key)
        if tracked is not None:
            entry = self.entry_of(tracked.config_name, tracked.config_model_type)
            refresh(entry, tracked.config_model_type)
        if entry is None:  # pragma: no cover (one of the two is there)
            raise AssertionError
        settle(entry)
        if not record_of(entry).exposed:
            record_of(entry).exposed = True
            note_change()
        return entry

    def entry_of(self, name: str, kind: type[ConfigModel]) -> ConfigModel:
        """Return the entry of a function of this name and type, made with the defaults where there is none yet."""
        entry = self.root.get(name)
        if entry is None:
            made = kind()
            record_of(made).exposed = False  # nobody has seen it
            entry = self.root.setdefault(name, made)
        if type(entry) is not kind and not alike(type(entry), kind):
            entry = self.root[name] = reread(entry, kind)
            note_change()
        return entry

    def __setitem__(self, key: Key, value: Any) -> None:
        entry = entry_from(key, value)
        held = self.root.get(entry.__config_name__)
        if held is not None:
            check_nothing_lost(held, type(entry))
        self.root[entry.__config_name__] = entry
        note_change()

    def __delitem__(self, key: Key) -> None:
        name = key if isinstance(key, str) else tracked_of(key).config_name
        if name not in self.root:
            raise no_entry(name, list(self))
        del self.root[name]
        note_change()

    def __contains__(self, key: object) -> bool:
        try:
            return (key if isinstance(key, str) else tracked_of(key).config_name) in self.root
        except HyperparameterError:
            return False

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # as a mapping, not as pydantic's pairs
        return iter(list(self.root))

    def __len__(self) -> int:
        return len(self.root)

    def __bool__(self) -> bool:
        return True  # an empty scope is a scope

    def keys(self) -> list[str]:
        """Return the names of the functions."""
        return list(self)

    def values(self) -> list[Any]:
        """Return the entries."""
        return [self[name] for name in self]

    def items(self) -> list[tuple[str, Any]]:
        """Return the names of the functions with their entries."""
        return [(name, self[name]) for name in self]

    def get(self, key: Key, default: Any = None) -> Any:
        """Return the entry of a function, or `default` where the scope has none; nothing is made."""
        return self[key] if key in self else default  # noqa: SIM401 (this is `get`)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hyperparameters):
            return NotImplemented
        return dict(self.root) == dict(other.root)

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __copy__(self) -> Self:
        """Return a scope with entries of its own, which share their values."""
        return self._twin({name: entry.__copy__() for name, entry in list(self.root.items())})

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self._twin(self.__config_entries__())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self.root),)

    def _twin(self, entries: dict[str, ConfigModel]) -> Self:
        twin = type(self)()
        twin.root.update(entries)
        return twin

    def __enter__(self) -> Self:
        with _lock:
            if not self._use.live:
                self._use.period = object()
            self._use.live += 1
        enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        leave(self)
        with _lock:
            self._use.live = max(0, self._use.live - 1)

    @property
    def period(self) -> object:
        """What the time is called by for which the scope is in force without a break."""
        use: _Use = private_of(self)["_use"]
        return use.period
