"""A database of customers that exists only as stubs: a model invents the customers and searches them.

The classes are those of the original llm-strategy; the application is written with Textual.

    pip install 'llm-strategy[local,examples]'
    llm-strategy models pull
    python examples/customer_database.py             # the application
    python examples/customer_database.py --plain     # the same in the terminal, without it
"""

import os
import sys
from dataclasses import dataclass, field
from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header, Input, Label

from llm_strategy import llm_strategy
from llm_strategy.errors import LLMStrategyError

MODEL = os.environ.get("LLM_STRATEGY_MODEL", "local")


@llm_strategy(MODEL)
@dataclass
class Customer:
    key: str
    first_name: str
    last_name: str
    birthdate: str
    address: str

    @property
    def age(self) -> int:
        """Return the current age of the customer.

        This is a computed property based on `birthdate` and the current year (2026).
        """
        raise NotImplementedError


@dataclass
class CustomerDatabase:
    customers: list[Customer]

    def find_customer_key(self, query: str) -> list[str]:
        """Find the keys of the customers that match a natural language query best (sorted by closeness to the match).

        We support semantic queries instead of SQL, so we can search for things like
        "the customer that was born in 1990".

        Args:
            query: Natural language query

        Returns:
            The keys of the best matching customers in the database.
        """
        raise NotImplementedError

    def load(self) -> None:
        """Load the customer database from a file."""
        raise NotImplementedError

    def store(self) -> None:
        """Store the customer database to a file."""
        raise NotImplementedError


@llm_strategy(MODEL)
@dataclass
class MockCustomerDatabase(CustomerDatabase):
    customers: list[Customer] = field(default_factory=list)

    def load(self) -> None:
        self.customers = self.create_mock_customers(5)

    def store(self) -> None:
        pass

    @staticmethod
    def create_mock_customers(num_customers: int = 1) -> list[Customer]:
        """Create mock customers with believable data (our customers are world citizens)."""
        raise NotImplementedError


class CustomerApp(App[None]):
    """A table of customers, a search field in plain language, and the age of whoever is chosen."""

    TITLE = "Customers"
    CSS = "DataTable { height: 1fr; } Label { padding: 0 1; }"
    BINDINGS: ClassVar = [("ctrl+q", "quit", "Quit")]

    def __init__(self, database: CustomerDatabase) -> None:
        super().__init__()
        self.database = database

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="Search in plain language, and press enter", id="query")
        yield DataTable(cursor_type="row")
        yield Label("Inventing customers ...", id="state")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("Key", "Name", "Born", "Address")
        self.load_customers()

    @work(thread=True, exclusive=True)
    def load_customers(self) -> None:
        self._attempt(self.database.load)
        self.call_from_thread(self.show, [one.key for one in self.database.customers], "All customers.")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one("#state", Label).update("Searching ...")
        self.search(event.value)

    @work(thread=True, exclusive=True)
    def search(self, query: str) -> None:
        if not query.strip():
            self.call_from_thread(self.show, [one.key for one in self.database.customers], "All customers.")
            return
        keys = self._attempt(lambda: self.database.find_customer_key(query))
        if keys is not None:
            self.call_from_thread(self.show, keys, f"{len(keys)} found for {query!r}.")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.query_one("#state", Label).update("Computing the age ...")
        self.tell_age(str(event.row_key.value))

    @work(thread=True, exclusive=True)
    def tell_age(self, key: str) -> None:
        customer = next(one for one in self.database.customers if one.key == key)
        age = self._attempt(lambda: customer.age)
        if age is not None:
            self.call_from_thread(self.say, f"{customer.first_name} {customer.last_name} is {age} years old.")

    def _attempt(self, action):
        """Run something that asks a model; an error is shown, and the application goes on."""
        try:
            return action()
        except LLMStrategyError as error:
            self.call_from_thread(self.say, f"{type(error).__name__}: {error}")
            return None

    def show(self, keys: list[str], state: str) -> None:
        table = self.query_one(DataTable)
        table.clear()
        customers = {one.key: one for one in self.database.customers}
        for key in dict.fromkeys(keys):
            if key in customers:
                one = customers[key]
                table.add_row(one.key, f"{one.first_name} {one.last_name}", one.birthdate, one.address, key=one.key)
        self.say(state)

    def say(self, text: str) -> None:
        self.query_one("#state", Label).update(text.replace("[", r"\["))


def plain(database: CustomerDatabase) -> None:
    """Show the same without the application."""
    database.load()
    for customer in database.customers:
        print(customer)
    first = database.customers[0]
    print(f"{first.first_name} is {first.age} years old.")
    query = f"the customer called {first.last_name}"
    print(query, "->", database.find_customer_key(query))


if __name__ == "__main__":
    mock = MockCustomerDatabase()
    if "--plain" in sys.argv:
        plain(mock)
    else:
        CustomerApp(mock).run()
