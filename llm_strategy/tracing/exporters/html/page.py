"""The page itself: one file that asks nobody for anything, and runs only the script it came with.

What a model said is untrusted. The template escapes it, the data is written so that it cannot end its own element, the
script shows it as text only, and the content security policy names the one script and the one style sheet by their
hashes.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from llm_strategy.tracing.exporters.html.payload import payload_of
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["html_page", "write_html"]

_SCRIPTS = (
    "dom",
    "format",
    "model",
    "tip",
    "header",
    "flame",
    "filter",
    "tree",
    "messages",
    "details",
    "difference",
    "chats",
    "merged",
    "scales",
    "runs",
    "files",
    "parameters",
    "start",
)
"""Parts of the script, in the order in which they stand in it."""
_UNSAFE = re.compile("[<>&\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could end the element of the data, steer a terminal or turn the direction of text, and what has no bytes."""


def html_page(traces: Sequence[RecordedTrace]) -> str:
    """Return a page that shows traces; several of them can be compared in it.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> page = html_page([sample_trace(1, text="</script>")])
    >>> page.count("</script>")  # that of the data, that of the script
    2
    """
    style, script, template = _asset("page.css"), _script(), _asset("page.html.j2")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(template).render(
        title=_title(traces),
        traces=[(printable_line(trace.name), trace.totals) for trace in traces],
        data=_embedded(payload_of(traces)),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    )
    return page.encode("utf-8", "replace").decode()  # a name may hold what has no bytes


def write_html(traces: Sequence[RecordedTrace], path: Path) -> None:
    """Write a page that shows traces. Raises OSError where that is not possible."""
    path.write_text(html_page(traces), "utf-8", newline="\n")


def _title(traces: Sequence[RecordedTrace]) -> str:
    if not traces:
        return "No traces"
    return printable_line(traces[0].name) if len(traces) == 1 else f"{len(traces)} traces"


@cache
def _asset(name: str) -> str:
    return (files("llm_strategy.tracing.exporters.html") / "assets" / name).read_text("utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _embedded(data: Any) -> str:
    r"""Return JSON that is safe inside of a script element.

    >>> _embedded({"text": "</script>"})
    '{"text":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
