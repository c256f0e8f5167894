"""The form of a reply, as it is described to the model. `read_work` takes much more than this."""

from __future__ import annotations

from typing import Final

__all__ = ["FORMAT", "WHOLE_FILES"]

FORMAT: Final = """\
Write a file whole, in a block under its path (of ```` where ``` is in it); change one by quoting its lines exactly. So:
src/prices.py
```python
RATE = 0.2
```
src/shop.py
<<<<<<< SEARCH
    total = sum(prices)
=======
    total = sum(prices) * (1 + RATE)
>>>>>>> REPLACE
More lines you may write: READ: path, FIND: words, DELETE: path, CONTINUE (more follows), DONE (nothing is left to do).\
"""
"""What a prompt says about the form of the reply."""

WHOLE_FILES: Final = (
    "Give every file that is new or changes whole, in a fenced block, with its path alone on the line above the block."
)
"""The same for small models. It shows nothing, for they repeat what they are shown, and asks for no quoted lines, for
these are rarely the lines that are there."""
