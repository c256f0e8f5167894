"""Requests other than those to models that a journal keeps the answers of: tools, code, steps of a user's own."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

__all__ = ["Recordable"]


@runtime_checkable
class Recordable(Protocol):
    """A request whose answer is written down, and read again in place of carrying it out a second time.

    It is known by its class and its data. What it does is done at least once: a run that is killed between the deed and
    the journal does it again.
    """

    def journal_data(self) -> Any:
        """Return what decides about the answer, as JSON data."""
        ...

    def answer_data(self, answer: Any) -> Any:
        """Return an answer as JSON data. Raises StoredDataError: it cannot be written down."""
        ...

    def answer_from(self, data: Any) -> Any:
        """Return the answer behind JSON data. Raises StoredDataError: the data does not fit."""
        ...
