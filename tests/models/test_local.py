"""The local chat model over a scripted runtime: what is asked, what is read, what is refused."""

import asyncio
import json
import os
import signal
import threading
from typing import TypedDict

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel

from llm_strategy.errors import (
    EmptyReplyError,
    ModelFileError,
    ModelFileMissingError,
    TransportError,
    TruncatedError,
    UnknownModelError,
    UnsupportedError,
)
from llm_strategy.models import local_runtime
from llm_strategy.models.local import LocalChatModel, open_local


class Person(BaseModel):
    name: str
    age: int


class PersonDict(TypedDict):
    name: str


@tool
def add(a: int) -> int:
    """Add."""
    return a


@pytest.fixture
def model(runtime, gguf) -> LocalChatModel:
    runtime.says("Hel", "lo")
    return LocalChatModel(model=gguf, n_ctx=512)


def test_a_reply_carries_text_usage_and_metadata(model) -> None:
    reply = model.invoke("hi")
    assert reply.content == "Hello"
    assert reply.usage_metadata["input_tokens"] == 5
    assert reply.usage_metadata["input_token_details"] == {"cache_read": 0}
    assert reply.response_metadata["finish_reason"] == "stop"
    assert reply.response_metadata["model_provider"] == "local"
    assert reply.response_metadata["timings"] == {"prompt_n": 5}


def test_streaming_gives_the_pieces_as_they_come(model) -> None:
    assert [chunk.content for chunk in model.stream("hi") if chunk.content] == ["Hel", "lo"]


def test_async_gives_the_same(model) -> None:
    async def both() -> tuple[str, list[str]]:
        whole = await model.ainvoke("hi")
        return whole.content, [chunk.content async for chunk in model.astream("hi") if chunk.content]

    assert asyncio.run(both()) == ("Hello", ["Hel", "lo"])


def test_the_listener_is_on_the_loopback_address_with_a_random_key(model, runtime) -> None:
    model.load()
    (parameters,) = runtime.parameters
    assert parameters.hostnames == ["127.0.0.1"]
    assert parameters.port == 0
    assert len(parameters.api_keys[0]) >= 43
    assert parameters.verbosity < 0
    assert parameters.n_ctx == 512 * 2


def test_two_models_with_the_same_settings_share_one_runtime(model, runtime, gguf) -> None:
    other = LocalChatModel(model=gguf, n_ctx=512, temperature=0.7)
    threads = [threading.Thread(target=each.invoke, args=("hi",)) for each in (model, other, model, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runtime.parameters) == 1


def test_another_context_length_is_another_runtime(model, runtime, gguf) -> None:
    model.load()
    LocalChatModel(model=gguf, n_ctx=256).load()
    assert len(runtime.parameters) == 2


def test_a_closed_model_is_loaded_again_when_used(model, runtime) -> None:
    model.invoke("hi")
    model.close()
    model.close()
    model.invoke("hi")
    assert len(runtime.parameters) == 2


def test_the_options_of_a_call_win_over_the_models_own(model, runtime) -> None:
    model.invoke("hi", temperature=0.5, seed=7, stop=["x"], max_tokens=9, cache_prompt=False)
    body = runtime.bodies[-1]
    assert {name: body[name] for name in ("temperature", "seed", "stop", "max_tokens", "cache_prompt")} == {
        "temperature": 0.5,
        "seed": 7,
        "stop": ["x"],
        "max_tokens": 9,
        "cache_prompt": False,
    }


def test_an_unknown_option_is_refused_with_a_near_match(model) -> None:
    with pytest.raises(UnsupportedError, match=r"option 'tempreture'\. Did you mean 'temperature'\?"):
        model.invoke("hi", tempreture=1)


def test_an_option_like_no_other_gets_the_list(model) -> None:
    with pytest.raises(UnsupportedError, match=r"It knows cache_prompt, .*top_p"):
        model.invoke("hi", zzzzzz=1)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"json_schema": {"type": "integer"}}, id="json-schema"),
        pytest.param({"response_format": {"type": "json_object"}}, id="json-object"),
        pytest.param({"response_format": Person}, id="pydantic"),
        pytest.param(
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "integer"}}}}, id="openai"
        ),
    ],
)
def test_every_form_of_a_schema_becomes_a_grammar(model, runtime, options) -> None:
    runtime.says("1")
    model.invoke("hi", **options)
    first, second = runtime.bodies[-1]["grammar"].split("\n")
    assert first == "%llguidance {}"
    assert json.loads(second.removeprefix("start: %json "))


def test_a_build_without_the_engine_gets_the_schema_itself(model, runtime, monkeypatch) -> None:
    monkeypatch.setattr(runtime, "json_schema_to_grammar", lambda _: "root ::= x")
    runtime.says("1")
    model.invoke("hi", json_schema={"type": "boolean"})
    assert runtime.bodies[-1]["json_schema"] == {"type": "boolean"}


def test_a_grammar_is_handed_on(model, runtime) -> None:
    model.invoke("hi", grammar='root ::= "a"', response_format={"type": "text"})
    assert runtime.bodies[-1]["grammar"] == 'root ::= "a"'


def test_two_forms_at_once_contradict_each_other(model) -> None:
    with pytest.raises(UnsupportedError, match="asks for json_schema and grammar"):
        model.invoke("hi", grammar="x", json_schema={})


def test_an_unknown_response_format_is_refused(model) -> None:
    with pytest.raises(UnsupportedError, match=r"response_format is 'json'\. Use"):
        model.invoke("hi", response_format="json")


def test_a_constraint_that_the_runtime_lost_is_noticed(model, runtime) -> None:
    runtime.says("Sure! Here it is")
    with pytest.raises(UnsupportedError, match="did not follow the JSON schema"):
        model.invoke("hi", json_schema={"type": "integer"})


def test_logprobs_are_asked_for_and_collected(model, runtime) -> None:
    runtime.says()
    delta = {"delta": {"content": "a"}, "logprobs": {"content": [{"token": "a", "logprob": -1.0}]}}
    runtime.script[:0] = [{"choices": [delta]}, {"choices": [delta]}]
    reply = model.invoke("hi", top_logprobs=2)
    assert runtime.bodies[-1]["logprobs"] is True
    assert len(reply.response_metadata["logprobs"]["content"]) == 2


def test_thoughts_are_kept_apart(model, runtime) -> None:
    runtime.says("x")
    runtime.script.insert(0, {"choices": [{"delta": {"reasoning_content": "hm"}}]})
    reply = model.invoke("hi")
    assert (reply.content, reply.additional_kwargs["reasoning_content"]) == ("x", "hm")


def test_calls_in_the_text_become_tool_calls(model, runtime) -> None:
    runtime.says('<tool_call>{"name": "add", ', '"arguments": {"a": 1}}</tool_call>')
    reply = model.bind_tools([add]).invoke("hi")
    assert reply.content == ""
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [("add", {"a": 1})]
    assert reply.response_metadata["finish_reason"] == "tool_calls"
    assert "grammar" not in runtime.bodies[-1]


def test_a_required_call_is_held_to_its_schema(model, runtime) -> None:
    runtime.says('{"name": "add", "arguments": {"a": 1}}')
    reply = model.bind_tools([add], tool_choice="required").invoke("hi")
    assert reply.tool_calls[0]["args"] == {"a": 1}
    assert '"const": "add"' in runtime.bodies[-1]["grammar"]


def test_no_tools_are_shown_when_none_may_be_called(model, runtime) -> None:
    model.bind_tools([add], tool_choice="none").invoke("hi")
    assert [each["role"] for each in runtime.bodies[-1]["messages"]] == ["user"]


def test_tools_and_a_response_format_allow_either(model, runtime) -> None:
    runtime.says('{"name": "Ann", "age": 3}')
    reply = model.bind_tools([add]).invoke("hi", response_format=Person)
    assert json.loads(reply.content) == {"name": "Ann", "age": 3}
    assert '"const": "add"' in runtime.bodies[-1]["grammar"]


@pytest.mark.parametrize("method", ["json_schema", "grammar", "json_mode"])
def test_structured_output_gives_instances(model, runtime, method) -> None:
    runtime.says('{"name": "Ann", "age": 3}')
    assert model.with_structured_output(Person, method=method).invoke("hi") == Person(name="Ann", age=3)


def test_structured_output_of_a_typed_dict_gives_a_dictionary(model, runtime) -> None:
    runtime.says('{"name": "Ann"}')
    assert model.with_structured_output(PersonDict).invoke("hi") == {"name": "Ann"}


def test_structured_output_by_a_call_gives_instances_also_async(model, runtime) -> None:
    runtime.says('{"name": "Person", "arguments": {"name": "Ann", "age": 3}}')
    ask = model.with_structured_output(Person, method="function_calling")
    assert ask.invoke("hi") == asyncio.run(ask.ainvoke("hi")) == Person(name="Ann", age=3)


def test_structured_output_never_gives_none(model, runtime) -> None:
    runtime.says('{"name": "other", "arguments": {}}')
    with pytest.raises(EmptyReplyError, match=r"called no tool\. Use method='json_schema'"):
        model.with_structured_output(Person, method="function_calling").invoke("hi")


def test_structured_output_that_was_cut_off_is_an_error_with_the_reply(model, runtime) -> None:
    runtime.says('{"name": "Ann"', finish_reason="length")
    ask = model.with_structured_output(PersonDict)
    with pytest.raises(TruncatedError, match="Raise `max_tokens`"):
        ask.invoke("hi")
    with pytest.raises(TruncatedError):
        asyncio.run(ask.ainvoke("hi"))


def test_structured_output_can_show_the_raw_reply_and_the_problem(model, runtime) -> None:
    ask = model.with_structured_output(Person, include_raw=True)
    runtime.says('{"name": "Ann", "age": 3}')
    good = ask.invoke("hi")
    assert (good["parsed"], good["parsing_error"]) == (Person(name="Ann", age=3), None)
    runtime.says('{"name": "Ann"', finish_reason="length")
    bad = ask.invoke("hi")
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], TruncatedError)
    assert bad["raw"].content == '{"name": "Ann"'


def test_an_unknown_method_is_refused(model) -> None:
    with pytest.raises(UnsupportedError, match="no structured-output method 'magic'"):
        model.with_structured_output(Person, method="magic")


def test_a_prompt_beyond_the_context_is_an_error_with_the_numbers(model, runtime) -> None:
    runtime.script = [{"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 900, "n_ctx": 512}}]
    with pytest.raises(UnsupportedError, match=r"900 tokens.*n_ctx=512.*Shorten the prompt"):
        model.invoke("hi")


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [
        pytest.param({"error": {"type": "invalid_request_error", "message": "no"}}, UnsupportedError, "no", id="400"),
        pytest.param({"error": {"type": "server_error", "message": "oh"}}, TransportError, "failed: oh", id="500"),
        pytest.param(ValueError("bad body"), UnsupportedError, "refused the request: bad body", id="raised"),
    ],
)
def test_problems_of_the_runtime_become_our_errors(model, runtime, item, kind, message) -> None:
    runtime.script = [item]
    with pytest.raises(kind, match=message):
        model.invoke("hi")


def test_a_call_that_takes_too_long_is_given_up(model, runtime, monkeypatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(runtime, "_handle", lambda *_: gate.wait(5))
    slow = model.model_copy(update={"timeout": 0.05})
    with pytest.raises(TransportError, match=r"not done in time and was stopped\. Raise `timeout`"):
        slow.invoke("hi")
    with pytest.raises(TransportError, match="not done in time"):
        asyncio.run(slow.ainvoke("hi"))
    gate.set()


def test_signal_handlers_stay_ours(model, runtime, monkeypatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(runtime, "json_schema_to_grammar", lambda _: "")
    model.load()
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_runs_is_stopped_when_the_interpreter_ends(model, runtime) -> None:
    runtime.says(*"abcdefgh")
    model.load()
    local_runtime._SHELF.runtimes[os.getpid() + 1, "a parent's"] = local_runtime._SHELF.runtimes.copy().popitem()[1]
    local_runtime._unload_all()
    assert not local_runtime._SHELF.runtimes


def test_a_file_that_is_not_gguf_is_refused(tmp_path, runtime) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>")
    with pytest.raises(ModelFileError, match=r"is not a GGUF model: it starts with b'<htm'"):
        LocalChatModel(model=str(path)).invoke("hi")


def test_a_file_that_the_runtime_cannot_load_is_refused(model, runtime, monkeypatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("Failed to init server")

    monkeypatch.setattr(runtime, "Server", fail)
    with pytest.raises(ModelFileError, match=r"could not be loaded with n_ctx=512.*runtime_log=True"):
        model.invoke("hi")


def test_a_missing_path_is_an_error_when_the_model_is_opened_or_used(tmp_path, runtime) -> None:
    with pytest.raises(ModelFileMissingError, match="no model file at"):
        open_local(str(tmp_path / "none.gguf"))


def test_the_default_model_is_opened_by_no_name_and_not_downloaded(store) -> None:
    with pytest.raises(ModelFileMissingError, match=r"llm-strategy models pull qwen2\.5-coder-1\.5b"):
        open_local()


def test_an_unknown_name_cannot_be_opened() -> None:
    with pytest.raises(UnknownModelError, match="Known are"):
        open_local("gpt-4o")


def test_the_profile_says_what_the_model_can_do(gguf) -> None:
    model = LocalChatModel(model=gguf, n_ctx=4096)
    assert model.profile["structured_output"] is True
    assert model.profile["tool_calling"] is True
    assert model.profile["max_input_tokens"] == 4096
    assert model.llm_strategy_methods[0] == "grammar"


def test_a_cache_key_holds_what_changes_replies_and_nothing_else(gguf) -> None:
    model = LocalChatModel(model=gguf)
    assert model._get_llm_string() == LocalChatModel(model=gguf, n_threads=1, timeout=3)._get_llm_string()
    assert model._get_llm_string() != LocalChatModel(model=gguf, temperature=1)._get_llm_string()
    assert model._get_ls_params()["ls_provider"] == "local"
