"""What tells langchain models from others, for caches and journals."""

import json
import math

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.llms import LLM
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, ConfigDict, SecretStr

from llm_strategy.chat import resolve
from llm_strategy.chat.identity import langchain_identity
from llm_strategy.flow.fingerprint import identity_of
from llm_strategy.models.local import LocalChatModel
from llm_strategy.testing import FakeLLM, ScriptedModel


class Unknown(BaseChatModel):
    """A model of a package that nobody has heard of."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str = "m"
    warmth: float = 1.0
    limits: dict | None = None
    marks: set | None = None
    inner: object = None
    access_token: str = ""
    private: SecretStr | None = None
    note: str = ""

    @property
    def _llm_type(self):
        return "unknown"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return ChatResult(generations=[ChatGeneration(message=AIMessage("x"))])


def openai(**options):
    return ChatOpenAI(**{"model": "gpt-4o", "api_key": "sk-not-told", "base_url": "http://localhost/v1", **options})


@pytest.mark.parametrize(
    "options",
    [
        {"model": "gpt-4o-mini"},
        {"base_url": "http://elsewhere/v1"},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"seed": 3},
        {"stop": ["."]},
        {"n": 2},
        {"max_tokens": 7},
        {"reasoning_effort": "low"},
        {"model_kwargs": {"logit_bias_name": "a"}},
        {"extra_body": {"top_k": 3}},
        {"frequency_penalty": 0.5},
        {"use_responses_api": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_each_setting_that_shapes_replies_makes_another_identity(options):
    assert langchain_identity(openai(**options)) != langchain_identity(openai())


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "sk-another-key"},
        {"timeout": 3},
        {"max_retries": 7},
        {"tags": ["a"]},
        {"metadata": {"a": 1}},
        {"streaming": True},
        {"n": 1},
        {"base_url": "http://localhost/v1/"},
        {"base_url": "http://me:pw@localhost/v1"},
        {"default_headers": {}},
        {"organization": "ours"},
        {"verbose": True},
        {"cache": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_shapes_no_reply_is_no_part_of_it(options):
    assert langchain_identity(openai(**options)) == langchain_identity(openai())


NAMES = ("profile", "metadata", "tags", "user", "store", "stop_token", "header", "api_key", "x-api-key", "timeout", "n")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["extra_body", "model_kwargs", "default_headers", "default_query"])
def test_all_that_is_sent_counts_whatever_its_name_is(field, name):
    def told(value):
        return langchain_identity(openai().model_copy(update={field: {name: value}}))

    assert told("formal") != told("casual")
    assert told("formal") == told("formal") != langchain_identity(openai())


def test_all_that_is_sent_counts_at_any_depth():
    def deep(value):
        for _ in range(30):
            value = {"properties": [value]}
        return langchain_identity(openai(extra_body={"schema": value}))

    assert deep({"user": "a"}) != deep({"user": "b"})
    assert deep({"user": "a"}) == deep({"user": "a"})


def test_parameters_of_addresses_count_and_are_not_told():
    one, other = (langchain_identity(openai(base_url=f"http://host/v1?lora={name}-x")) for name in ("one", "two"))
    assert one != other
    assert one["fields"] == other["fields"]
    images = [{"extra_body": {"image": f"http://host/{name}"}} for name in ("i", "i/", "i?a=1", "i?a=2", "me:pw@i")]
    assert len({json.dumps(langchain_identity(openai(**image))) for image in images}) == len(images)


def test_headers_and_secrets_inside_of_fields_count_by_a_hash_of_all():
    def told(**changes):
        headers = {"x-team": "headers-1", "Authorization": "Bearer headers-2", **changes}
        data = {"deep": [{"api_key": "key-3", "url": "http://host/?part-4"}]}
        return langchain_identity(openai(default_headers=headers, extra_body=data))

    text = json.dumps(told())
    assert not [part for part in ("headers", "key-3", "part-4") if part in text]
    assert told()["untold"] == told()["untold"] != told(Authorization="Bearer headers-5")["untold"]
    assert "untold" not in langchain_identity(openai(extra_body={"top_k": 3}))


def test_secrets_that_are_alike_when_they_are_removed_count():
    keys = ("sk-proj-abcdefghijklmnopqrstuvwxyz012345", "sk-proj-abcdefghijklmnopqrstuvwxyz012346")
    one, other = (langchain_identity(Unknown(note=f"with {key}")) for key in keys)
    assert one["fields"] == other["fields"] == {"note": "with ***"}
    assert one != other


def test_models_and_data_inside_of_models_count_by_what_they_are():
    class Data(BaseModel):
        user: str = ""
        token: str = ""
        private: SecretStr | None = None

    def of(inner):
        return langchain_identity(Unknown(inner=inner))

    assert of(Data(user="a")) != of(Data(user="b"))
    assert of(Data(token="token-a")) != of(Data(token="token-b"))
    assert of([SecretStr("hidden-a")]) != of([SecretStr("hidden-b")])
    assert of(Data(private=SecretStr("hidden-a"))) != of(Data(private=SecretStr("hidden-b")))
    assert "hidden" not in json.dumps([of(Data(private=SecretStr("hidden-a"))), of([SecretStr("hidden-a")])])
    assert of(Unknown(access_token="a")) == of(Unknown(access_token="b"))
    assert of(Unknown(tags=["a"])) == of(Unknown())


def test_it_is_the_same_for_equal_models_and_changes_with_the_model():
    model = openai()
    before = langchain_identity(model)
    assert before == langchain_identity(openai())
    model.temperature = 0.25
    assert langchain_identity(model) != before


def test_an_address_is_told_without_user_password_and_parameters():
    told = json.dumps(langchain_identity(openai(base_url="https://me:pa55word@host/v1?api-key=abc#part")))
    assert "https://host/v1" in told
    assert not [secret for secret in ("me:", "pa55word", "abc", "part") if secret in told]


def test_no_secret_is_told_at_any_depth(monkeypatch):
    monkeypatch.setenv("OUR_API_KEY", "k3y-in-the-environment-7")
    model = Unknown(
        access_token="t0ken-of-the-field-1",
        private=SecretStr("s3cret-of-the-field-2"),
        limits={"deep": {"api_key": "k3y-deep-down-3", "top": 1}, "said": "uses k3y-in-the-environment-7"},
        note="again s3cret-of-the-field-2",
    )
    told = json.dumps(langchain_identity(model))
    assert '"top": 1' in told
    assert not [part for part in ("-1", "-2", "-3", "-7") if part in told]


def test_models_of_unknown_packages_have_one_too():
    assert langchain_identity(Unknown()) == {"class": f"{__name__}.Unknown"}
    assert langchain_identity(Unknown(warmth=2))["fields"] == {"warmth": 2.0}
    assert langchain_identity(Unknown(marks={"b", "a"}))["fields"] == {"marks": ["a", "b"]}
    assert langchain_identity(Unknown(limits={"x": (1, None, math.inf)}))["fields"] == {
        "limits": {"x": [1, None, "inf"]}
    }


def test_models_inside_models_count_with_their_settings_and_other_objects_with_their_class():
    class Part(BaseModel):
        size: int = 1

    inner = langchain_identity(Unknown(inner=Part(size=2)))["fields"]["inner"]
    assert inner["fields"] == {"size": 2}
    assert langchain_identity(Unknown(inner=len))["fields"] == {"inner": "<builtins.builtin_function_or_method>"}
    assert langchain_identity(Unknown(inner=Part))["fields"]["inner"].endswith("Part>")


def test_what_is_nested_too_deep_counts_by_its_class():
    deep: list = []
    deep.append(deep)
    assert "list" in json.dumps(langchain_identity(Unknown(limits={"x": deep})))


def test_a_model_may_say_it_itself():
    class Own(Unknown):
        @property
        def llm_strategy_identity(self):
            return {"mine": self.note}

    assert langchain_identity(Own(note="a")) == {"mine": "a"}


def test_adapters_tell_it_to_caches_and_journals():
    assert identity_of(resolve(openai()))["fields"]["model_name"] == "gpt-4o"
    assert identity_of(resolve(FakeLLM(texts={"a"})))["fields"] == {"texts": ["a"]}


def test_a_scripted_model_is_known_by_its_name_and_not_by_its_script():
    assert identity_of(resolve(ScriptedModel(["a"]))) == identity_of(resolve(ScriptedModel(["b"])))
    assert identity_of(resolve(ScriptedModel(name="x"))) != identity_of(resolve(ScriptedModel(name="y")))


def test_a_local_model_is_known_by_its_file(tmp_path):
    file = tmp_path / "own.gguf"
    missing = langchain_identity(LocalChatModel(model=str(file)))
    file.write_bytes(b"GGUF")
    there = langchain_identity(LocalChatModel(model=str(file)))
    assert there["file"] != missing["file"] == ""
    assert len(langchain_identity(LocalChatModel())["file"]) == 64
    assert langchain_identity(LocalChatModel(n_threads=1)) == langchain_identity(LocalChatModel(n_threads=2))
    assert langchain_identity(LocalChatModel(seed=1)) != langchain_identity(LocalChatModel(seed=2))


def test_many_models_do_not_make_it_grow():
    from llm_strategy.chat import identity

    for number in range(identity._MOST_REMEMBERED + 2):
        langchain_identity(Unknown(note=str(number)))
    assert len(identity._CLEAN) <= identity._MOST_REMEMBERED


def test_completion_models_have_one():
    class Completing(LLM):
        best_of: int = 1

        @property
        def _llm_type(self):
            return "completing"

        def _call(self, prompt, stop=None, run_manager=None, **kwargs):
            return "x"

    assert langchain_identity(Completing(best_of=2))["fields"] == {"best_of": 2}
