"""What can be built: each domain says what its product is, how it is planned and written, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import Field

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters import track_hyperparameters

if TYPE_CHECKING:
    from llm_strategy.planner.evaluators import Problem

__all__ = ["DOMAINS", "Check", "Domain", "book", "codebase", "custom", "domain_named"]

Check = Callable[[Mapping[str, str]], "Iterable[Problem]"]
"""Looks at files, by path, and says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A kind of product.

    >>> Domain("poems", "a collection of poems", evaluators=("links",)).name
    'poems'
    """

    name: str
    """What it is called."""
    product: str
    """What is built, in a few words."""
    planning: str = ""
    """How it is planned."""
    writing: str = ""
    """How it is written."""
    testing: str = ""
    """How its tests are written, where a step may write some."""
    evaluators: tuple[str, ...] = ("syntax",)
    """Names of the evaluators that look at it after each change."""
    checks: tuple[Check, ...] = ()
    """Judges of your own."""
    scratch: str = ""
    """Where the text of a reply goes that names no file; '' for nowhere."""


@track_hyperparameters
def codebase(
    *,
    _product: str = Field("a codebase in Python, with tests for pytest", description="What is built."),
    _planning: str = Field(
        "Begin with the smallest program that works. Keep modules few and small. Let each step write the code of one "
        "or a few features together with tests of them in tests/test_*.py. Do not plan steps that write no file.",
        description="How it is planned.",
    ),
    _writing: str = Field(
        "Use the standard library where it does. Keep the logic in functions that tests can call without a terminal. "
        "Give a program that is started a main(), which takes its arguments from `sys.argv`, and call it under "
        "`if __name__ == '__main__':`. At a first start, files that it keeps are not there: begin with nothing then.",
        description="How it is written.",
    ),
    _testing: str = Field(
        "Write short tests for pytest that import the modules from the root of the project; name a test after the "
        "requirement it checks, as in `test_R1_adds_an_item`. Each is independent of the others: one of what keeps "
        "files begins with `monkeypatch.chdir(tmp_path)`, and one of what is printed reads `capsys.readouterr().out`; "
        "`monkeypatch`, `tmp_path` and `capsys` are parameters that pytest fills, define none of them. Test what "
        "functions return and print, by calling them as they are. Never wait for input or open windows in tests. They "
        "have no network, not even localhost, and no plugins of pytest (no `mocker`, no `@pytest.mark.asyncio`).",
        description="How its tests are written.",
    ),
) -> Domain:
    """Return the domain of code: checked by its syntax, by ruff, and by its tests.

    >>> codebase().evaluators
    ('syntax', 'lint', 'tests')
    """
    return Domain("codebase", _product, _planning, _writing, _testing, ("syntax", "lint", "tests"))


@track_hyperparameters
def book(
    *,
    _product: str = Field("a book in Markdown, one file for each chapter", description="What is built."),
    _planning: str = Field(
        "First plan an outline in book/00_contents.md with the titles of all chapters, then one step for each chapter, "
        "in order, with the name of its file (book/01_title.md), and at last one that reads everything again.",
        description="How it is planned.",
    ),
    _writing: str = Field(
        "Write whole chapters in finished prose, beginning with a heading. Keep names, facts and the voice of the "
        "chapters before. Do not repeat what another chapter tells.",
        description="How it is written.",
    ),
) -> Domain:
    """Return the domain of books: checked by its links, headings and empty files.

    >>> book().evaluators
    ('syntax', 'links')
    """
    return Domain("book", _product, _planning, _writing, evaluators=("syntax", "links"))


@track_hyperparameters
def custom(
    *,
    _product: str = Field("a folder of text files", description="What is built."),
    _planning: str = Field("Let each step write one or a few files.", description="How it is planned."),
    _writing: str = Field("Write finished texts.", description="How it is written."),
) -> Domain:
    """Return a domain for anything else.

    >>> custom(_product="a website in plain HTML").product
    'a website in plain HTML'
    """
    return Domain("custom", _product, _planning, _writing)


DOMAINS: Final[Mapping[str, Callable[[], Domain]]] = {"codebase": codebase, "book": book, "custom": custom}
"""The domains by name."""


def domain_named(name: str) -> Domain:
    """Return a domain by its name.

    >>> domain_named("book").name
    'book'

    Raises:
        ConfigurationError: there is none of that name.
    """
    if name not in DOMAINS:
        known = ", ".join(map(repr, DOMAINS))
        raise ConfigurationError(
            f"There is no domain {name!r}. Known are {known}; for another, call generate_custom(Domain(...), task)."
        )
    return DOMAINS[name]()
