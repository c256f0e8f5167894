"""Recording and replaying HTTP, with the client of the provider run for real."""

import asyncio
import json

import httpx
import pytest

from llm_strategy.errors import ConfigurationError, ReplayError
from llm_strategy.testing.http_tape import HttpTape

URL = "http://nowhere.invalid/v1/chat"


class Server:
    """A transport that answers with what it was asked, numbered; headers hold a secret."""

    def __init__(self):
        self.asked = 0
        self.closed = False

    def _answer(self, request, body):
        self.asked += 1
        text = json.dumps({"number": self.asked, "echo": body.decode()}, ensure_ascii=False)
        return httpx.Response(
            200, headers={"content-type": "application/json", "x-key": "secret"}, content=text.encode()
        )

    def handle_request(self, request):
        return self._answer(request, request.read())

    async def handle_async_request(self, request):
        answer = self._answer(request, await request.aread())
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


def sent(tape, body):
    with httpx.Client(transport=tape) as client:
        return client.post(URL, content=body, headers={"authorization": "Bearer secret"}).json()


def asent(tape, body):
    async def send():
        async with httpx.AsyncClient(transport=tape) as client:
            return (await client.post(URL, content=body, headers={"authorization": "Bearer secret"})).json()

    return asyncio.run(send())


ways = pytest.mark.parametrize("send", [sent, asent], ids=["sync", "async"])


@ways
@pytest.mark.parametrize(
    "body",
    ["{}", '{"a": [1, 2]}', "no JSON", "", "Zürich\u2028\x85\u2029", '{"a": "\u2028"}'],
    ids=ascii,
)
def test_what_was_recorded_is_replayed_without_the_server(tmp_path, send, body):
    path = tmp_path / "tape.jsonl"
    recorded = send(HttpTape(path, record=Server()), body)

    assert recorded == {"number": 1, "echo": body}
    assert send(HttpTape(path), body) == recorded


@ways
def test_the_same_request_gets_its_answers_in_order_and_then_the_last_one(tmp_path, send):
    path = tmp_path / "tape.jsonl"
    server = Server()
    recording = HttpTape(path, record=server)
    for _ in range(2):
        send(recording, "{}")

    replaying = HttpTape(path)

    assert [send(replaying, "{}")["number"] for _ in range(3)] == [1, 2, 2]
    assert server.closed


def test_requests_are_told_apart_by_their_body_and_not_by_its_layout(tmp_path):
    path = tmp_path / "tape.jsonl"
    recording = HttpTape(path, record=Server())
    sent(recording, '{"a": 1, "b": 2}')
    sent(recording, '{"a": 2}')

    replaying = HttpTape(path)

    assert sent(replaying, '{"a": 2}')["number"] == 2
    assert sent(replaying, '{"b":2,"a":1}')["number"] == 1


@ways
def test_keys_in_headers_are_not_written(tmp_path, send):
    path = tmp_path / "tape.jsonl"
    send(HttpTape(path, record=Server()), "{}")

    assert "secret" not in path.read_text(encoding="utf-8")


@ways
def test_a_request_that_is_not_on_the_tape_is_an_error_that_shows_it(tmp_path, send):
    path = tmp_path / "tape.jsonl"
    path.write_text("", encoding="utf-8")

    with pytest.raises(ReplayError, match=r'holds no answer to POST /v1/chat with the body \{"a": 1\}'):
        send(HttpTape(path), '{"a": 1}')


def test_a_tape_that_does_not_exist_cannot_be_replayed(tmp_path):
    with pytest.raises(ConfigurationError, match=r"missing\.jsonl' cannot be read: No such file"):
        HttpTape(tmp_path / "missing.jsonl")


def test_a_tape_may_be_closed_by_a_block(tmp_path):
    server = Server()
    with HttpTape(tmp_path / "tape.jsonl", record=server) as tape:
        assert tape.path.name == "tape.jsonl"
    assert server.closed


@pytest.mark.parametrize(
    "line", ['{"request": {"me', '{"request": {}}', "[]"], ids=["cut off", "no answer", "no object"]
)
def test_a_line_that_is_no_exchange_is_named_by_its_number(tmp_path, line) -> None:
    (tmp_path / "tape.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"line 2 is no exchange. Take the line out"):
        HttpTape(tmp_path / "tape.jsonl")
