r"""What to do about failures of tests whose own words lead nowhere here: the sandbox has no network, and no plugins.

>>> hinted("E   OSError: pytest: reading from stdin while output is captured!")[:48]
'(Nobody answers input() here: replace it in test'

Not covered: other words for the same, as libraries of their own have them.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["hinted"]

_HINTS: Final = (
    (
        re.compile(r"^(?=.*(?:socket|urlopen)).*\[Errno (?:1|13|97|101|-\d)\]", re.DOTALL),
        "There is no network here, not even to localhost: test what answers requests by calling it.",
    ),
    (
        re.compile(r"async def functions are not natively supported"),
        "Plugins of pytest are not loaded here: call asyncio.run(...) in a test that is not async.",
    ),
    (
        re.compile(r"fixture '\w+' not found"),
        "Plugins of pytest are not loaded here, so there is no fixture of theirs: use monkeypatch or unittest.mock.",
    ),
    (
        re.compile(r"Error importing plugin"),
        "The tests have the packages that are installed beside llm-strategy, and no others: name no other plugin.",
    ),
    (
        re.compile(r"reading from stdin while output is captured"),
        "Nobody answers input() here: replace it in tests; call it only below `if __name__ == '__main__':`.",
    ),
)


def hinted(message: str) -> str:
    """Return what was said of a failure, behind what to do about it where that is known."""
    hint = next((hint for pattern, hint in _HINTS if pattern.search(message)), "")
    return f"({hint}) {message}" if hint else message
