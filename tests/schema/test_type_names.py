import collections.abc
import typing
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pytest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from llm_strategy.schema import type_name

T = TypeVar("T")


class Plain:
    pass


class Box(BaseModel, Generic[T]):
    pass


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (Any, "Any"),
        (T, "T"),
        ("later", "later"),
        (Plain, "Plain"),
        (list, "list"),
        (typing.List[int], "list[int]"),
        (list[list[int]], "list[list[int]]"),
        (typing.Dict[str, typing.List[int]], "dict[str, list[int]]"),
        (typing.Set[typing.Set[int]], "set[set[int]]"),
        (list[Plain], "list[Plain]"),
        (Box, "Box[T]"),
        (list[Box], "list[Box[T]]"),
        (typing.List[Box[int]], "list[Box[int]]"),
        (Optional[Plain], "Plain | None"),
        (int | str | None, "int | str | None"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Annotated[int, "years"], "int"),
        (list[Annotated[int, "years"]], "list[int]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (typing.Callable[[int, str], bool], "Callable[[int, str], bool]"),
        (collections.abc.Callable[..., bool], "Callable[..., bool]"),
        (typing.Callable, "Callable"),
        (collections.abc.Sequence[int], "Sequence[int]"),
        (type[int], "type[int]"),
        (TypeAliasType("Names", list[str]), "Names"),
    ],
    ids=str,
)
def test_a_type_is_named_as_it_is_written(annotation, name):
    assert type_name(annotation) == name
