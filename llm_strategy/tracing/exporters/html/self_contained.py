"""A page as one file that asks nobody for anything, and runs only the script it came with.

What a model said is untrusted. The template escapes it, the data is written so that it cannot end its own element, the
script shows it as text only, and the content security policy names the one script and the one style sheet by their
hashes.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asset", "self_contained"]

_UNSAFE = re.compile("[<>&\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could end the element of the data, steer a terminal or turn the direction of text, and what has no bytes."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a page is made of."""

    name: str
    """Its name in the folder `assets`."""
    room: str = "llm_strategy.tracing.exporters.html"
    """The package that the folder is in."""

    @property
    def text(self) -> str:
        """What is in it."""
        return _read(self)


_SHELL = Asset("shell.html.j2")


def self_contained(template: Asset, styles: Sequence[Asset], scripts: Sequence[Asset], data: Any, **said: Any) -> str:
    r"""Return a page.

    Args:
        template: fills the blocks of `shell.html.j2`.
        styles: parts of the style sheet, in order.
        scripts: parts of the script, in order.
        data: what the script draws, as JSON.
        said: what the template names besides; `title` is among it.

    >>> page = self_contained(Asset("page.html.j2"), [], [], {"text": "</script>"}, title="<b>", traces=())
    >>> [line for line in page.splitlines() if 'id="data"' in line]
    ['<script type="application/json" id="data">{"text":"\\u003c/script\\u003e"}</script>']
    """
    style, script = "".join(one.text for one in styles), _script(tuple(scripts))
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader({_SHELL.name: _SHELL.text}),
    )
    page = environment.from_string(template.text).render(
        said
        | {
            "data": _embedded(data),
            "style": style,
            "style_hash": _hash(style),
            "script": script,
            "script_hash": _hash(script),
        }
    )
    return page.encode("utf-8", "replace").decode()  # a name may hold what has no bytes


@cache
def _read(asset: Asset) -> str:
    return (files(asset.room) / "assets" / asset.name).read_text("utf-8")


@cache
def _script(parts: tuple[Asset, ...]) -> str:
    whole = "\n".join(part.text for part in parts)
    return f'(() => {{\n"use strict";\n{whole}}})();\n'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _embedded(data: Any) -> str:
    r"""Return JSON that is safe inside of a script element.

    >>> _embedded({"text": "</script>"})
    '{"text":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
