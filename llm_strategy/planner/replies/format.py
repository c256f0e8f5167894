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

WHOLE_FILES: Final = """\
Write every file that is new or changes as a whole, from its first line to its last, in a block under its path. So:
prices.py
```python
RATE = 0.2
```
docs/prices.md
```markdown
# Prices
```\
"""
"""The same for small models, which quote the lines that they want to change less well than they write files anew."""
