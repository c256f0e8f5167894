"""What a provider is really sent of images, audio and files: read by a server on the loopback interface."""

import asyncio
import base64
import http.server
import json
import threading
from secrets import token_hex

import pytest
from langchain_openai import ChatOpenAI

from llm_strategy import Audio, File, Image, llm_function
from llm_strategy.chat import resolve
from llm_strategy.errors import UnsupportedError

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]

PNG, MP3, PDF = b"\x89PNG\r\n\x1a\n1", b"ID3\4\0", b"%PDF-1.7"


@llm_function(method="prompt")
def describe(model, photo: Image, sound: Audio, paper: File) -> str:
    """Describe."""
    raise NotImplementedError


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status = self.server.status
        message = {"role": "assistant", "content": "A dog."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        if status != 200:
            answer = {"error": {"message": "This model does not support image_url content.", "type": "invalid"}}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as answering:
        answering.bodies, answering.status = [], 200
        # Ports come again, and langchain gives all models of one address one client, which a test before may have closed.
        answering.url = f"http://127.0.0.1:{answering.server_address[1]}/{token_hex(8)}/v1"
        thread = threading.Thread(target=answering.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield answering
        answering.shutdown()
        thread.join()


def model_of(server, **options):
    return ChatOpenAI(model="m", base_url=server.url, api_key="x", **options)


def encoded(data):
    return base64.b64encode(data).decode()


def asked(model, photo):
    return describe(model, photo, Audio(MP3), File(PDF, name="paper.pdf"))


def aasked(model, photo):
    @llm_function(method="prompt")
    async def adescribe(model, photo: Image, sound: Audio, paper: File) -> str:
        """Describe."""
        raise NotImplementedError

    async def answered():
        try:
            return await adescribe(model, photo, Audio(MP3), File(PDF, name="paper.pdf"))
        finally:
            await model.root_async_client.close()

    return asyncio.run(answered())


class Watched(ChatOpenAI):
    """Answers in a way of its own, so that nothing goes around langchain."""

    def invoke(self, *args, **kwargs):
        return super().invoke(*args, **kwargs)


@pytest.mark.parametrize("way", [asked, aasked])
@pytest.mark.parametrize("kind", [ChatOpenAI, Watched])
def test_each_kind_is_sent_in_the_form_of_the_provider(server, way, kind):
    model = kind(model="m", base_url=server.url, api_key="x")

    assert way(model, Image(PNG)) == "A dog."

    text, *parts = server.bodies[0]["messages"][-1]["content"]
    assert text == {"type": "text", "text": "photo: [image 1]\nsound: [audio 1]\npaper: [file 1]"}
    assert parts == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}},
        {"type": "input_audio", "input_audio": {"data": encoded(MP3), "format": "mp3"}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{encoded(PDF)}", "filename": "paper.pdf"}},
    ]


def test_an_address_is_sent_as_it_is(server):
    asked(model_of(server), Image("https://example.org/map.png"))

    part = server.bodies[0]["messages"][-1]["content"][1]
    assert part == {"type": "image_url", "image_url": {"url": "https://example.org/map.png"}}


def test_a_server_that_takes_no_images_is_understood_and_not_asked_again(server):
    server.status = 400

    with pytest.raises(UnsupportedError, match=r"turned down what stands beside the text .*does not support image_url"):
        asked(model_of(server), Image(PNG))

    assert len(server.bodies) == 1


@llm_function(method="prompt")
def read(model, paper: File | None = None, sound: Audio | None = None) -> str:
    """Read."""
    raise NotImplementedError


@pytest.mark.parametrize("kind", [ChatOpenAI, Watched])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"paper": File("https://example.org/a.pdf")}, "argument 'paper' is application/pdf .* takes files as bytes"),
        ({"sound": Audio("https://example.org/a.mp3")}, "argument 'sound' is audio/mpeg .* takes audio as bytes"),
    ],
)
def test_an_address_that_chat_completions_do_not_take_is_found_out_before_any_request(server, kind, arguments, told):
    model = kind(model="m", base_url=server.url, api_key="x")

    with pytest.raises(UnsupportedError, match=f"{told}, and not by an address .* Pass a path, or the bytes"):
        read(model, **arguments)

    assert server.bodies == []


def test_the_responses_api_takes_addresses_of_files():
    model = ChatOpenAI(model="m", api_key="x", use_responses_api=True)
    assert resolve(model).profile.addresses == ("image", "file")
