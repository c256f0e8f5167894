"""Where model files live on this machine, and whether the ones that lie there are whole.

Hashing a gigabyte at every start would take seconds, so a file that was verified once gets a stamp beside it with its
size, its time of change and the hash it was verified against; as long as these fit, it is taken for whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from llm_strategy.errors import ModelFileMissingError, ModelHashError
from llm_strategy.models.registry import find_model

if TYPE_CHECKING:
    from llm_strategy.models.registry import LocalModel

__all__ = [
    "STORE_VARIABLE",
    "check_hash",
    "file_mark",
    "file_path",
    "is_present",
    "locate",
    "model_path",
    "stamp",
    "store_folder",
    "verify",
]

STORE_VARIABLE = "LLM_STRATEGY_MODELS"
"""Environment variable that moves the store elsewhere."""

_HASH_BLOCK = 4 * 1024 * 1024


def store_folder() -> Path:
    """Folder of the model files: `LLM_STRATEGY_MODELS`, or `llm-strategy/models` in the user's cache."""
    named = os.environ.get(STORE_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_cache_path("llm-strategy") / "models"


def file_path(model: LocalModel) -> Path:
    """Where the file of `model` belongs, whether it is there or not."""
    return store_folder() / model.file_name


def is_present(model: LocalModel) -> bool:
    """Whether a file of the right size is in its place. Does not read it."""
    path = file_path(model)
    return path.is_file() and path.stat().st_size == model.size


def locate(model: LocalModel) -> Path:
    """Return the path of the verified file of `model`.

    Raises:
        ModelFileMissingError: the file is not here; nothing is downloaded.
        ModelHashError: the file is not the one that was pinned.
    """
    path = file_path(model)
    if not path.is_file():
        raise ModelFileMissingError(
            f"The file of {model.name!r} is not at {str(path)!r}. "
            f"Fetch it ({model.size / 1e6:.0f} MB) with: llm-strategy models pull {model.name}"
        )
    verify(model, path)
    return path


def model_path(name: str) -> Path:
    """Return the model file that `name` means: a path ending in `.gguf`, or the name of a known model."""
    return Path(name).expanduser() if name.lower().endswith(".gguf") else locate(find_model(name))


def file_mark(name: str) -> str:
    """Return what tells the file that `name` means from others: the pinned hash, or its size and time of change.

    A file that is not there has no mark.
    """
    if not name.lower().endswith(".gguf"):
        return find_model(name).sha256
    try:
        state = Path(name).expanduser().stat()
    except OSError:
        return ""
    return f"{state.st_size}-{state.st_mtime_ns}"


def verify(model: LocalModel, path: Path) -> None:
    """Check that `path` holds the pinned bytes of `model`; cheap from the second time on.

    Raises:
        ModelHashError: it does not. The file is left where it is.
    """
    if not _is_stamped(model, path):
        check_hash(model, path)
        stamp(model, path)


def check_hash(model: LocalModel, path: Path) -> None:
    """Read the whole of `path`. Raises ModelHashError if it does not hold the pinned bytes of `model`."""
    found = _sha256(path)
    if found != model.sha256:
        raise ModelHashError(
            f"{str(path)!r} is not the file of {model.name!r}: SHA-256 {model.sha256} was expected and {found} was "
            f"found ({path.stat().st_size} of {model.size} bytes). "
            f"Delete it and run: llm-strategy models pull {model.name}"
        )


def stamp(model: LocalModel, path: Path) -> None:
    """Note beside `path` that it was verified as it is now."""
    with contextlib.suppress(OSError):  # a read-only store works too, only slower
        _stamp_path(path).write_text(json.dumps(_state(model, path)), encoding="utf-8")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _state(model: LocalModel, path: Path) -> dict[str, Any]:
    state = path.stat()
    return {"sha256": model.sha256, "size": state.st_size, "mtime_ns": state.st_mtime_ns}


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified.json")


def _is_stamped(model: LocalModel, path: Path) -> bool:
    try:
        noted = json.loads(_stamp_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(noted == _state(model, path))
