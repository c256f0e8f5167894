"""The one place that touches `xllamacpp`: load a model file once, run a request, stop it early.

The runtime is llama.cpp's server inside this process. Requests go in as dictionaries, without a socket, but the
server opens an HTTP listener in any case: it is bound to the loopback address on a free port and takes no request
without a random key of 256 bits that never leaves this process (`/health` and `/v1/models` answer without it).

Two more habits of the runtime are undone here: it takes over SIGINT and SIGTERM for the whole process (Python's own
handlers are put back, on POSIX systems), and it logs every request to stderr (silent unless asked).

Not covered: a process that forks after loading. The child gets its own, newly loaded runtime, but the memory of the
parent's stays mapped in it.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import os
import secrets
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import MissingExtraError, ModelFileError, ModelFileMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

__all__ = ["END", "LoadSettings", "Runtime", "available_threads", "check_file", "load", "shared_runtime", "unload"]

Body = dict[str, Any]
Item = Any
"""A chunk (dict), an exception that ended the request, or `END`."""


class _End:
    """Sentinel: the request is over, whatever the reason."""


END: Final = _End()

_QUIET = -1
_INFO = 3
_BATCH_TOKENS = 512
_SPIN_VARIABLE = "GOMP_SPINCOUNT"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """What makes two loaded models the same one."""

    path: Path
    n_ctx: int
    """Tokens of one conversation, prompt and reply together."""
    n_parallel: int
    """Requests worked on at once; more than these wait in line."""
    n_threads: int
    prompt_cache_mib: int
    """Memory for the prompts of conversations that lost their place, in MiB."""
    log: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    alias: str = ""
    """Name under which the HTTP listener offers the model."""


@dataclass(slots=True)
class Runtime:
    """A loaded model. Thread-safe; it is freed when the last reference to it goes."""

    settings: LoadSettings
    server: Any
    api_key: str
    has_json_engine: bool
    """Whether this build has the grammar engine that understands JSON schemas by itself."""
    _running: set[Call] = field(default_factory=set["Call"])

    @property
    def address(self) -> str:
        """URL of the HTTP listener, without a path."""
        return str(self.server.listening_address)

    def start(self, body: Body, deliver: Callable[[Item], object]) -> Call:
        """Run one chat completion in a thread of its own.

        Args:
            body: request in the form of OpenAI's chat completions; `stream` must be true.
            deliver: called in that thread with every chunk, then with the exception if there was one, then with
                `END`. It must not block.
        """
        call = Call()
        thread = threading.Thread(target=self._work, args=(body, deliver, call), daemon=True, name="llm-strategy-local")
        self._running.add(call)
        thread.start()
        return call

    def _work(self, body: Body, deliver: Callable[[Item], object], call: Call) -> None:
        def receive(chunk: Item) -> bool:
            if not call.cancelled:
                deliver(chunk)
            return call.cancelled  # True makes the server drop the request

        try:
            if not call.cancelled:
                self.server.handle_chat_completions(body, receive)
        except Exception as error:  # noqa: BLE001  the caller's thread raises it
            deliver(error)
        finally:
            self._running.discard(call)
            call.finished.set()
            deliver(END)

    def stop(self, wait_seconds: float = 2.0) -> None:
        """Cancel what is running and wait for it, at most `wait_seconds` for each request."""
        for call in tuple(self._running):
            call.cancel()
            call.finished.wait(wait_seconds)


@dataclass(eq=False, slots=True)
class Call:
    """A request under way."""

    cancelled: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Stop generating at the next token, or at the next batch of the prompt. Does not wait."""
        self.cancelled = True


@dataclass(slots=True)
class _Shelf:
    """The runtimes of this process. A lock a setting, so that different models load side by side."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    loading: dict[tuple[int, LoadSettings], threading.Lock] = field(default_factory=dict[Any, Any])
    runtimes: dict[tuple[int, LoadSettings], Runtime] = field(default_factory=dict[Any, Any])


_SHELF = _Shelf()


def shared_runtime(settings: LoadSettings) -> Runtime:
    """Return the runtime for `settings`, loading it at the first call of this process."""
    key = (os.getpid(), settings)
    found = _SHELF.runtimes.get(key)
    if found is not None:
        return found
    with _SHELF.lock:
        turn = _SHELF.loading.setdefault(key, threading.Lock())
    with turn:
        if key not in _SHELF.runtimes:
            if not _SHELF.runtimes:
                atexit.register(_unload_all)
            _SHELF.runtimes[key] = load(settings)
        return _SHELF.runtimes[key]


def unload(settings: LoadSettings) -> None:
    """Free the shared runtime for `settings` once its running requests are over; the next use loads it again."""
    _SHELF.runtimes.pop((os.getpid(), settings), None)


def _unload_all() -> None:
    # A thread inside the runtime while the interpreter goes down would crash it.
    for key in tuple(_SHELF.runtimes):
        runtime = _SHELF.runtimes.pop(key)
        if key[0] == os.getpid():
            runtime.stop()
        else:
            # A parent's runtime: its threads were not copied by the fork, and freeing it would wait for them.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(runtime.server))


def load(settings: LoadSettings, *, api_key: str | None = None) -> Runtime:
    """Load a model of one's own, shared with nobody.

    Raises:
        MissingExtraError: `xllamacpp` is not installed.
        ModelFileMissingError: there is no such file.
        ModelFileError: the file is not a whole GGUF model, or does not fit into memory.
    """
    xllamacpp = _import_runtime()
    check_file(settings.path)
    key = api_key or secrets.token_urlsafe(32)
    parameters = _parameters(xllamacpp, settings, key)
    with _own_signal_handlers():
        try:
            server: Any = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise ModelFileError(_load_problem(settings)) from error
        # An answer from the main loop proves that it runs: a server freed before that would wait for it for ever.
        server.handle_metrics()
    grammar = str(xllamacpp.json_schema_to_grammar("{}"))
    return Runtime(settings, server, key, has_json_engine="%llguidance" in grammar)


def _import_runtime() -> Any:
    """Import `xllamacpp` with threads that give up waiting actively sooner than OpenMP's default.

    By default they spin for milliseconds at each of the hundreds of barriers of a token. Where other processes want
    the same cores that costs a factor of ten and more in speed; on an idle machine this setting costs about 4 %.
    """
    chosen = any(name in os.environ for name in ("OMP_WAIT_POLICY", _SPIN_VARIABLE))
    if not chosen:
        os.environ[_SPIN_VARIABLE] = "2000"
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise MissingExtraError("local", "The embedded model") from error
    finally:
        if not chosen:
            del os.environ[_SPIN_VARIABLE]


def _parameters(xllamacpp: Any, settings: LoadSettings, api_key: str) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(settings.path)
    parameters.n_ctx = settings.n_ctx * settings.n_parallel
    parameters.n_parallel = settings.n_parallel
    parameters.cpuparams.n_threads = settings.n_threads
    parameters.cpuparams_batch.n_threads = settings.n_threads
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS  # a cancelled prompt stops after one batch
    parameters.cache_ram_mib = settings.prompt_cache_mib
    parameters.hostnames = [settings.host]
    parameters.port = settings.port
    parameters.api_keys = [api_key]
    if settings.alias:
        parameters.model_alias = {settings.alias}
    parameters.verbosity = _INFO if settings.log else _QUIET
    parameters.use_jinja = True
    parameters.fit_params = False  # it would shrink the context without saying so
    parameters.warmup = False
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.endpoint_metrics = True
    return parameters


def check_file(path: Path) -> None:
    """Check that `path` may be a model, without loading it. Raises ModelFileError."""
    if not path.is_file():
        raise ModelFileMissingError(f"There is no model file at {str(path)!r}. Check the path, or pull a known model.")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise ModelFileError(
            f"{str(path)!r} is not a GGUF model: it starts with {magic!r}. "
            "Convert the model to GGUF, or pull a known one."
        )


def _load_problem(settings: LoadSettings) -> str:
    listener = f" or the address {settings.host}:{settings.port} is taken" if settings.port else ""
    return (
        f"The model file {str(settings.path)!r} could not be loaded with n_ctx={settings.n_ctx} and "
        f"n_parallel={settings.n_parallel}: it is cut off, of an unknown architecture, too big for the memory"
        f"{listener}. Set runtime_log=True to see what the runtime says."
    )


def available_threads() -> int:
    """Processors this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@contextmanager
def _own_signal_handlers() -> Generator[None]:
    """Put back this process's handlers of SIGINT and SIGTERM, which the runtime replaces beneath Python.

    `signal.signal` works in the main thread only and a model may be loaded in any: hence the C functions. Meanwhile
    the signals wait, where the system can make them: the runtime would take one as the end of a loop not yet begun.
    """
    get, put = ctypes.pythonapi.PyOS_getsig, ctypes.pythonapi.PyOS_setsig
    get.restype = put.restype = ctypes.c_void_p
    get.argtypes, put.argtypes = [ctypes.c_int], [ctypes.c_int, ctypes.c_void_p]
    before = {number: get(number) for number in (signal.SIGINT, signal.SIGTERM)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, before) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        for number, handler in before.items():
            put(number, handler)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
