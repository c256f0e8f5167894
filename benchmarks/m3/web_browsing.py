"""Tools that browse the recorded pages, a few lines at a time.

How the original lays out a page is not recorded. Here a screen has five lines, with a line above that says where in the
page they are. Two links of the pages lead to addresses that are spelled with the other of `-` and `_`: the browser
takes the two for the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.m3.arithmetic import calculator

__all__ = ["Browser", "tools"]

LINES = 5
LINK = re.compile(r"\[Clickable '([^']+)'\]")
START = "/"


class Browser:
    """Where somebody is, and where they came from."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = {_same(address): (address, content.splitlines()) for address, content in pages.items()}
        self._visited = [START]
        self._line = 0

    def click_url(self, url: str) -> str:
        if _same(url) not in self._pages or _same(url) not in self._seen():
            raise LookupError(f"there is no link to {url[:100]!r} on this page; links look like [Clickable '/address']")
        self._visited.append(url)
        self._line = 0
        return self.view()

    def go_to_previous_page(self) -> str:
        if len(self._visited) == 1:
            raise LookupError("this is the first page")
        self._visited.pop()
        self._line = 0
        return self.view()

    def scroll_down(self) -> str:
        if self._line + LINES < len(self._content):
            self._line += LINES
        return self.view()

    def scroll_up(self) -> str:
        self._line = max(0, self._line - LINES)
        return self.view()

    def view(self) -> str:
        lines = self._screen()
        last = self._line + len(lines)
        more = "; scroll_down() shows more" if last < len(self._content) else ""
        place = f"[Page {self._page[0]}: lines {self._line + 1} to {last} of {len(self._content)}{more}]"
        return "\n".join([place, *lines])

    @property
    def _page(self) -> tuple[str, list[str]]:
        return self._pages[_same(self._visited[-1])]

    @property
    def _content(self) -> list[str]:
        return self._page[1]

    def _screen(self) -> list[str]:
        return self._content[self._line : self._line + LINES]

    def _seen(self) -> set[str]:
        """Where the links lead of this page, on the screen or not, and of the pages on the way here."""
        return {_same(link) for page in self._visited for link in LINK.findall("\n".join(self._pages[_same(page)][1]))}


def tools(pages: Mapping[str, str]) -> tuple[Callable[..., Any], ...]:
    """Return the tools of a new browser at the first page."""
    browser = Browser(pages)
    return (
        browser.click_url,
        browser.go_to_previous_page,
        browser.scroll_down,
        browser.scroll_up,
        browser.view,
        calculator,
    )


def _same(address: str) -> str:
    return address.strip().replace("-", "_")
