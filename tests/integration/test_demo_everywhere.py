"""The demo, with real replies of the default embedded model, over every way in which a model can be reached."""

import sys

import pytest
from langchain_openai import ChatOpenAI

from llm_strategy.cli.demo import run_demo
from llm_strategy.models.registry import DEFAULT_MODEL, find_model
from llm_strategy.models.store import is_present
from llm_strategy.testing.http_tape import HttpTape

pytest.importorskip("xllamacpp", reason="the extra 'local' is not installed")

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not is_present(find_model(DEFAULT_MODEL)), reason="the default model is not here: llm-strategy models pull"
    ),
]


def http_library():
    """The HTTP library that the OpenAI client is made with."""
    import openai

    return sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]


def shown(capsys) -> list[str]:
    """The lines of a demo that hold values: without the times, and without the name of the model."""
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line.strip() and " s" not in line[-3:] and "answered by" not in line]


def test_the_demo_over_a_server_and_over_its_http_tape_prints_the_same_values(tmp_path, capsys):
    from llm_strategy.models.serve import serving

    library, tape = http_library(), tmp_path / "tape.jsonl"
    recorder = HttpTape(tape, record=library.HTTPTransport())
    with serving(DEFAULT_MODEL, port=0) as server, library.Client(transport=recorder, timeout=600) as client:
        run_demo(hosted(server.base_url, server.api_key, client))
    live = shown(capsys)
    with library.Client(transport=HttpTape(tape)) as client:
        run_demo(hosted(server.base_url, "another key", client))
    assert shown(capsys) == live
    text = "\n".join(live)
    assert text.count("Customer(") == 3
    assert "name='Ada Lovelace'" in text
    assert "ada@analytical.example" in text
    assert server.api_key not in tape.read_text()


def hosted(address: str, key: str, client) -> ChatOpenAI:
    return ChatOpenAI(
        model=DEFAULT_MODEL,
        base_url=address,
        api_key=key,
        temperature=0,
        max_tokens=600,
        timeout=600,
        http_client=client,
    )
