"""Serving a local model: who may reach it, what it answers, how it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

from llm_strategy.errors import ConfigurationError, ModelFileError
from llm_strategy.models.serve import Serving, serve, serving

SERVER = Serving("http://127.0.0.1:1/v1", "k", "tiny")


def test_an_address_that_others_reach_needs_a_key(gguf) -> None:
    with pytest.raises(ConfigurationError, match=r"'0\.0\.0\.0' can be reached from other machines\. Pass api_key"):
        serving(gguf, host="0.0.0.0").__enter__()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_loopback_address_gets_a_random_key(runtime, gguf, host) -> None:
    with serving(gguf, host=host, port=8123, n_threads=1) as server:
        assert server.base_url == "http://127.0.0.1:1/v1"
        assert len(server.api_key) >= 43
        assert server.model_name == "fake"
    (parameters,) = runtime.parameters
    assert (parameters.hostnames, parameters.port, parameters.api_keys) == ([host], 8123, [server.api_key])


def test_a_name_of_a_host_does_not_count_as_loopback(gguf) -> None:
    with pytest.raises(ConfigurationError, match="other machines"):
        serving(gguf, host="my-machine").__enter__()


def test_a_port_that_is_taken_is_named(runtime, gguf, monkeypatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(runtime, "Server", fail)
    with pytest.raises(ModelFileError, match=r"the address 127\.0\.0\.1:8123 is taken"):
        serving(gguf, port=8123).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_says_how_to_reach_it_and_ends_at_a_signal(number) -> None:
    said: list[str] = []
    before = signal.getsignal(number)
    threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
    serve(SERVER, said.append)
    assert "http://127.0.0.1:1/v1" in said[0]
    assert said[1] == 'ChatOpenAI(base_url="http://127.0.0.1:1/v1", api_key="k", model="tiny")'
    assert signal.getsignal(number) is before


def ask(base_url: str, path: str, key: str, body: dict | None = None) -> tuple[int, dict]:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{base_url}{path}", data, {"Authorization": f"Bearer {key}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


CHAT = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 3}


@pytest.mark.local_model
@pytest.mark.loopback
@pytest.mark.enable_socket
def test_a_real_model_answers_those_with_the_key_and_is_gone_afterwards(smollm) -> None:
    with serving("smollm2-135m", n_ctx=512, n_parallel=1) as server:
        status, reply = ask(server.base_url, "/chat/completions", server.api_key, CHAT)
        assert (status, reply["usage"]["completion_tokens"]) == (200, 3)
        assert ask(server.base_url, "/chat/completions", "guess", CHAT)[0] == 401
        assert ask(server.base_url, "/models", server.api_key)[1]["data"][0]["id"] == "smollm2-135m"
    with pytest.raises(urllib.error.URLError):
        ask(server.base_url, "/health", server.api_key)


@pytest.mark.local_model
@pytest.mark.loopback
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_the_command_serves_until_it_is_told_to_end(smollm) -> None:
    code = "from llm_strategy.cli.models import app; app()"
    arguments = ["serve", "smollm2-135m", "--port", "0", "--ctx", "512", "--parallel", "1"]
    command = [sys.executable, "-u", "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "Serving smollm2-135m at http://127.0.0.1:" in process.stdout.readline()
        assert process.stdout.readline().startswith("ChatOpenAI(base_url=")
        time.sleep(0.1)
        process.terminate()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
