"""A provider on the loopback interface that takes its time, and knows who waits for it. Started as a process.

Base URL: http://127.0.0.1:PORT/v1. A prompt that holds `drip` is answered a few bytes at a time, one with `fail` by
status 400. `GET /stats` tells how many connections are open, how many of them wait for a reply, and which replies were
sent whole.
"""

import asyncio
import json
import random
import re

USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
STATE = {"open": 0, "busy": 0, "asked": 0, "numbers": [], "finished": []}
RANDOM = random.Random(6)


class Provider(asyncio.Protocol):
    """One connection: it learns at once when the other side leaves."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""
        self.work = None
        STATE["open"] += 1

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        STATE["open"] -= 1
        if self.work is not None:
            self.work.cancel()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if not end or len(body) < int(length[1] if length else 0):
            return
        self.received = b""
        if head.startswith(b"GET"):
            self.send(json.dumps(STATE).encode())
            return
        STATE["busy"] += 1
        STATE["asked"] += 1
        self.work = asyncio.ensure_future(self.answer(json.loads(body)))
        self.work.add_done_callback(lambda _: STATE.__setitem__("busy", STATE["busy"] - 1))

    def send(self, body: bytes, kind: str = "application/json", status: int = 200) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    async def answer(self, asked: dict) -> None:
        prompt = asked["messages"][-1]["content"]
        number = re.findall(r"\d+", prompt)[-1]
        STATE["numbers"].append(int(number))
        if "fail" in prompt:
            await asyncio.sleep(0.15)
            self.send(b'{"error": {"message": "no"}}', status=400)
            return
        if asked.get("stream"):
            await self.stream(number)
        else:
            await self.whole(number, slow="drip" in prompt)
        STATE["finished"].append(int(number))

    async def whole(self, number: str, *, slow: bool) -> None:
        message = {"role": "assistant", "content": number}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE}
        body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
        data = json.dumps(body).encode()
        await asyncio.sleep(RANDOM.uniform(0.01, 0.3))
        if not slow:
            self.send(data)
            return
        self.transport.write(
            f"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode()
        )
        for start in range(0, len(data), 8):
            self.transport.write(data[start : start + 8])
            await asyncio.sleep(0.1)

    async def stream(self, number: str) -> None:
        self.transport.write(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        pieces = ["[", *[f"{number}, " for _ in range(30)], f"{number}]"]
        for piece in pieces:
            self.event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            await asyncio.sleep(0.05)
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE})
        self.chunk(b"data: [DONE]\n\n")
        self.transport.write(b"0\r\n\r\n")

    def event(self, data: dict) -> None:
        whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", **data}
        self.chunk(b"data: " + json.dumps(whole).encode() + b"\n\n")

    def chunk(self, data: bytes) -> None:
        self.transport.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
