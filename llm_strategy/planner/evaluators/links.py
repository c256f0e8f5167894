"""What is wrong with a book of Markdown pages: links that lead nowhere, pages without a heading, empty files."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from markdown_it import MarkdownIt

from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from markdown_it.token import Token

__all__ = ["link_problems"]

_PAGES: Final = (".md", ".markdown")
_TEXTS: Final = (*_PAGES, ".txt", ".rst")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_OWN_NAME: Final = re.compile(r"""\{#([^}\s]+)[^}]*\}|\b(?:id|name)\s*=\s*["']?([^"'\s>]+)""")
_NOT_IN_NAMES: Final = re.compile(r"[^\w\- ]")
_MOST: Final = 2_000_000
"""Letters of a page up to which it is read: none of a book is longer."""


@dataclass(frozen=True, slots=True)
class _Link:
    line: int
    target: str
    is_image: bool


@dataclass(frozen=True, slots=True)
class _Page:
    links: tuple[_Link, ...]
    names: frozenset[str]
    """What a link can lead to within the page."""
    has_heading: bool


def link_problems(files: Mapping[str, str]) -> tuple[Problem, ...]:
    r"""Return what is wrong with the pages among `files`. Links that lead out of the workspace are not followed.

    >>> pages = {"book.md": "# Pasta\n\n[Sauces](sauces.md) and [more](#more)\n", "end.md": ""}
    >>> for problem in link_problems(pages):
    ...     print(problem)
    book.md:3: The link 'sauces.md' leads to no file (link)
    book.md:3: The link '#more' leads to no heading of the page (link)
    end.md: is empty (empty)
    """
    pages = {
        path: _page(text)
        for path, text in files.items()
        if path.lower().endswith(_PAGES) and text.strip() and len(text) <= _MOST
    }
    folders = {folder for path in files for folder in _folders_of(path)}
    return tuple(_problems(files, pages, folders))


def _problems(files: Mapping[str, str], pages: Mapping[str, _Page], folders: set[str]) -> Iterator[Problem]:
    for path, text in files.items():
        if path.lower().endswith(_TEXTS) and not text.strip():
            yield Problem(path, 0, "is empty", "empty")
        page = pages.get(path)
        if page is None:
            continue
        if not page.has_heading:
            yield Problem(path, 0, "has no heading: begin the page with a line '# Title'", "heading")
        for link in page.links:
            wrong = _wrong_with(link.target, path, files, pages, folders)
            if wrong:
                kind = "image" if link.is_image else "link"
                yield Problem(path, link.line, f"The {kind} {link.target[:200]!r} leads to {wrong}", kind)


def _wrong_with(target: str, path: str, files: Mapping[str, str], pages: Mapping[str, _Page], folders: set[str]) -> str:
    if _ELSEWHERE.match(target):
        return ""
    way, _, name = target.partition("#")
    way = unquote(way.partition("?")[0])
    found = path
    if way:
        found = posixpath.normpath(way.lstrip("/") if way.startswith("/") else f"{posixpath.dirname(path)}/{way}")
        found = found.lstrip("/")
        if found.split("/")[0] == ".." or posixpath.normpath(f"x/{posixpath.dirname(path)}/{way}").startswith(".."):
            return "a place outside of the workspace"
        if found not in files and found not in folders and found != ".":
            return "no file"
    elif not name:
        return "nothing" if not target else ""
    page = pages.get(found)
    if not name or page is None or _plain(unquote(name)) in page.names:
        return ""
    return "no heading of the page" if found == path else f"no heading of {found!r}"


def _page(text: str) -> _Page:
    links: list[_Link] = []
    names: set[str] = set()
    counts: dict[str, int] = {}
    has_heading = False
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for number, token in enumerate(tokens):
        names.update(_plain(found) for found in _own_names(token))
        if token.type != "inline":
            continue
        links.extend(_links(token))
        if tokens[number - 1].type == "heading_open":
            has_heading = True
            name = _plain(_said(token))
            count = counts.get(name, 0)
            counts[name] = count + 1
            names.add(f"{name}-{count}".strip("-") if count else name)
    return _Page(tuple(links), frozenset(names), has_heading)


def _own_names(token: Token) -> Iterator[str]:
    if token.type in {"inline", "html_block"}:
        for own in _OWN_NAME.finditer(token.content):
            yield own[1] or own[2]


def _links(token: Token) -> Iterator[_Link]:
    line = (token.map or [0])[0] + 1
    for one in token.children or ():
        if one.type in {"softbreak", "hardbreak"}:
            line += 1
        elif one.type == "link_open":
            yield _Link(line, str(one.attrGet("href") or ""), is_image=False)
        elif one.type == "image":
            yield _Link(line, str(one.attrGet("src") or ""), is_image=True)


def _said(token: Token) -> str:
    text = "".join(one.content for one in token.children or ())
    return re.sub(r"\s*\{#[^}]*\}\s*$", "", text)


def _plain(name: str) -> str:
    """Return the name of a heading as a link has it; with as few dashes as can be, since programs differ in them."""
    words = _NOT_IN_NAMES.sub("", name.strip().lower()).replace(" ", "-")
    return re.sub(r"-+", "-", words).strip("-")


def _folders_of(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
