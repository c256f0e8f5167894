"""A stand-in for the server of Weights & Biases on the loopback interface: it records what arrives."""

from __future__ import annotations

import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from llm_strategy.testing.wandb_stub_graphql import Answers

if TYPE_CHECKING:
    from types import TracebackType

    from llm_strategy.testing.wandb_stub_runs import ArrivedRun

__all__ = ["WandbStub"]

_OPERATION = re.compile(r"\b(?:query|mutation)\s+(\w+)")
_STREAM = re.compile(r"/files/[^/]+/[^/]+/(?P<run>[^/]+)/file_stream")
_UPLOAD = re.compile(r"/upload/(?P<kind>run|artifact|manifest)/(?P<owner>[^/]+)/(?P<name>[^/]+)")


class WandbStub:
    """A server for the time of a `with`, for tests of programs that log to Weights & Biases.

    It answers what a client of wandb 0.31 asks while it logs a run or syncs one, and keeps what came. It is no server
    of Weights & Biases: nothing can be read back over it, and there are no uploads in several parts.

    Args:
        deaf: accept the run, and answer every upload and every line of its history with an error that clients retry.

    ```
    with WandbStub() as stub:
        subprocess.run([sys.executable, "train.py"], env={**os.environ, **stub.environment()}, check=True)
    assert stub.runs[0].summary["loss"] < 0.1
    ```
    """

    def __init__(self, *, deaf: bool = False) -> None:
        self._answers = Answers()
        self._deaf = deaf
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.requests: list[str] = []
        """What was asked, in order: `graphql UpsertBucket`, `file_stream`, `PUT run media/html/...`."""

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._answers.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="wandb-stub", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens; empty before it was entered."""
        return self._answers.url

    @property
    def runs(self) -> tuple[ArrivedRun, ...]:
        """What arrived, in the order in which runs were first heard of."""
        return tuple(self._answers.runs.values())

    @property
    def reports(self) -> tuple[dict[str, Any], ...]:
        """The reports that were saved: `title` and `spec`."""
        return tuple(self._answers.reports)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Operations that it was asked for and does not know. A test does well to assert that there are none."""
        return tuple(self._answers.unknown)

    def environment(self) -> dict[str, str]:
        """Return the variables that send a program's wandb here, with a key that is none, and keep it quiet."""
        return {
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": "0" * 40,
            "WANDB_MODE": "online",
            "WANDB_CONSOLE": "off",
            "WANDB_SILENT": "true",
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_X_DISABLE_STATS": "true",
            "WANDB_X_DISABLE_META": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def answered(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Return the status and the answer to a request."""
        path = urlsplit(target).path
        with self._lock:
            if path == "/graphql":
                return 200, self._graphql(json.loads(body))
            if stream := _STREAM.fullmatch(path):
                return self._streamed(stream["run"], body)
            if (upload := _UPLOAD.fullmatch(path)) and method == "PUT":
                return self._uploaded(upload["kind"], unquote(upload["owner"]), unquote(upload["name"]), body)
            self.requests.append(f"{method} {path}")  # the client's telemetry of itself, say
            return 200, {}

    def _graphql(self, asked: dict[str, Any]) -> dict[str, Any]:
        named = _OPERATION.search(asked.get("query", ""))
        operation = asked.get("operationName") or (named[1] if named else "")
        self.requests.append(f"graphql {operation}")
        return self._answers.answer(operation, asked.get("variables") or {})

    def _streamed(self, run: str, body: bytes) -> tuple[int, Any]:
        self.requests.append("file_stream")
        if self._deaf:
            return 503, {}
        self._answers.stream(run, json.loads(body))
        return 200, {"exitcode": None, "limits": {}}

    def _uploaded(self, kind: str, owner: str, name: str, body: bytes) -> tuple[int, Any]:
        self.requests.append(f"PUT {kind} {name}")
        if self._deaf:
            return 503, {}
        self._answers.store(kind, owner, name, body)
        return 200, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away without closing its connections is no problem of the test."""


def _handler_of(stub: WandbStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            try:
                status, answer = stub.answered(self.command, self.path, body)
            except (KeyError, ValueError, TypeError) as error:
                status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the protocol's)
            """Say nothing."""

    return Handler
