"""Serve a local model over HTTP in the form of OpenAI's API, from the same runtime that runs embedded.

Covered: chat completions, streaming, `response_format`, `grammar`, logprobs, seeds, `/health` (open) and an API key
for the rest. Not covered: tool calls. The server answers them as text; `LocalChatModel` reads them, a client of this
server has to do it itself.
"""

from __future__ import annotations

import ipaddress
import secrets
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.models.local_runtime import LoadSettings, available_threads, load
from llm_strategy.models.registry import DEFAULT_MODEL
from llm_strategy.models.store import model_path

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

__all__ = ["Serving", "serve", "serving"]


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server."""

    base_url: str
    """Address for clients, with `/v1`."""
    api_key: str
    model_name: str

    def example(self) -> str:
        """A line of Python that makes a client."""
        return f'ChatOpenAI(base_url="{self.base_url}", api_key="{self.api_key}", model="{self.model_name}")'


@contextmanager
def serving(  # noqa: PLR0913  one option a setting
    model: str = DEFAULT_MODEL,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str | None = None,
    n_threads: int | None = None,
    n_ctx: int = 8192,
    n_parallel: int = 2,
) -> Generator[Serving]:
    """Serve `model` while in the block. It is loaded and healthy when the block starts.

    Args:
        model: name of a known model, or path of a `.gguf` file.
        host: address to listen on. One that other machines reach needs an `api_key`.
        port: 0 takes any free port.
        api_key: key that clients must send; None makes one at random.
        n_threads: threads that compute; None takes the processors of this process.
        n_ctx: tokens of one conversation.
        n_parallel: requests worked on at once.

    Raises:
        ConfigurationError: `host` is reachable from outside, and there is no `api_key`.
        ModelFileError: the model cannot be loaded, or the port is taken.
    """
    if not api_key and not _is_loopback(host):
        raise ConfigurationError(
            f"{host!r} can be reached from other machines. Pass api_key (--api-key), or serve on 127.0.0.1."
        )
    key = api_key or secrets.token_urlsafe(32)
    path = model_path(model).resolve()
    name = path.stem if model.lower().endswith(".gguf") else model
    settings = LoadSettings(
        path=path,
        n_ctx=n_ctx,
        n_parallel=n_parallel,
        n_threads=n_threads or available_threads(),
        prompt_cache_mib=0,
        host=host,
        port=port,
        alias=name,
    )
    runtime = load(settings, api_key=key)
    try:
        yield Serving(f"{runtime.address}/v1", key, name)
    finally:
        del runtime  # the last reference: the listener closes


def serve(server: Serving, say: Callable[[str], object]) -> None:
    """Tell how to reach `server`, and return at SIGINT or SIGTERM. Main thread only."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        say(f"Serving {server.model_name} at {server.base_url} (Ctrl-C stops it)")
        say(server.example())
        while not stopped.wait(0.5):
            pass  # Windows runs signal handlers between waits only
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
