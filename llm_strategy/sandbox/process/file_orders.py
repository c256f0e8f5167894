"""Files of a workspace, as the worker inside reads and writes them for the host."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.sandbox.process.frames import Violation

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.pump import Pump

__all__ = ["ask_for_file"]


def ask_for_file(pump: Pump, order: dict[str, Any], action: int, until: float) -> bytes:
    """Have a part of a file read or written; return what was read. It has to be done by a moment, `until`.

    Raises:
        FileNotFoundError: there is none.
        InputError: it cannot be read or written.
        Violation: the worker does not do what it is asked.
    """
    data = order.get("data")
    told = order if data is None else {**order, "data": base64.b64encode(data).decode()}
    pump.send({**told, "action": action})
    match pump.wait(until):
        case {"kind": "file", "action": int(number), "data": str(text)} if number == action:
            return _decoded(text)
        case {"kind": "missing", "action": int(number), "error": str(kind), "message": str(words)} if number == action:
            if kind == "FileNotFoundError":
                raise FileNotFoundError(f"There is no file {order['path']!r} in the workspace.")
            raise InputError(f"{order['path']!r} in the workspace: {words[:200]} ({kind[:100]}).")
        case _:
            raise Violation("no answer to the question for a file")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Violation("a file that is no data") from None
