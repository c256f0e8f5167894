"""What the first library of this name promised for classes, kept; and what it left commented out."""

from dataclasses import dataclass

import pytest

from llm_strategy import llm_strategy
from llm_strategy.testing import ScriptedModel


@dataclass
class DummyInterface:
    """A dataclass with some members that are not implemented."""

    a: int = -1

    @staticmethod
    def static_method(a: int, b: int) -> int:
        """Add two numbers."""
        raise NotImplementedError

    @classmethod
    def class_method(cls: type, a: int, b: int) -> int:
        """Add two numbers."""
        raise NotImplementedError

    @property
    def property_getter(self: "DummyInterface") -> int:
        """Return 0."""
        raise NotImplementedError

    def bound_method(self: "DummyInterface", a: int, b: int) -> int:
        """Add two numbers."""
        raise NotImplementedError

    def bound_method_implemented(self: "DummyInterface", b: int = 1) -> int:
        """Add two numbers."""
        return self.a + b

    @staticmethod
    def static_method_implemented(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    @classmethod
    def class_method_implemented(cls, a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    @property
    def property_getter_implemented(self) -> int:
        """Return 1."""
        return 1


def reply(messages):
    asked = str(messages[-1].content)
    numbers = [int(line.partition(": ")[2]) for line in asked.splitlines() if line[:3] in {"a: ", "b: "}]
    return f'{{"return_value": {sum(numbers)}}}'


MODEL = ScriptedModel(reply)
IMPLEMENTED = llm_strategy(MODEL)(DummyInterface)


@pytest.mark.parametrize(
    "owner", [IMPLEMENTED, IMPLEMENTED(), llm_strategy(MODEL)(DummyInterface())], ids=["class", "instance", "copy"]
)
def test_static_and_class_methods_are_implemented(owner):
    assert owner.static_method(1, 2) == 3
    assert owner.class_method(1, 2) == 3
    assert owner.static_method_implemented(1, 2) == 3
    assert owner.class_method_implemented(1, 2) == 3


@pytest.mark.parametrize("owner", [IMPLEMENTED(), llm_strategy(MODEL)(DummyInterface())], ids=["instance", "copy"])
def test_methods_and_properties_are_implemented(owner):
    assert owner.property_getter == 0
    assert owner.bound_method(1, 2) == 3
    assert owner.bound_method_implemented(1) == 0
    assert owner.property_getter_implemented == 1


@dataclass
class Customer:
    first_name: str
    birthday: str


@dataclass
class CustomerDatabase:
    customers: list[Customer]

    def find_customer_index(self: "CustomerDatabase", query: str) -> int:
        """Find the index of the customer that matches the natural language query best."""
        raise NotImplementedError

    @staticmethod
    def create_mock_customers(num_customers: int = 1) -> list[Customer]:
        """
        Create mock customers with believable data (our customers are world citizens).
        """
        raise NotImplementedError

    @staticmethod
    def create_mock_queries(customer_database: "CustomerDatabase", num_queries: int = 1) -> list[str]:
        """
        Create mock queries that match one of the mock customers better than the others.
        """
        raise NotImplementedError


def test_a_database_is_made_and_searched():
    model = ScriptedModel(
        [
            '```json\n{"return_value": [{"first_name": "Amina", "birthday": "1990-07-12"}]}\n```',
            '{"return_value": ["born in 1990"]}',
            '{"return_value": 0}',
            '{"return_value": ["born in 1990"]}',
        ]
    )
    implemented = llm_strategy(model)(CustomerDatabase)
    database = implemented(implemented.create_mock_customers(1))
    (query,) = implemented.create_mock_queries(database)
    assert database.customers[database.find_customer_index(query)] == Customer("Amina", "1990-07-12")
    assert model.asked[2][1].content == (
        'self: {"customers": [{"first_name": "Amina", "birthday": "1990-07-12"}]}\nquery: born in 1990'
    )
    assert implemented.create_mock_queries(CustomerDatabase([]))
