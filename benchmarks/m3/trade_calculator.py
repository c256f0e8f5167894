"""Tools that compute what a trade is worth."""

from __future__ import annotations

from benchmarks.m3.arithmetic import calculator

__all__ = ["TOOLS"]


def convert_currency(base_price: float, conversion_rate: float) -> float:
    return base_price * conversion_rate


def calculate_tariff(price: float, tariff_rate: float) -> float:
    return price * tariff_rate / 100


def estimate_final_value(price: float, tariff: float) -> float:
    return price + tariff


def find_minimum(*args: float) -> float:
    return min(args)


def find_maximum(*args: float) -> float:
    return max(args)


TOOLS = (convert_currency, calculate_tariff, estimate_final_value, calculator, find_minimum, find_maximum)
