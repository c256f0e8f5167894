"""Models whose clients retry by themselves are asked through a copy that does not."""

import asyncio
import threading
from contextlib import suppress
from functools import cached_property
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.llms import LLM
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from llm_strategy import budget, llm_function, retrying
from llm_strategy.chat import quiet as room
from llm_strategy.chat.quiet import quiet
from llm_strategy.errors import TransportError
from llm_strategy.flow.retries import Backoff


class Unavailable(Exception):
    status_code = 503


class Server:
    def __init__(self):
        self.requests = 0

    def send(self):
        self.requests += 1
        raise Unavailable("busy")


class Client:
    """Retries as the clients of providers do, and makes copies of itself with other options."""

    def __init__(self, server, max_retries, address="http://own.example"):
        self.server, self.max_retries, self.address = server, max_retries, address
        self.messages = Messages(self)

    def with_options(self, *, max_retries):
        return Client(self.server, max_retries, self.address)

    def send(self):
        for _ in range(self.max_retries):
            with suppress(Unavailable):
                self.server.send()
        return self.server.send()


class Messages:
    def __init__(self, client):
        self._client = client

    def send(self):
        return self._client.send()


class Stubborn(BaseChatModel):
    max_retries: int | None = 2
    server: Any = None
    warmth: float = 0.0

    @property
    def _llm_type(self):
        return "stubborn"

    def _sender(self):
        return Client(self.server, self.max_retries)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self._sender().send()
        return ChatResult(generations=[ChatGeneration(message=AIMessage("x"))])


class MadeLater(Stubborn):
    """As in langchain-anthropic."""

    @cached_property
    def _client(self):
        return Client(self.server, self.max_retries)

    def _sender(self):
        return self._client


class InField(Stubborn):
    client: Any = None

    def model_post_init(self, context, /):
        self.client = Client(self.server, self.max_retries)

    def _sender(self):
        return self.client


class PartInField(InField):
    """As in langchain-groq."""

    def model_post_init(self, context, /):
        self.client = Client(self.server, self.max_retries).messages


class Private(Stubborn):
    _own: Any = PrivateAttr(None)

    def model_post_init(self, context, /):
        self._own = Client(self.server, self.max_retries)

    def _sender(self):
        return self._own


class Tenacious(Stubborn):
    """Counts attempts by itself, as in langchain-mistralai."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        for _ in range(max(1, self.max_retries) - 1):
            with suppress(Unavailable):
                self.server.send()
        return self.server.send()


Google = type("Google", (Tenacious,), {"__module__": "langchain_google_genai.chat_models"})


@llm_function
def capital(model, country: str) -> str:
    """The capital."""


@llm_function
async def acapital(model, country: str) -> str:
    """The capital."""


KINDS = [Stubborn, MadeLater, InField, PartInField, Private, Tenacious, Google]


def three_attempts():
    return retrying(attempts=3, backoff=Backoff(base=0), breaker=None)


@pytest.mark.parametrize("retries", [2, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_as_many_requests_reach_the_server_as_were_asked_for(kind, retries):
    server = Server()
    with pytest.raises(TransportError), three_attempts(), budget(calls=3):
        capital(kind(server=server, max_retries=retries), "France")
    assert server.requests == 3


def test_in_an_event_loop_too():
    server = Server()
    with pytest.raises(TransportError), three_attempts():
        asyncio.run(acapital(MadeLater(server=server), "France"))
    assert server.requests == 3


def test_the_users_own_model_and_its_client_stay_as_they_are():
    model = MadeLater(server=Server())
    own = model._client
    own.address = "http://gateway.example"
    copy = quiet(model)
    assert (copy._client.max_retries, copy._client.address) == (0, "http://gateway.example")
    assert (model.max_retries, own.max_retries) == (2, 2)
    assert model._client is own


def test_a_copy_is_made_once_and_again_when_the_model_changes():
    model = MadeLater(server=Server())
    copy = quiet(model)
    assert copy._client is quiet(model)._client
    assert quiet(model) is copy
    model.warmth = 0.5
    assert quiet(model) is not copy
    assert quiet(model).warmth == 0.5
    model._client = Client(Server(), 3, "http://other.example")
    assert (quiet(model)._client.address, quiet(model)._client.max_retries) == ("http://other.example", 0)


def test_one_is_one_attempt_where_attempts_are_counted():
    assert quiet(Google(server=Server(), max_retries=6)).max_retries == 1
    assert quiet(Stubborn(server=Server(), max_retries=None)).max_retries == 0


def test_what_is_not_known_is_left_alone():
    class Other(BaseChatModel):
        attempts: int = 3
        _generate = Stubborn._generate
        _llm_type = "other"

    class Odd(Stubborn):
        max_retries: Any = "often"

    for model in (Other(), Odd(), Continuing()):
        assert quiet(model) is model


class Continuing(LLM):
    """A completion model without retries."""

    @property
    def _llm_type(self):
        return "plain"

    def _call(self, prompt, stop=None, run_manager=None, **kwargs):
        return "x"


def test_clients_of_another_make_stay():
    class Strange(Client):
        def with_options(self):
            raise AssertionError

    model = InField(server=Server())
    model.client = strange = Strange(Server(), 2)
    assert quiet(model).client is strange
    model.client = plain = SimpleNamespace(_client=None)
    assert quiet(model).client is plain


def test_copies_go_with_their_models():
    model = Stubborn(server=Server())
    key = id(model)
    quiet(model)
    assert key in room._COPIES
    del model
    assert key not in room._COPIES


def test_completion_models_send_once_as_well():
    class Completing(LLM):
        max_retries: int = 2
        server: Any = None

        @property
        def _llm_type(self):
            return "completing"

        def _call(self, prompt, stop=None, run_manager=None, **kwargs):
            return Client(self.server, self.max_retries).send()

    server = Server()
    with pytest.raises(TransportError), three_attempts():
        capital(Completing(server=server), "France")
    assert server.requests == 3


class Busy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(dict(self.headers))
        self.send_response(529)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_real_client_of_anthropic_sends_once():
    package = pytest.importorskip("langchain_anthropic")
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            model = package.ChatAnthropic(
                model="claude-3-haiku-20240307",
                api_key="sk-ant-of-mine",
                base_url=f"http://127.0.0.1:{server.server_port}",
                default_headers={"x-team": "a"},
            )
            with pytest.raises(TransportError, match="529") as raised, three_attempts():
                capital(model, "France")
        finally:
            server.shutdown()
            thread.join()
    assert [headers["x-team"] for headers in server.asked] == ["a"] * 3
    assert raised.value.retryable
