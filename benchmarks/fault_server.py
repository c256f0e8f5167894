"""A model provider on loopback that fails by a seed, in a process of its own, and keeps a log of every request.

python -m benchmarks.fault_server SEED RATE

It prints two ports: one that is always there, and one that refuses connections for a third of every second. The prompt
of each request names its call, such as `sync-12`: which fault a request meets depends on the seed, the call and how
often the call was heard of before. A call whose name begins with `hammer` meets nothing but 429 in milliseconds,
`hours...` is told to wait ten hours, `late...` gets no reply in time, `warm...` meets no fault, and
`kind...-7` meets fault number 7 the first time, then none.
GET /log gives the log.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.fault_kinds import A_MOMENT, FAULTS, KINDS, SLOW, TEN_HOURS, Exchange, bomb, drawn

CALL = re.compile(r"call: ([a-z]+(?:-[a-z]+)*)-([0-9]+)")
HAMMERING = 0.8
"""How many of the requests of a hammered key are turned away."""
OPEN, CLOSED = 0.7, 0.3
"""Seconds that the second port takes connections, and refuses them."""


@dataclass
class Provider:
    """The server, and what it has seen."""

    seed: int
    rate: float
    moody: int = 0
    """The port that refuses connections at times; none of its connections is kept."""
    log: list[dict[str, Any]] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes on one connection, one request after the other."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while not writer.is_closing() and await self._request(reader, writer):
                pass
        with suppress(OSError):
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        came = time.monotonic()
        if head.startswith("GET /log"):
            body = json.dumps(self.log).encode()
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
            return False
        length = re.search(r"content-length: ([0-9]+)", head, re.IGNORECASE)
        request = json.loads(await reader.readexactly(int(length[1]) if length else 0))
        await self._answer(request, writer, came)
        return True

    async def _answer(self, request: dict[str, Any], writer: asyncio.StreamWriter, came: float) -> None:
        prompt = "\n".join(str(message["content"]) for message in request["messages"])
        found = CALL.search(prompt)
        name, number = (found[1], int(found[2])) if found else ("unknown", 0)
        call = f"{name}-{number}"
        self.heard[call] += 1
        chance = random.Random(f"{self.seed} {call} {self.heard[call]}")
        schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
        closing = writer.get_extra_info("sockname")[1] == self.moody
        one = Exchange(writer, chance, number, bool(request.get("stream")), schema, closing)
        entry = {"call": call, "nth": self.heard[call], "came": came, "messages": len(request["messages"])}
        self.log.append(entry)
        fault = None
        if name.startswith("hammer"):
            if chance.random() < HAMMERING:
                one.kind, fault = "429, a moment", A_MOMENT
        elif name.startswith("hours"):
            one.kind, fault = "429, ten hours", TEN_HOURS
        elif name.startswith("kind"):
            if self.heard[call] == 1:
                one.kind, fault = KINDS[number], FAULTS[KINDS[number]]
        elif name.startswith("late"):
            one.kind, fault = chance.choice(list(SLOW.items()))
        elif not name.startswith("warm") and chance.random() < self.rate:
            one.kind, fault = drawn(chance, streamed=one.streamed)
        entry |= {"kind": one.kind, "said": time.monotonic()}
        try:
            await (one.answer(one.content()) if fault is None else fault(one))
        finally:
            entry["asked"] = one.asked
        if closing:
            writer.close()


async def main(seed: int, rate: float) -> None:
    """Serve until the process is ended."""
    bomb()
    provider = Provider(seed, rate)
    steady, moody = await _listening(provider, 0), await _listening(provider, 0)
    port, provider.moody = (server.sockets[0].getsockname()[1] for server in (steady, moody))
    print(port, provider.moody, flush=True)
    while True:
        await asyncio.sleep(OPEN)
        moody.close()
        await asyncio.sleep(CLOSED)
        moody = await _listening(provider, provider.moody)


async def _listening(provider: Provider, port: int) -> asyncio.Server:
    while True:
        try:
            return await asyncio.start_server(provider.serve, "127.0.0.1", port, limit=2**20, backlog=1000)
        except OSError:  # a client may have got the port for a moment
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
