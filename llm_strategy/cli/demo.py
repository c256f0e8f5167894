"""The demo: four calls, each printed as the typed value that came of it."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console
from rich.pretty import Pretty

from llm_strategy import use_model
from llm_strategy.chat import resolve
from llm_strategy.cli.customers import CustomerDatabase, extract_contact, welcome_steps
from llm_strategy.cli.prompts import printable, prompts_shown

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.chat import ModelLike

__all__ = ["run_demo"]

LETTER = "Hello, this is Ada Lovelace. I have just turned 36. Please write to ada@analytical.example. Thank you!"


def run_demo(model: ModelLike, *, show_prompts: bool = False) -> None:
    """Run the demo on a model; an embedded one that is named is fetched first where it is missing.

    Raises:
        LLMStrategyError: the model cannot be had, or gives no usable reply.
    """
    console = Console(highlight=False)
    asked = resolve(_fetched(model))
    console.print(f"[bold]llm-strategy demo[/], answered by [cyan]{asked.name}[/]")
    with use_model(asked), prompts_shown(console) if show_prompts else nullcontext():
        _customers(console)
        _extraction(console)


def _fetched(model: ModelLike) -> ModelLike:
    """Return the model; the file of an embedded one that is named is fetched, and loaded, with its progress shown."""
    scheme, _, name = model.partition(":") if isinstance(model, str) else ("", "", "")
    if scheme != "local":
        return model
    from llm_strategy.models.local import open_local
    from llm_strategy.models.progress import shown_progress
    from llm_strategy.models.pull import pull
    from llm_strategy.models.registry import DEFAULT_MODEL, find_model

    if not name.endswith(".gguf"):
        with shown_progress(name or DEFAULT_MODEL) as progress:
            pull(find_model(name or DEFAULT_MODEL), progress=progress)
    local = open_local(name)
    with _thinking(Console(stderr=True), "Loading the model"):
        local.load()
    return local


def _customers(console: Console) -> None:
    _title(console, "1. Invent customers", "CustomerDatabase.create_mock_customers(count=3)")
    with _thinking(console, "Inventing"):
        customers = CustomerDatabase.create_mock_customers(3)
    console.print(Pretty(customers))
    database = CustomerDatabase(customers)
    query = f"who lives in {customers[-1].country}?" if customers else "anyone"
    _title(console, "2. Search in plain language", f"database.find({query!r})")
    with _thinking(console, "Searching"):
        keys = database.find(query)
    console.print(Pretty(keys))
    for customer in customers:
        if customer.key in keys:
            found = f"   -> {customer.first_name} {customer.last_name}, {customer.city}, {customer.country}"
            console.print(printable(found), markup=False)
    if customers:
        _title(console, "3. Stream a list, item by item", "welcome_steps(model, customers[0])")
        for step in welcome_steps(None, customers[0]):
            console.print(f"  {step!r}", markup=False)


def _extraction(console: Console) -> None:
    _title(console, "4. Extract a dataclass", f"extract_contact(model, {LETTER!r})")
    with _thinking(console, "Reading"):
        contact = extract_contact(None, LETTER)
    console.print(Pretty(contact))


def _title(console: Console, title: str, code: str) -> None:
    console.print(f"\n[bold]{title}[/]")
    console.print(f">>> {printable(code)}", style="dim", markup=False)


@contextmanager
def _thinking(console: Console, what: str) -> Generator[None]:
    """Show that something is going on, and how long it took."""
    start = time.monotonic()
    with console.status(f"{what} ..."):
        yield
    console.print(f"[dim]{what.lower()}: {time.monotonic() - start:.1f} s[/]", highlight=False)
