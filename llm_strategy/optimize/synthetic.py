"""Cases that a model made up: learned from, and never chosen or judged by."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError

from llm_strategy.errors import DefinitionError, InputError, StoredDataError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data.dataset import Dataset
from llm_strategy.optimize.data.items import Item, item_of
from llm_strategy.schema import is_untrusted, to_jsonable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SyntheticCases"]


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
    checked against the type of the task's parameters. What is known already (any case of any split) is refused, and so
    is what is more than the limit.

    >>> cases = SyntheticCases(int, known=[1, 2], limit=2)
    >>> [cases.offer(one) is not None for one in (2, 3, "x", 4, 5)], [one.parameters for one in cases.data.items]
    ([False, True, False, True, False], [3, 4])

    Args:
        parameters_type: the type of the task's parameters; Any checks nothing.
        known: the parameters of all cases of all splits.
        limit: how many are taken at most.

    Raises:
        DefinitionError: there is no way to check the type.
    """

    def __init__(self, parameters_type: Any = Any, *, known: Iterable[Any] = (), limit: int = 20) -> None:
        self.parameters_type = parameters_type
        """The type of the task's parameters."""
        self._check = _adapter(parameters_type)
        self._limit = limit
        self._asked = {_asked(one) for one in known}
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
        except (ValidationError, InputError) as error:
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
