"""The first lines inside: they take the program from the host, and start it.

The modules of the program get builtins of their own, and are not to be found in `sys.modules` later: code that changes
`print` or `repr`, on purpose or not, changes nothing for the worker.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
from types import ModuleType
from typing import Any

__all__ = ["load", "start"]


def load(modules: list[list[str]]) -> dict[str, ModuleType]:
    """Run the sources of modules, in order, and return the modules by name."""
    own = dict(vars(builtins))
    made: dict[str, ModuleType] = {}
    hidden = {name: sys.modules.get(name) for name, _ in modules}
    try:
        for name, source in modules:
            module = made[name] = sys.modules[name] = ModuleType(name)
            module.__dict__["__builtins__"] = own
            exec(compile(source, f"<{name}>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (our own files)
    finally:
        for name, before in hidden.items():
            if before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = before
    return made


def start(descriptors: str) -> None:
    """Take the program from the host, and let it serve the session."""
    numbers = [int(number) for number in descriptors.split(",")]
    length = int.from_bytes(_exactly(numbers[0], 4), "big")
    hello: dict[str, Any] = json.loads(_exactly(numbers[0], length))
    modules = load(hello.pop("modules"))
    serve: Any = modules[hello.pop("main")].serve
    serve(numbers, hello)


def _exactly(source: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = os.read(source, count - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


if __name__ == "__main__":
    start(sys.argv[1])
