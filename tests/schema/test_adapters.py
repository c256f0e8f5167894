import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from llm_strategy.errors import DefinitionError
from llm_strategy.schema import output_schema, register_type, to_jsonable
from llm_strategy.schema.adapters import registered_type


class Money:
    def __init__(self, pence: int) -> None:
        self.pence = pence

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.pence == self.pence

    def __hash__(self) -> int:
        return self.pence


class Tip(Money):
    pass


register_type(Money, schema={"type": "integer"}, to_json=lambda money: money.pence, from_json=Money)


@dataclass
class Bill:
    total: Money
    parts: dict[str, list[Money]]


class Shop(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    till: Money
    branch: "Shop | None" = None


@pydantic_dataclass(config={"arbitrary_types_allowed": True})
class Purse:
    coins: list[Money]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Money, Money(5)),
        (list[Money | None], [Money(5), None]),
        (Bill, Bill(Money(3), {"a": [Money(1), Money(2)]})),
        (Shop, Shop(till=Money(1), branch=Shop(till=Money(2)))),
        (list[Shop], [Shop(till=Money(1))]),
        (Purse, Purse([Money(1)])),
        (dict[Money, int], {Money(1): 2}),
    ],
    ids=str,
)
def test_a_registered_type_works_wherever_a_type_may_stand(annotation, value):
    schema = output_schema(annotation)
    assert schema.read(schema.dump(value)) == value


def test_a_subclass_is_covered_by_the_registration_of_its_base():
    assert to_jsonable(Tip(3)) == 3
    assert registered_type(Tip) is registered_type(Money)


def test_a_later_registration_is_used_from_then_on():
    class Once:
        pass

    def register(kind):
        register_type(Once, schema={"type": kind}, to_json=str, from_json=lambda _data: Once())

    register("string")
    assert output_schema(Once).compact == "{return_value: string}"
    register("integer")
    assert output_schema(Once).compact == "{return_value: integer}"


def test_only_classes_can_be_registered():
    with pytest.raises(DefinitionError, match=r"needs a class, got list\[int\]: register its origin"):
        register_type(list[int], schema={}, to_json=list, from_json=list)  # type: ignore[arg-type]


def test_a_finished_value_is_passed_through():
    entry = registered_type(Money)
    money = Money(1)
    assert entry is not None
    assert entry.read(money) is money


def test_records_are_read_as_a_frame_as_well():
    read = output_schema(pd.DataFrame).read([{"a": 1, "b": "x"}])
    assert read.equals(pd.DataFrame({"a": [1], "b": ["x"]}))


def test_a_labelled_series_is_read_from_an_object():
    read = output_schema(pd.Series).read({"return_value": {"x": 1.5}})
    assert read.equals(pd.Series({"x": 1.5}))


@pytest.mark.parametrize("data", [["a"], [[1], [1, 2]], [{"a": 1}]], ids=["text", "ragged", "objects"])
def test_what_is_no_array_of_numbers_is_refused(data):
    with pytest.raises(ValidationError, match=r"array of numbers|inhomogeneous"):
        output_schema(np.ndarray).read({"return_value": data})


def test_numpy_and_pandas_are_not_imported_before_they_are_seen():
    code = (
        "import sys; from llm_strategy.schema import output_schema; output_schema(list[int]);"
        "assert not {'numpy', 'pandas', 'langchain_core'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_users_classes_keep_their_own_schema():
    before: Any = Shop.__pydantic_core_schema__
    text = repr(before)
    output_schema(dict[str, Shop])
    assert repr(Shop.__pydantic_core_schema__) == text
