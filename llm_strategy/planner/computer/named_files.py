"""Files that a text names: code and pages that somebody has to write, not data that a program makes."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["named_files"]

_FILE: Final = re.compile(r"(?<![\w/.*-])(?:[\w-]+/)*[\w-]+\.(?:py|md)(?![\w*]|\.\w)")


def named_files(text: str) -> tuple[str, ...]:
    """Return the paths of code and pages in a text, each once.

    >>> named_files("Write src/shop.py and its tests in tests/test_*.py. `python shop.py` keeps stock.json.")
    ('src/shop.py', 'shop.py')
    """
    return tuple(dict.fromkeys(_FILE.findall(text)))
