"""Tools that decode messages."""

from __future__ import annotations

__all__ = ["TOOLS"]

LETTERS = 26


def convert_hex_to_ascii(hex_string: str) -> str:
    return bytes.fromhex(hex_string).decode("ascii")


def reverse_string(string: str) -> str:
    return string[::-1]


def caesar_decode(message: str, shift: int) -> str:
    return "".join(_shifted(letter, -shift) for letter in message)


def string_length(string: str) -> int:
    return len(string)


def minimum_value(*args: float) -> float:
    return min(args)


def maximum_value(*args: float) -> float:
    return max(args)


def _shifted(letter: str, by: int) -> str:
    """A letter moved along the alphabet, in its case; everything else stays."""
    for first in "aA":
        if letter.isascii() and 0 <= (place := ord(letter) - ord(first)) < LETTERS:
            return chr(ord(first) + (place + by) % LETTERS)
    return letter


TOOLS = (convert_hex_to_ascii, reverse_string, caesar_decode, string_length, minimum_value, maximum_value)
