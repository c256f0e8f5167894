"""Values that are not finished yet: what a stream gives while a model still writes.

A partial value is an object of a class of its own, with the attributes of the type that it grows into. Those that have
not come yet are None. No validator and no constraint of the type is run on it: it is no half-valid value of the type.
"""

from __future__ import annotations

import copyreg
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

if TYPE_CHECKING:
    from typing import TypeAlias

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["Growth", "Partial", "PartialType", "PartialValue", "Whole", "growth"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a value has come."""

    attempt: int = 0
    """Which answer of the model it is read from, from 1: in a later one the value grows anew. 0 where nobody says."""
    finished: frozenset[str] = frozenset()
    """The fields (of a dictionary, the keys) that will not change in this attempt."""
    whole: bool = False
    """Whether all of it has come: of a part of a partial value, and of the last value of a stream."""


class PartialType(type):
    """The class of all classes of partial values: they are pickled as the types that they stand for."""


class PartialValue(metaclass=PartialType):
    """A value that grows into one of type `T`; `Partial[T]` is the class of such values, made once for a type.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Person:
    ...     name: str
    ...     age: int
    >>> Partial[Person](name="Ad")
    Partial[Person](name='Ad'...)
    >>> Partial[Person] is Partial[Person], isinstance(Partial[Person](), Person)
    (True, False)

    Texts and numbers have no such class: a text that grows is a `str`, a number comes when it is finished. To a type
    checker `Partial[T]` is `T`, so that attributes can be read as they will be; that any of them may be None it does
    not know.
    """

    __growth__: Growth = Growth()
    """How far it has come; read it with `growth`."""
    __partial_of__: Any = Any
    """The type that it grows into."""

    def __class_getitem__(cls, annotation: Any) -> Any:
        """Return the class of the partial values of a type; of a union, the union of such classes."""
        from llm_strategy.schema.partial.nodes import node_of

        return node_of(annotation).kind


if TYPE_CHECKING:
    Partial: TypeAlias = Annotated[T, "still growing"]
    """What a stream gives while a value of type `T` grows."""
else:
    Partial = PartialValue


class Whole:
    """Marks what a stream is to show when it is finished, and not before: `Annotated[str, Whole]`.

    Numbers, dates, enums and literals are never shown before; this is for texts, objects and lists.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Change nothing about how a value is read."""
        return handler(source)


def growth(value: object) -> Growth:
    """Return how far a value of a stream has come; what is no partial value is whole.

    >>> growth(Partial[dict[str, int]]()).whole, growth({}).whole
    (False, True)
    """
    return value.__growth__ if isinstance(value, PartialValue) else Growth(whole=True)


def _class_of(annotation: Any) -> Any:
    return PartialValue.__class_getitem__(annotation)


def _by_type(kind: PartialType) -> Any:
    annotation = vars(kind).get("__partial_of__", Any)
    return kind.__qualname__ if annotation is Any else (_class_of, (annotation,))


copyreg.pickle(PartialType, _by_type)  # a name stands for a class that can be imported
