"""A first LLM function: a stub in, a typed value out.

python examples/first_function.py                # answered by the embedded model
LLM_STRATEGY_MODEL=openai:gpt-4o-mini python examples/first_function.py
"""

import os
from dataclasses import dataclass
from typing import Literal

from llm_strategy import ModelLike, llm_function


@dataclass
class Book:
    """A book, as a library card has it."""

    title: str
    author: str
    year: int
    language: Literal["English", "French", "German", "other"]


@llm_function
def book_of(model: ModelLike | None, sentence: str) -> Book:
    """Extract the book that the sentence is about; `language` is the one that it was written in."""
    raise NotImplementedError


def main() -> None:
    """Ask for one book."""
    model = os.environ.get("LLM_STRATEGY_MODEL", "local")
    book = book_of(model, "In 1808 Johann Wolfgang von Goethe published Faust, written in German.")
    print(book)


if __name__ == "__main__":
    main()
