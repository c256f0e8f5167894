"""What can go wrong between a server and its client: one function for each, which writes to the connection itself.

A fault gets an `Exchange` and answers the request in its own bad way. What it asks the client to wait for is noted on
the exchange, in seconds.
"""

import asyncio
import json
import random
import socket
import struct
import time
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache
from typing import Any

HANG = 60.0
"""So many seconds a server that does not answer keeps the connection."""
LARGE = 100 * 2**20
PIECE = b" " * 2**16


@dataclass
class Exchange:
    """One request, and the connection on which it came."""

    writer: asyncio.StreamWriter
    chance: random.Random
    number: int
    """What the reply must hold."""
    streamed: bool
    schema: dict[str, Any]
    closing: bool = False
    """Whether the connection ends with the answer."""
    kind: str = "fine"
    asked: float = 0.0
    """Seconds that the client was told to wait."""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def respond(
        self,
        body: bytes,
        status: str = "200 OK",
        headers: dict[str, str] | None = None,
        *,
        length: int | None = None,
        content: str = "",
    ) -> None:
        """Answer with a body; `length` is what the header claims, where that is another one."""
        fields = {
            "Content-Type": content or ("text/event-stream" if self.streamed else "application/json"),
            "Content-Length": str(len(body) if length is None else length),
            "Date": formatdate(usegmt=True),
            **({"Connection": "close"} if self.closing else {}),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)

    async def refuse(self, status: str, headers: dict[str, str] | None = None, kind: str = "server_error") -> None:
        """Answer with an error, as providers word it."""
        error = {"error": {"message": f"The server says {status}.", "type": kind, "code": None}}
        await self.respond(json.dumps(error).encode(), status, headers, content="application/json")

    async def answer(self, content: str, finish: str = "stop") -> None:
        """Answer with a reply of the model."""
        await self.respond(self.events(content, finish) if self.streamed else completion(content, finish))

    def content(self, text: str = "a text") -> str:
        """The value that is asked for, as JSON: an object, or a list of three in one."""
        properties = self.schema.get("properties", {})
        if "number" in properties:
            return json.dumps({"number": self.number, "text": text})
        key = next(iter(properties), "return_value")
        return json.dumps({key: [{"number": self.number + step, "text": text} for step in range(3)]})

    def events(self, content: str, finish: str = "stop", *, done: bool = True) -> bytes:
        """A streamed reply, event by event."""
        pieces = [content[start : start + 16] for start in range(0, len(content), 16)]
        events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
        return b"".join([*events, event({}, finish), *([b"data: [DONE]\n\n"] if done else [])])

    def reset(self) -> None:
        """End the connection at once, with a RST."""
        connection = self.writer.get_extra_info("socket")
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def completion(content: str, finish: str = "stop") -> bytes:
    """A whole reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
        }
    ).encode()


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One piece of a streamed reply."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(data)}\n\n".encode()


Fault = Callable[[Exchange], Awaitable[None]]


def limited(name: str, value: Callable[[random.Random], tuple[str, float]]) -> Fault:
    """A 429 that says how long to wait in one header."""

    async def fault(one: Exchange) -> None:
        text, one.asked = value(one.chance)
        await one.refuse("429 Too Many Requests", {name: text}, "rate_limit_error")

    return fault


async def limited_until(one: Exchange) -> None:
    """A 429 that names a date: up to two seconds from now, since dates have no smaller unit."""
    moment = int(time.time()) + 2
    one.asked = moment - time.time()
    await one.refuse("429 Too Many Requests", {"Retry-After": formatdate(moment, usegmt=True)}, "rate_limit_error")


async def limited_by_another_clock(one: Exchange) -> None:
    """The same from a server whose clock is an hour behind."""
    one.asked = 1.0
    dates = {"Date": formatdate(time.time() - 3600, usegmt=True)}
    dates["Retry-After"] = formatdate(int(time.time()) - 3600 + 1, usegmt=True)
    await one.refuse("429 Too Many Requests", dates, "rate_limit_error")


async def limited_by_what_is_left(one: Exchange) -> None:
    """A 429 without Retry-After, whose limits tell it."""
    one.asked = 0.3
    fields = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
    await one.refuse("429 Too Many Requests", fields, "rate_limit_error")


def said(text: str) -> Fault:
    """A Retry-After that says nothing that can be waited for."""
    return limited("Retry-After", lambda _: (text, 0.0))


def failing(status: str, headers: dict[str, str] | None = None) -> Fault:
    """An error of the server."""

    async def fault(one: Exchange) -> None:
        await one.refuse(status, headers, "overloaded_error" if status.startswith("529") else "server_error")

    return fault


async def bad_gateway(one: Exchange) -> None:
    """What a proxy says when the server behind it is gone."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    await one.respond(page, "502 Bad Gateway", content="text/html")


async def reset_before_headers(one: Exchange) -> None:
    """The request was read, and the connection is gone."""
    one.reset()


async def reset_in_headers(one: Exchange) -> None:
    """The connection is lost in the middle of the headers."""
    await one.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    one.reset()


async def closed_in_body(one: Exchange) -> None:
    """Less comes than was announced, and the connection is closed in order."""
    body = one.events(one.content()) if one.streamed else completion(one.content())
    await one.respond(body[: 40 if one.streamed else len(body) // 2], length=len(body))
    one.writer.close()


async def reset_in_body(one: Exchange) -> None:
    """The connection is lost before the first words of the reply have come as a whole."""
    body = one.events(one.content()) if one.streamed else completion(one.content())
    await one.respond(body[: 40 if one.streamed else len(body) // 2], length=len(body))
    await asyncio.sleep(0.02)
    one.reset()


async def reset_in_mid_stream(one: Exchange) -> None:
    """The connection is lost when some of the values have come."""
    body = one.events(one.content())
    await one.respond(body[: len(body) * 2 // 3], length=len(body))
    await asyncio.sleep(0.05)
    one.reset()


async def slow_drip(one: Exchange) -> None:
    """One byte a second."""
    body = one.events(one.content()) if one.streamed else completion(one.content())
    await one.respond(b"", length=len(body))
    for byte in body[: int(HANG)]:
        await one.send(bytes([byte]))
        await asyncio.sleep(1)
    one.reset()


async def slow_headers(one: Exchange) -> None:
    """One byte a second, from the status line on."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"[: int(HANG)]:
        await one.send(bytes([byte]))
        await asyncio.sleep(1)
    one.reset()


async def no_reply(one: Exchange) -> None:
    """Nothing, for a long time."""
    await asyncio.sleep(HANG)
    one.reset()


async def garbage(one: Exchange) -> None:
    """Bytes of no meaning, in order as far as HTTP goes."""
    await one.respond(one.chance.randbytes(2000))


async def no_http(one: Exchange) -> None:
    """Bytes that are not even HTTP."""
    await one.send(one.chance.randbytes(200).replace(b"\n", b"?") + b"\r\n\r\n")
    one.writer.close()


async def wrong_content_type(one: Exchange) -> None:
    """The right reply, announced as plain text."""
    body = one.events(one.content()) if one.streamed else completion(one.content())
    await one.respond(body, content="text/plain")


async def login_page(one: Exchange) -> None:
    """A page for people, with success."""
    await one.respond(b"<!DOCTYPE html><html><body>Please log in.</body></html>", content="text/html; charset=utf-8")


async def truncated_json(one: Exchange) -> None:
    """JSON that breaks off, in order as far as HTTP goes."""
    body = completion(one.content())
    await one.respond(b"data: " + body[:60] + b"\n\ndata: [DONE]\n\n" if one.streamed else body[: len(body) // 2])


async def error_in_success(one: Exchange) -> None:
    """An error, with status 200."""
    error = b'{"error": {"message": "The engine is overloaded.", "type": "overloaded_error", "code": "overloaded"}}'
    await one.respond(b"data: " + error + b"\n\n" if one.streamed else error)


async def hundred_megabytes(one: Exchange) -> None:
    """A reply that does not end for a long while."""
    start = b'data: {"choices": [{"delta": {"content": "' if one.streamed else b'{"choices": [{"message": {"content": "'
    await one.respond(start, length=LARGE)
    for _ in range(LARGE // len(PIECE)):
        await one.send(PIECE)
    one.reset()


@cache
def bomb() -> bytes:
    """100 MB in 100 KB; made piece by piece, so that nobody needs the memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(PIECE) for _ in range(LARGE // len(PIECE))), packer.flush()])


async def gzip_bomb(one: Exchange) -> None:
    """A small reply that unpacks to a large one."""
    await one.respond(bomb(), headers={"Content-Encoding": "gzip"})


async def deep_json(one: Exchange) -> None:
    """A body that no recursive reader survives."""
    deep = b'{"choices": ' + b"[" * 100_000
    await one.respond(b"data: " + deep + b"\n\ndata: [DONE]\n\n" if one.streamed else deep)


async def deep_content(one: Exchange) -> None:
    """The same, said by the model."""
    await one.answer('{"number": ' + "[" * 50_000)


async def odd_characters(one: Exchange) -> None:
    """A value with NUL and a lone surrogate in its text."""
    await one.answer(one.content("a \x00 and a \ud800"))


async def raw_odd_characters(one: Exchange) -> None:
    """NUL and the bytes of a surrogate in the body itself: neither JSON nor UTF-8."""
    body = one.events(one.content("a #")) if one.streamed else completion(one.content("a #"))
    await one.respond(body.replace(b"#", b"\x00\xed\xa0\x80"))


async def no_value(one: Exchange) -> None:
    """The model says something else."""
    await one.answer("I cannot say.")


async def cut_off(one: Exchange) -> None:
    """The model stops in the middle of the value."""
    content = one.content()
    await one.answer(content[: len(content) // 2], "length")


async def no_done(one: Exchange) -> None:
    """A streamed reply that lacks its end mark."""
    await one.respond(one.events(one.content(), done=False))


async def no_done_no_finish(one: Exchange) -> None:
    """A streamed reply that just stops, after its first words."""
    body = one.events(one.content())
    whole = body.rfind(b"data: ", 0, len(body) // 2)
    await one.respond(body[:whole])


LIMITED: dict[str, Fault] = {
    "429, seconds": limited("Retry-After", lambda _: ("1", 1.0)),
    "429, decimals": limited("Retry-After", lambda _: ("0.3", 0.3)),
    "429, zero": said("0"),
    "429, milliseconds": limited("retry-after-ms", lambda chance: (str(wait := chance.randrange(600)), wait / 1000)),
    "429, date": limited_until,
    "429, date by a clock an hour behind": limited_by_another_clock,
    "429, date that is over": said("Sun, 06 Nov 1994 08:49:37 GMT"),
    "429, negative": said("-5"),
    "429, NaN": said("nan"),
    "429, inf": said("inf"),
    "429, garbage": said("soon, maybe"),
    "429, 5000 digits": said("9" * 5000),
    "429, nothing said": failing("429 Too Many Requests"),
    "429, limits used up": limited_by_what_is_left,
}
A_MOMENT = limited("retry-after-ms", lambda chance: (str(wait := chance.randrange(1, 12)), wait / 1000))
"""For a key that is turned away again and again."""
TEN_HOURS = limited("Retry-After", lambda _: ("36000", 36000.0))
"""Not among the others: it holds for the whole key, and ends whatever is called with it."""
GROUPS: list[dict[str, Fault]] = [
    LIMITED,
    LIMITED,
    LIMITED,
    {"500": failing("500 Internal Server Error")},
    {"502, a page": bad_gateway},
    {"503": failing("503 Service Unavailable"), "503, Retry-After": failing("503 Busy", {"Retry-After": "0.2"})},
    {"529": failing("529 Overloaded")},
    {"reset before headers": reset_before_headers, "reset in headers": reset_in_headers},
    {"reset in body": reset_in_body, "closed in body": closed_in_body},
    {"reset in mid stream": reset_in_mid_stream, "stream stops": no_done_no_finish},
    {"slow drip": slow_drip, "slow headers": slow_headers},
    {"no reply": no_reply},
    {"garbage": garbage, "no HTTP": no_http},
    {"wrong content type": wrong_content_type, "login page": login_page},
    {"truncated JSON": truncated_json},
    {"200 with an error": error_in_success},
    {"100 MB": hundred_megabytes},
    {"gzip bomb": gzip_bomb},
    {"deep JSON": deep_json, "deep JSON, said": deep_content},
    {"NUL and surrogate, said": odd_characters, "NUL and surrogate, raw": raw_odd_characters},
    {"no value, said": no_value, "cut off, said": cut_off},
    {"no [DONE]": no_done},
]
"""Each group is as likely as any other, each fault as any other of its group; limits come in the most forms."""
FAULTS = {kind: fault for group in GROUPS for kind, fault in group.items()}
KINDS = list(FAULTS)
SLOW: dict[str, Fault] = {"slow drip": slow_drip, "slow headers": slow_headers, "no reply": no_reply}
"""What only a limit of time ends."""

STREAMED = {"reset in mid stream", "stream stops", "no [DONE]"}
"""Faults that only a streamed reply can have."""
FINAL = {"login page"}
"""Faults after which nobody can know that another attempt would help: an error at once is what is wanted."""
HARMLESS = {"no [DONE]", "wrong content type", "NUL and surrogate, said"}
"""Faults that need not cost the reply."""
SAID = {"deep JSON, said", "NUL and surrogate, said", "no value, said", "cut off, said", "NUL and surrogate, raw"}
"""Replies that came, with a value that cannot be used: the model is asked again, with new attempts."""


def drawn(chance: random.Random, *, streamed: bool) -> tuple[str, Fault]:
    """Draw a fault for one request."""
    while True:
        group = chance.choice(GROUPS)
        name = chance.choice(list(group))
        if streamed or name not in STREAMED:
            return name, group[name]
