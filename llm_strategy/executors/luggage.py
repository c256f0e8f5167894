"""What an item takes along to a worker: the function, and the scopes in force where the work began."""

from __future__ import annotations

import os
import socket
import sys
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import spawn
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_strategy.chat.resolve import model_in_force, use_model
from llm_strategy.executors.packing import Kept, packed, unpacked
from llm_strategy.flow.cache.layer import CacheLayer
from llm_strategy.flow.cache.shared import borrow
from llm_strategy.flow.layers import layered, own_layers
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.hyperparameters.registry import registered
from llm_strategy.hyperparameters.stack import in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Luggage", "main_script", "prepared"]


@dataclass(frozen=True, slots=True)
class Luggage:
    """Scopes, and the function that is called inside of them."""

    function: Callable[[Any], Any]
    """What is called on each item."""
    layers: tuple[Any, ...] = ()
    """Layers, innermost first."""
    scopes: tuple[str, ...] = ()
    """Scopes of hyperparameters as JSON, outermost first."""
    modules: tuple[str, ...] = ()
    """Where the functions are defined that they name."""
    model: Any = None
    """The model of calls that name none."""
    machine: str = field(default_factory=socket.gethostname)
    """Where the work began."""

    @classmethod
    def of(cls, function: Callable[[Any], Any]) -> Luggage:
        """Return what a function takes along from here."""
        scopes = in_force().scopes
        names = {name for scope in scopes for name in scope.root}
        modules = {str(getattr(registered(name), "__module__", "")) for name in names}
        texts = tuple(scope.model_dump_json() for scope in scopes)
        return cls(function, own_layers(), texts, tuple(sorted(modules - {"", "__main__"})), model_in_force())

    def packed(self, kept: Kept) -> bytes:
        """Return it as bytes; what stays here goes into `kept`. Raises PicklingError."""
        return packed(self, kept)

    @contextmanager
    def opened(self) -> Generator[None]:
        """Put the scopes into force."""
        for module in self.modules:
            import_module(module)
        with ExitStack() as stack:
            for text in self.scopes:
                stack.enter_context(Hyperparameters.model_validate_json(text))
            if self.model is not None:
                stack.enter_context(use_model(self.model))
            for layer in reversed(self.layers):
                if not isinstance(layer, CacheLayer):
                    stack.enter_context(layered(layer))
                elif self._reaches(layer):
                    _kept_open(layer.options.path)
                    stack.enter_context(layered(layer))
            yield

    def _reaches(self, layer: CacheLayer) -> bool:
        """Whether the file of a cache is the same one here."""
        if self.machine == socket.gethostname():
            return True
        warnings.warn(
            f"The cache {str(layer.options.path)!r} is a file of machine {self.machine!r}: on "
            f"{socket.gethostname()!r} calls go on without it.",
            RuntimeWarning,
            stacklevel=2,
        )
        return False


_OPEN: set[Path] = set()


def _kept_open(path: Path) -> None:
    """Keep the file of a cache open in this worker, from item to item."""
    if path not in _OPEN:
        _OPEN.add(path)
        borrow(path)


@dataclass(frozen=True, slots=True)
class Script:
    """Where a program comes from."""

    path: str = ""
    """The file of the script, where it is one."""
    name: str = ""
    """The name of the module, where it was started by that."""
    search: tuple[str, ...] = ()
    """Where modules are searched for."""


def main_script() -> Script:
    """Return where this program comes from."""
    data = spawn.get_preparation_data("worker")
    path, name = data.get("init_main_from_path", ""), data.get("init_main_from_name", "")
    search = tuple(os.path.abspath(one) for one in sys.path if one and not one.endswith(".zip"))  # noqa: PTH100
    return Script(str(path or ""), str(name or ""), (str(Path.cwd()), *search))


def prepared(script: Script) -> None:
    """Let the names of a program be found in this worker; its guarded main part does not run."""
    known = set(sys.path)
    sys.path.extend(one for one in script.search if one not in known)
    if "__mp_main__" in sys.modules and getattr(sys.modules["__mp_main__"], "__llm_strategy__", None) == script:
        return
    data = {"init_main_from_name": script.name} if script.name else {"init_main_from_path": script.path}
    if script.name or script.path:
        spawn.prepare(data)
        sys.modules["__main__"].__llm_strategy__ = script  # type: ignore[attr-defined]


def received(luggage: bytes) -> Luggage:
    """Return the luggage behind the bytes."""
    found: Luggage = unpacked(luggage)
    return found
