"""Ids of spans that do not come out of the program's own random numbers.

The generator of the SDK draws from the module `random`: a program that seeds it would draw other numbers when it is
traced, and would give all of its traces the same ids.
"""

from __future__ import annotations

import secrets

from opentelemetry.sdk.trace.id_generator import IdGenerator
from typing_extensions import override

__all__ = ["SpanIds"]


class SpanIds(IdGenerator):
    """Draws ids from the operating system: a forked child draws others than its parent."""

    @override
    def generate_span_id(self) -> int:
        return secrets.randbits(64) or 1

    @override
    def generate_trace_id(self) -> int:
        return secrets.randbits(128) or 1
