import pytest

from llm_strategy.errors import MissingKeyError, UnknownModelError
from llm_strategy.models import resolve
from llm_strategy.models.hosted import open_openai


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def test_a_hosted_model_without_a_key_says_which_variable_to_set():
    with pytest.raises(MissingKeyError, match="'openai:gpt-4o-mini' needs a key: set OPENAI_API_KEY"):
        open_openai("gpt-4o-mini")


def test_a_name_without_a_model_is_an_error_with_an_example():
    with pytest.raises(UnknownModelError, match=r"'openai' names no model.*openai:gpt-4o-mini"):
        open_openai("")


def test_a_server_of_ones_own_needs_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")
    model = open_openai("qwen2.5-coder:1.5b")
    assert (model.model_name, model.openai_api_base) == ("qwen2.5-coder:1.5b", "http://127.0.0.1:11434/v1")


def test_a_hosted_model_is_known_by_name(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    model = resolve("openai:gpt-4o-mini")
    assert model.name == "gpt-4o-mini"
    assert model.profile.methods[0] == "json_schema"
