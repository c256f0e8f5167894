"""Benchmarks, one command each: `python -m benchmarks.NAME [--quick]`; with `--help` it says what it measures."""

from __future__ import annotations

import ast
import sys
from pathlib import Path


def _help() -> None:
    """Print what a benchmark says of itself, and end: before it is run, and where it does not read options itself."""
    names = [one for one in sys.orig_argv if one.split(".")[0] == "benchmarks"]
    if not names or not {"-h", "--help"} & set(sys.argv[1:]):
        return
    source = Path(__file__).with_name(f"{names[0].partition('.')[2] or '__main__'}.py")
    text = source.read_text(encoding="utf-8") if source.is_file() else "import argparse"
    if "import argparse" not in text:
        print(ast.get_docstring(ast.parse(text)))
        raise SystemExit(0)


_help()
