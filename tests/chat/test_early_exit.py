"""Leaving a stream before its end closes its connection: seen from a server on the loopback interface."""

import asyncio
import gc
import json
import select
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress
from secrets import token_hex

import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from llm_strategy import llm_function

pytestmark = [pytest.mark.usefixtures("own_garbage"), pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]


LONGEST = 30
"""Seconds after which the server is not left any more; on a busy machine one may be too few."""


class Report(BaseModel):
    lines: list[str]


@llm_function(method="prompt")
def lines(model, topic: str) -> Iterator[str]:
    """Lines about the topic."""
    raise NotImplementedError


@llm_function(method="prompt")
def report(model, topic: str) -> Report:
    """Report on the topic."""
    raise NotImplementedError


class Endless(socketserver.ThreadingTCPServer):
    """Streams items without end, and notes when nobody listens any more."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reached, self.left = threading.Event(), threading.Event()


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        asked = self.rfile.read(length).decode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.server.reached.set()
        text = '{"lines": ["one"' if "report" in asked else '{"return_value": ["one"'
        with suppress(OSError):
            while True:
                self._say(text)
                text = ', "more"'
                if select.select([self.request], [], [], 0.01)[0] and not self.request.recv(1):
                    break
        self.server.left.set()

    def _say(self, text):
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
        piece = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        data = f"data: {json.dumps(piece)}\n\n".encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


@pytest.fixture
def server():
    with Endless() as endless:
        thread = threading.Thread(target=endless.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield endless
        endless.shutdown()
        thread.join()


@pytest.fixture
def model(server):
    # Ports come again, and langchain gives all models of one address one client, which a test before may have closed.
    address = f"http://127.0.0.1:{server.server_address[1]}/{token_hex(8)}/v1"
    return ChatOpenAI(model="m", base_url=address, api_key="x")


def in_a_loop(values):
    for _ in values:
        break
    values.close()


def forgotten(values):
    next(values)
    del values
    gc.collect()


def with_an_error(values):
    with suppress(ZeroDivisionError):
        for _ in values:
            1 / 0  # noqa: B018 (it raises)


leaving = pytest.mark.parametrize("leave", [in_a_loop, forgotten, with_an_error])
streams = pytest.mark.parametrize("stream", [lines, report.stream], ids=["items", "growing"])


@leaving
@streams
def test_leaving_a_stream_closes_its_connection(server, model, stream, leave):
    leave(stream(model, "Faust"))

    assert server.left.wait(LONGEST)


async def closed(values, server):
    async for _ in values:
        break
    await values.aclose()


async def dropped(values, server):
    await anext(values)
    del values
    gc.collect()


async def cancelled(values, server):
    async def all_of_them():
        async for _ in values:
            pass

    task = asyncio.ensure_future(all_of_them())
    assert await asyncio.to_thread(server.reached.wait, LONGEST)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("leave", [closed, dropped, cancelled])
def test_leaving_an_async_stream_closes_its_connection(server, model, leave):
    async def left():
        await leave(report.astream(model, "Faust"), server)
        seen = await asyncio.to_thread(server.left.wait, LONGEST)
        await model.root_async_client.close()
        return seen

    assert asyncio.run(left())
