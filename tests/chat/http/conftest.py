"""A server that answers with the bytes that a test wants, at the pace that it wants."""

import json
import socket
import threading
import time
from contextlib import suppress
from secrets import token_hex

import pytest

VALUE = {
    "id": "chat-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
}


class Server:
    """Answers each request by `answer(connection, number)`; counts what was asked, and what is still open."""

    def __init__(self, answer):
        self.answer = answer
        self.heads, self.bodies, self.open = [], [], 0
        # Ports come again, and langchain gives all models of one address one client, which a test before may have closed.
        self._path = token_hex(8)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/{self._path}/v1"

    def _serve(self):
        while not self._over.is_set():
            with suppress(OSError):
                connection, _ = self._listening.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with self._lock:
            self.open += 1
        with connection, suppress(OSError, ValueError):
            while True:
                head, body = _request(connection)
                with self._lock:
                    self.heads.append(head)
                    self.bodies.append(body)
                    number = len(self.bodies)
                self.answer(connection, number)
        with self._lock:
            self.open -= 1

    def wait_until_closed(self, seconds=5):
        """Return whether all connections are gone, as the server sees it."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            time.sleep(0.01)
        return not self.open

    def close(self):
        self._over.set()
        with suppress(OSError):
            socket.create_connection(self._listening.getsockname()).close()
        self._thread.join(2)
        self._listening.close()


def _request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    while len(body) < int(lines.get("content-length", 0)):
        body += _more(connection)
    return lines, json.loads(body)


def _more(connection):
    data = connection.recv(65536)
    if not data:
        raise ValueError
    return data


def response(body, *headers, status=200, kind="application/json"):
    """The bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def serve():
    """Starts servers, and ends them."""
    servers = []

    def start(answer):
        if isinstance(answer, bytes):
            data = answer

            def answer(connection, number):
                connection.sendall(data)

        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def whole():
    """The bytes of a good answer."""
    return response(json.dumps(VALUE).encode())


@pytest.fixture
def respond():
    return response
