"""The files that type checkers judge are real code, and are judged."""

import runpy
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SETTINGS = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text("utf-8"))["tool"]


@pytest.mark.parametrize(
    "name", ["functions.py", "hyperparameters.py", "optimizer.py", "strategies.py", "tools.py", "untrusted.py"]
)
def test_the_definitions_run(name: str) -> None:
    assert "__doc__" in runpy.run_path(str(HERE / name))


def test_both_checkers_read_them_strictly() -> None:
    assert SETTINGS["mypy"]["strict"] is True
    assert SETTINGS["pyright"]["typeCheckingMode"] == "strict"
    assert "tests/typing" in SETTINGS["mypy"]["files"]
    assert "tests/typing" in SETTINGS["pyright"]["include"]
