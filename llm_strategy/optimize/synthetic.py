"""Cases that a model made up: learned from, and never chosen or judged by."""

from __future__ import annotations

import threading
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError

from llm_strategy.errors import ConfigurationError, DefinitionError, InputError, StoredDataError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data.dataset import Dataset
from llm_strategy.optimize.data.items import Item, item_of
from llm_strategy.schema import is_untrusted, to_jsonable
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["SyntheticCases", "common_type"]

_PLAIN = frozenset({str, int, float, bool})


@dataclass(frozen=True, slots=True)
class Refused:
    """A made-up input that was not taken, and why."""

    parameters: Any
    """What was offered."""
    why: str
    """Why it was not taken."""


class SyntheticCases:
    """Inputs of a task that a model made up, as cases without an expected result.

    They belong to the split `synthetic`: minibatches may hold them, validation and test never do. What is offered is
    checked against the type of the task's parameters; where it is not known, and all cases are dicts, against the
    names that these have. What is known already (any case of any split) is refused, and so
    is what is more than the limit.

    >>> cases = SyntheticCases(int, known=[1, 2], limit=2)
    >>> [cases.offer(one) is not None for one in (2, 3, "x", 4, 5)], [one.parameters for one in cases.data.items]
    ([False, True, False, True, False], [3, 4])

    Args:
        parameters_type: the type of the task's parameters; Any checks nothing.
        known: the parameters of all cases of all splits.
        limit: how many are taken at most.
        check_call: raises ConfigurationError for what the task cannot be called with; that is refused as well.

    Raises:
        DefinitionError: there is no way to check the type.
    """

    def __init__(
        self,
        parameters_type: Any = Any,
        *,
        known: Iterable[Any] = (),
        limit: int = 20,
        check_call: Callable[[Any], object] | None = None,
    ) -> None:
        self.parameters_type = parameters_type
        """The type of the task's parameters."""
        self._check = _adapter(parameters_type)
        self._check_call = check_call
        self._limit = limit
        known = list(known)
        self._asked = {_asked(one) for one in known}
        self._names = _names_of(known) if parameters_type is Any else None
        self._items: list[Item] = []
        self._lock = threading.Lock()
        self.refused: list[Refused] = []
        """What was not taken, the latest ones."""

    @property
    def data(self) -> Dataset:
        """What was taken so far, in order."""
        return Dataset(self._items)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of what was taken so far, in order."""
        return tuple(one.id for one in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, parameters: Any) -> str | None:
        """Take an input; return the id of its case, or None where it is refused."""
        try:
            checked = self._check.validate_python(parameters)
            asked = _asked(checked)
            if self._check_call is not None:
                self._check_call(checked)
        except (ValidationError, InputError, ConfigurationError) as error:
            self._refuse(parameters, str(error))
            return None
        with self._lock:
            why = self._why_not(parameters, asked)
            if why:
                self._refuse(parameters, why)
                return None
            self._asked.add(asked)
            item = item_of(Case(checked, None, id=f"synthetic-{asked[:12]}"), len(self._items) + 1)
            self._items.append(item)
        return item.id

    def _why_not(self, parameters: Any, asked: str) -> str:
        if len(self._items) >= self._limit:
            return f"there are {self._limit} made-up cases already"
        if asked in self._asked:
            return "it is a case already"
        if self._names is not None and not _has_names(parameters, *self._names):
            return f"the cases have {', '.join(sorted(map(repr, self._names[1]))) or 'nothing'} by name"
        return "it was made of untrusted input" if is_untrusted(parameters) else ""

    def records(self) -> list[dict[str, Any]]:
        """Return what was taken as JSON data, for a store."""
        return [{"id": one.id, "parameters": to_jsonable(one.parameters, complete=True)} for one in self._items]

    def restore(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take again what `records` gave, for a run that goes on.

        Raises:
            StoredDataError: what was stored does not fit the type, or is another case.
        """
        for record in records:
            if record["id"] not in self.ids and self.offer(record["parameters"]) != record["id"]:
                raise StoredDataError(
                    f"The made-up case {record['id']!r} does not fit any more: {record['parameters']!r}. The type of "
                    "the task's parameters, or the data, have changed. Begin a new run."
                )

    def _refuse(self, parameters: Any, why: str) -> None:
        self.refused = [*self.refused[-99:], Refused(parameters, why)]


def common_type(parameters: Sequence[Any]) -> Any:
    """Return the type that all of these parameters have; Any where they have several, or one that says little.

    >>> common_type(["Rome", "Bees"]), common_type(["Rome", 1]), common_type([{"topic": "Rome"}])
    (<class 'str'>, typing.Any, typing.Any)
    """
    kinds: set[type[Any]] = {type(one) for one in parameters}
    if len(kinds) != 1:
        return Any
    (kind,) = kinds
    return kind if kind in _PLAIN or is_dataclass(kind) or issubclass(kind, BaseModel) else Any


def _names_of(known: Sequence[Any]) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the names that all dicts have, and those that some have; None where not all of these are dicts."""
    names: list[frozenset[str]] = [frozenset(one) for one in known if is_object(one)]
    if not names or len(names) < len(known):
        return None
    return names[0].intersection(*names), names[0].union(*names)


def _has_names(parameters: Any, needed: frozenset[str], allowed: frozenset[str]) -> bool:
    return is_object(parameters) and needed <= parameters.keys() <= allowed


def _asked(parameters: Any) -> str:
    return item_of(Case(parameters, None, id="-"), 1).asked


def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return _any_class(kind)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise DefinitionError(f"Made-up inputs cannot be checked: pydantic does not know the type {kind!r}.") from error


def _any_class(kind: Any) -> TypeAdapter[Any]:
    """Return what checks values of a type; those of a class that pydantic does not know, by the class alone."""
    try:
        made = TypeAdapter(kind)
        made.rebuild()
    except PydanticSchemaGenerationError:
        return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True))
    return made
