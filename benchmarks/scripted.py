"""A server that plays scripts, for a benchmark: see `scripted_server`."""

import http.client
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from llm_strategy.flow import ChatRequest, Profile
from llm_strategy.messages import Message, Reply, Usage


class Script:
    """A session on the server."""

    def __init__(self, server: str, session: str, script: dict) -> None:
        self.name = session
        """Its name."""
        self.url = f"{server}/{session}"
        self.base = f"{self.url}/v1"
        """The address for clients."""
        request = urllib.request.Request(self.url, json.dumps(script).encode(), method="PUT")
        urllib.request.urlopen(request).close()

    def asked(self, *, settled: bool = False) -> list[tuple[str, int]]:
        """The name and the letters of each request so far; `settled` waits until nobody is connected any more."""
        with urllib.request.urlopen(f"{self.url}/settled" if settled else self.url) as reply:
            return [tuple(one) for one in json.load(reply)]


class Light:
    """A chat model over `http.client`: it costs next to nothing to start, and leaves no connection open."""

    name, provider, profile = "gpt-4o", "openai", Profile()

    def __init__(self, base: str) -> None:
        self.url = urlsplit(f"{base}/chat/completions")

    def reply(self, request: ChatRequest) -> Reply:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        connection.request("POST", self.url.path, json.dumps({"messages": turns}))
        data = json.loads(connection.getresponse().read())
        connection.close()
        usage = data["usage"]
        return Reply(
            Message.assistant(data["choices"][0]["message"]["content"]),
            "stop",
            usage=Usage(usage["prompt_tokens"], usage["completion_tokens"]),
            model=data["model"],
            id=data["id"],
        )

    async def areply(self, request: ChatRequest) -> Reply:
        raise NotImplementedError

    stream = astream = areply


@contextmanager
def scripted_server() -> Iterator[str]:
    """Start the server; give its address."""
    command = [sys.executable, "-m", "benchmarks.scripted_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def blocks(files: dict[str, str], *more: str) -> dict:
    """A message that writes files, in the form that the planner asks for."""
    written = [f"{path}\n````\n{text}{'' if text.endswith(chr(10)) else chr(10)}````" for path, text in files.items()]
    return {"content": "\n".join([*written, *more])}


def called(name: str, **arguments: object) -> dict:
    """A message that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
