"""Starting the process of a session, until it is ready for code."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, SandboxUnavailableError
from llm_strategy.sandbox.process.frames import Violation
from llm_strategy.sandbox.process.guest_process import GuestProcess
from llm_strategy.sandbox.process.guest_program import MAIN, guest_modules
from llm_strategy.sandbox.process.pump import Pump

if TYPE_CHECKING:
    from llm_strategy.sandbox.process.launch import Launch
    from llm_strategy.sandbox.protocol import Setup

__all__ = ["start_process"]

_SECONDS = 30.0


def start_process(launch: Launch, setup: Setup, nonce: str) -> tuple[GuestProcess, Pump, Any]:
    """Start an interpreter, and wait until its walls stand.

    Returns:
        The process, what talks to it, and what the prelude said.

    Raises:
        SandboxUnavailableError: it did not come to that.
        ConfigurationError: the limit of memory is too narrow for an interpreter.
    """
    try:
        process = GuestProcess(launch, secrets.token_hex(16), setup.seed)
    except OSError as error:
        if launch.after is not None:
            launch.after()
        raise _refused(launch, f"it cannot be started: {error}") from error
    try:
        pump = Pump(process, nonce)
        try:
            pump.begin(1 << 16)
            pump.send(_hello(launch, setup, nonce))
            return process, pump, _ready(launch, setup, process, pump)
        except BaseException:
            pump.close()
            raise
    except BaseException:
        process.end()
        raise


def _ready(launch: Launch, setup: Setup, process: GuestProcess, pump: Pump) -> Any:
    try:
        found = pump.wait(time.monotonic() + _SECONDS)
    except Violation as problem:
        raise _refused(launch, f"it sent {problem}") from None
    if isinstance(found, dict):
        if found.get("kind") == "ready":
            return found.get("told")
        raise _failed(launch, setup, str(found.get("message")))
    if found == "gone":
        pump.drain()
        said = pump.err.text().strip() or pump.out.text().strip()
        raise _failed(launch, setup, f"{process.how_it_ended()}{f', and said: {said[-2000:]}' if said else ''}")
    raise _refused(launch, f"it was not ready within {_SECONDS:g} s")


def _hello(launch: Launch, setup: Setup, nonce: str) -> dict[str, Any]:
    prelude = launch.prelude
    return {
        "modules": guest_modules(),
        "main": MAIN,
        "nonce": nonce,
        "seed": setup.seed,
        "offset": secrets.randbelow(200),
        "workspace": launch.workspace,
        "most_files": setup.limits.files,
        "rlimits": dict(launch.rlimits),
        "prelude": None
        if prelude is None
        else {"source": prelude.source, "function": prelude.function, "data": prelude.data},
        "functions": [
            {"name": one.name, "parameters": one.parameters, "many": one.many, "description": one.description}
            for one in setup.functions
        ],
    }


def _failed(launch: Launch, setup: Setup, why: str) -> ConfigurationError:
    if "MemoryError" not in why:
        return _refused(launch, why)
    return ConfigurationError(  # no other sandbox should be taken for it
        f"Limits(memory_mib={setup.limits.memory_mib}) is too little for the sandbox {launch.name!r}: its interpreter "
        "does not start. Use 64 or more. No code was run."
    )


def _refused(launch: Launch, why: str) -> SandboxUnavailableError:
    return SandboxUnavailableError(f"The sandbox {launch.name!r} did not start: {why}. No code was run.")
