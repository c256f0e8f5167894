"""A provider inside the client of a model, and the ways to ask it."""

import asyncio
import json

import httpx2
import pytest
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from llm_strategy.chat import resolve
from llm_strategy.flow import ChatRequest, OutputFormat
from llm_strategy.messages import Message

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}


class Server:
    """Plays a provider inside the client; keeps what it was sent."""

    def __init__(self, *answers, library=httpx2):
        self.answers, self.library, self.requests = list(answers), library, []

    def answer(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, dict):
            return self.library.Response(200, json=answer)
        if isinstance(answer, str):
            return self.library.Response(200, text=answer, headers={"content-type": "text/event-stream"})
        status, body, headers = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.library.Response(status, content=content, headers=headers)

    async def aanswer(self, request):
        return self.answer(request)

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]

    def model(self, kind=ChatOpenAI, **options):
        defaults = {} if kind is AzureChatOpenAI else {"model": "m", "base_url": "http://server.example/v1"}
        return kind(
            api_key="k3y-of-mine",
            http_client=self.library.Client(transport=self.library.MockTransport(self.answer)),
            http_async_client=self.library.AsyncClient(transport=self.library.MockTransport(self.aanswer)),
            **{**defaults, **options},
        )


def _request(model, method="json_schema", **options):
    schema = SCHEMA if method in {"json_schema", "tool"} else None
    form = OutputFormat(method, "Answer", "An answer.", schema)
    return ChatRequest(resolve(model), (Message.system("Be brief."), Message.user("hi")), form, **options)


def replied(model, **options):
    return resolve(model).reply(_request(model, **options))


def areplied(model, **options):
    return asyncio.run(resolve(model).areply(_request(model, **options)))


def streamed(model, **options):
    return list(resolve(model).stream(_request(model, **options)))


def astreamed(model, **options):
    async def pieces():
        return [chunk async for chunk in resolve(model).astream(_request(model, **options))]

    return asyncio.run(pieces())


WAYS = {one.__name__: one for one in (replied, areplied, streamed, astreamed)}


@pytest.fixture
def playing():
    """Plays a provider that gives the answers it is made with."""
    return Server


@pytest.fixture(name="replied")
def _replied():
    return replied


@pytest.fixture
def way(request):
    """A way to ask, by its name."""
    return WAYS[request.param]
