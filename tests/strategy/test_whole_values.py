"""Instances of classes that extend a type of values are shown as their value."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PosixPath
from uuid import UUID

import pytest

from llm_strategy import llm_strategy
from llm_strategy.testing import ScriptedModel


def ask(self) -> int:
    """Ask."""


SHOWN = [
    (int, 3, "3"),
    (float, 2.5, "2.5"),
    (Decimal, "1.5", '"1.5"'),
    (date, (2020, 1, 2), "2020-01-02"),
    (datetime, (2020, 1, 2), "2020-01-02T00:00:00"),
    (time, (1, 2), "01:02:00"),
    (timedelta, 1, "P1D"),
    (PosixPath, "a/b", "a/b"),
    (UUID, "12345678123456781234567812345678", "12345678-1234-5678-1234-567812345678"),
    (str, "x", "x"),
]


@pytest.mark.parametrize(("kind", "given", "shown"), SHOWN)
def test_an_instance_that_is_a_value_is_shown_as_that_value(kind, given, shown):
    asking = llm_strategy(ScriptedModel(["1"]))(type("Own", (kind,), {"ask": ask}))
    instance = asking(*given) if isinstance(given, tuple) else asking(given)
    assert f"self: {shown}" in str(instance.ask.prompt()[-1].content)
