"""The customers of the demo: a strategy over a database, all of it stubs."""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 (evaluated: it is the return type of a stub)
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from llm_strategy import ModelLike, llm_function, llm_strategy

__all__ = ["Contact", "Customer", "CustomerDatabase", "extract_contact", "welcome_steps"]


@dataclass
class Customer:
    """A customer."""

    key: str
    first_name: str
    last_name: str
    birth_year: int
    city: str
    country: str


@llm_strategy()
@dataclass
class CustomerDatabase:
    """Customers that can be searched in plain language."""

    customers: list[Customer]

    def find(self, query: str) -> list[str]:
        """Return the keys of the customers that match the query, the best match first."""
        raise NotImplementedError

    @staticmethod
    def create_mock_customers(count: int) -> list[Customer]:
        """Invent customers with believable data: citizens of the world, each from another country, with short keys."""
        raise NotImplementedError


@dataclass
class Contact:
    """Who wrote, and how to reach them."""

    name: str
    email: str | None
    age: Annotated[int | None, Field(ge=0, le=150)]


@llm_function
def extract_contact(model: ModelLike | None, text: str) -> Contact:
    """Extract the contact of the person who wrote the text; null for what it does not say."""
    raise NotImplementedError


@llm_function
def welcome_steps(model: ModelLike | None, customer: Customer, count: int = 3) -> Iterator[str]:
    """List short steps, at most ten words each, to welcome the customer in person."""
    raise NotImplementedError
