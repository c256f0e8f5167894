"""A config file to begin with: every key, what it means and what holds without it, all of them in comments."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import ConfigurationError
from llm_strategy.planner.config.keys import KEYS, ConfigKey

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["config_text", "write_config"]

_HEAD: Final = """\
# How `llm-strategy generate` works for you. Every line that says something is a comment: take the '#' away from those
# that you want to change. The command line wins over the environment, that over a file named with --config, that over
# this file. Behind each key stands what holds without it, and its variable of the environment.
"""
_TABLES: Final = {
    "budget": "What a run may spend, over all the times that it is resumed. What is made stays in the workspace.\n"
    "# Variable of the environment: LLM_STRATEGY_PLANNER_BUDGET='tokens=200000,dollars=0.5'",
    "planner": "How a program is planned and carried out. A run that is resumed keeps what it was begun with.",
}
_EXAMPLES: Final = {
    "model": "openai:gpt-4o-mini",
    "small": True,
    "budget.steps": 20,
    "budget.calls": 100,
    "budget.tokens": 200_000,
    "budget.dollars": 0.5,
    "budget.seconds": 3600,
}
"""What is shown for keys that have no value by themselves."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_WITHOUT: Final = {"model": " Without it: 'local'.", "small": " Without it: where nobody names a model."}


def config_text() -> str:
    """Return the text of a config file that changes nothing yet.

    >>> import tomllib
    >>> tomllib.loads(config_text())
    {'budget': {}, 'planner': {}}
    """
    lines, table = [_HEAD.rstrip()], ""
    for key in KEYS.values():
        if key.table != table:
            table = key.table
            lines += ["", f"# {_TABLES[table]}", f"[{table}]"]
        lines += ["", *_lines(key)]
    return "\n".join([*lines, ""])


def _lines(key: ConfigKey) -> list[str]:
    nothing = key.default is None
    value = _EXAMPLES[key.path] if nothing else key.default
    without = _WITHOUT.get(key.path, " Without it: no limit.") if nothing else ""
    about = f"# {key.about}{without}"
    return [f"{about} {key.variable}".rstrip(), f"# {key.name} = {_toml(value)}"]


def _toml(value: Any) -> str:
    """Return a value as TOML writes it: as JSON does, as far as there are no nulls."""
    return json.dumps(value)


def write_config(path: Path, *, force: bool = False) -> Path | None:
    """Write a config file to begin with.

    Args:
        path: where.
        force: write it although there is one: the old one is kept beside it, under another name.

    A new file is its owner's alone, since people keep keys in such files; one in the place of another has its
    permissions, and so has the one that is kept.

    Returns:
        Where the old file is now; None where there was none.

    Raises:
        ConfigurationError: there is one already, or it cannot be written.
    """
    path = path.expanduser().resolve()  # of a link, the file behind it
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            _write(path, config_text().encode())
            return None
        backup, mode = _kept(path)
        beside = path.with_name(f".{path.name}.{token_hex(4)}")
        try:
            _write(beside, config_text().encode(), mode)
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as error:
        if not (isinstance(error, FileExistsError) and path.exists()):
            told = f"{str(path)!r} cannot be written: {error.strerror}. Name another --path."
            raise ConfigurationError(told) from error
        raise ConfigurationError(
            f"There is something at {str(path)!r} already. --force writes a new file there, and keeps the old one "
            "beside it; or name another --path."
        ) from error
    return backup


def _kept(path: Path) -> tuple[Path | None, int | None]:
    """Keep a file under a name that is free; return that, and its permissions. None for both where there is no file."""
    try:
        with path.open("rb") as stream:
            old, mode = stream.read(), stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
    except FileNotFoundError:
        return None, None
    number = 1
    while True:
        backup = path.with_name(f"{path.name}.bak{'' if number == 1 else f'.{number}'}")
        try:
            _write(backup, old, mode)
        except FileExistsError:
            number += 1
        else:
            return backup, mode


def _write(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file that is not there yet, for its owner alone unless a mode is given. Raises FileExistsError."""
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), mode & 0o777)
        os.fsync(stream.fileno())
