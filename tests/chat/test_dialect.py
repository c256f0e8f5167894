"""How each kind of langchain model is told which form of reply is wanted."""

from dataclasses import replace

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from llm_strategy.chat.dialect import dialect_of
from llm_strategy.errors import UnsupportedError
from llm_strategy.flow import OutputFormat, ToolSpec
from llm_strategy.testing import ScriptedModel

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
FORMS = {
    "json_schema": OutputFormat("json_schema", "Person", "", SCHEMA, strict=True),
    "tool": OutputFormat("tool", "Person", "Somebody.", SCHEMA),
    "json_object": OutputFormat("json_object"),
    "prompt": OutputFormat("prompt"),
    "grammar": OutputFormat("grammar", "Person", "", SCHEMA),
}
RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "Person", "schema": SCHEMA, "strict": True}}
TOOL = {"type": "function", "function": {"name": "Person", "parameters": SCHEMA, "description": "Somebody."}}
TOOL_CHOICE = {"type": "function", "function": {"name": "Person"}}


class Generic(ScriptedModel):
    """A langchain model that llm-strategy knows nothing about."""

    llm_strategy_methods: None = None


class WithTools(Generic):
    """The same, with tools in a form of its own."""

    def bind_tools(self, tools, *, tool_choice=None, **kwargs):
        return self.bind(functions=[tool["function"]["name"] for tool in tools], force=tool_choice)


class ChatOllama(WithTools):
    """A class that is called as the one in langchain-ollama, which is known by its name."""


class Broken(Generic):
    """A model whose tools do not work."""

    def bind_tools(self, tools, **kwargs):
        raise ValueError("no tool choice here")


def openai(**settings):
    return ChatOpenAI(model="m", base_url="http://nowhere.invalid/v1", api_key="x", **settings)


def arguments(model, method):
    return dialect_of(model).arguments(model, FORMS[method])


def payload(model, method):
    """What goes over the wire, as far as langchain tells before it sends."""
    return model._get_request_payload([HumanMessage("Hi")], **arguments(model, method))


def test_openai_takes_a_schema_as_a_strict_response_format():
    assert payload(openai(), "json_schema")["extra_body"] == {"response_format": RESPONSE_FORMAT}


def test_a_schema_that_is_not_strict_does_not_say_so():
    form = OutputFormat("json_schema", "Person", "", SCHEMA)
    given = dialect_of(openai()).arguments(openai(), form)

    assert "strict" not in given["extra_body"]["response_format"]["json_schema"]


def test_openai_takes_json_mode_without_a_schema():
    assert payload(openai(), "json_object")["extra_body"] == {"response_format": {"type": "json_object"}}


def test_openai_is_made_to_call_the_one_tool():
    sent = payload(openai(), "tool")

    assert (sent["tools"], sent["tool_choice"]) == ([TOOL], TOOL_CHOICE)
    assert "extra_body" not in sent


def test_a_strict_tool_says_so_and_an_unexplained_one_has_no_description():
    form = OutputFormat("tool", "Person", "", SCHEMA, strict=True)
    (tool,) = dialect_of(openai()).arguments(openai(), form)["tools"]

    assert tool["function"] == {"name": "Person", "parameters": SCHEMA, "strict": True}


def test_asking_in_the_prompt_sends_nothing_else():
    assert arguments(openai(), "prompt") == {}


def test_the_users_own_extra_body_is_kept():
    model = openai(extra_body={"top_k": 5})

    assert payload(model, "json_schema")["extra_body"] == {"top_k": 5, "response_format": RESPONSE_FORMAT}
    assert model.extra_body == {"top_k": 5}


@pytest.mark.parametrize("settings", [{"use_responses_api": True}, {"reasoning": {"effort": "low"}}], ids=str)
def test_the_responses_api_takes_the_schema_as_the_format_of_its_text(settings):
    sent = payload(openai(**settings), "json_schema")

    assert sent["text"]["format"] == {"type": "json_schema", "name": "Person", "schema": SCHEMA, "strict": True}
    assert "extra_body" not in sent


def test_the_responses_api_takes_tools_in_its_own_form():
    sent = payload(openai(use_responses_api=True), "tool")

    assert sent["tools"] == [{"type": "function", "name": "Person", "parameters": SCHEMA, "description": "Somebody."}]
    assert sent["tool_choice"] == {"type": "function", "name": "Person"}


def test_openai_has_no_grammar_and_says_what_it_has():
    with pytest.raises(UnsupportedError, match=r"ChatOpenAI has no .* method 'grammar'.*method='json_schema'"):
        arguments(openai(), "grammar")


@pytest.mark.parametrize(
    ("known", "methods"),
    [
        pytest.param({}, ("json_schema", "tool", "json_object", "prompt"), id="nothing known"),
        pytest.param({"structured_output": False}, ("tool", "json_object", "prompt"), id="no structured output"),
        pytest.param({"tool_calling": False}, ("json_schema", "json_object", "prompt"), id="no tools"),
        pytest.param({"structured_output": False, "tool_calling": False}, ("json_object", "prompt"), id="neither"),
    ],
)
def test_the_methods_of_openai_follow_the_profile_of_the_model(known, methods):
    assert dialect_of(openai(profile=known)).profile.methods == methods


def test_a_model_may_declare_its_methods_and_takes_them_in_openais_spelling():
    model = ScriptedModel([], llm_strategy_methods=("grammar", "tool", "json_object", "prompt"))

    assert dialect_of(model).profile.methods == ("grammar", "tool", "json_object", "prompt")
    assert arguments(model, "grammar")["response_format"]["json_schema"]["schema"] == SCHEMA
    assert arguments(model, "tool") == {"tools": [TOOL], "tool_choice": TOOL_CHOICE}
    assert arguments(model, "json_object") == {"response_format": {"type": "json_object"}}
    assert arguments(model, "prompt") == {}


def test_any_other_model_is_given_tools_as_its_own_bind_tools_makes_them():
    assert dialect_of(WithTools()).profile.methods == ("tool", "prompt")
    assert arguments(WithTools(), "tool") == {"functions": ["Person"], "force": "Person"}
    assert arguments(WithTools(), "prompt") == {}


@pytest.mark.parametrize("method", ["json_schema", "json_object", "grammar"])
def test_a_method_that_is_not_known_for_a_model_is_an_error_and_not_dropped(method):
    with pytest.raises(UnsupportedError, match=rf"WithTools has no .* method '{method}'.*method='tool'"):
        arguments(WithTools(), method)


def test_a_model_without_tools_is_asked_in_the_prompt():
    assert Generic.bind_tools is BaseChatModel.bind_tools
    assert dialect_of(Generic()).profile.methods == ("prompt",)


@pytest.mark.parametrize(("known", "methods"), [(True, ("tool", "prompt")), (False, ("prompt",))])
def test_a_profile_tells_whether_a_model_has_tools(known, methods):
    assert dialect_of(WithTools(profile={"tool_calling": known})).profile.methods == methods


@pytest.mark.parametrize("model", [Broken(), Generic()], ids=["refused", "not implemented"])
def test_a_model_that_cannot_take_the_tool_is_unsupported(model):
    with pytest.raises(UnsupportedError, match="cannot be given the tool 'Person'"):
        arguments(model, "tool")


def test_ollama_is_known_by_its_class_and_takes_a_format():
    assert dialect_of(ChatOllama()).profile.methods == ("json_schema", "json_object", "prompt")
    assert arguments(ChatOllama(), "json_schema") == {"format": SCHEMA}
    assert arguments(ChatOllama(), "json_object") == {"format": "json"}
    assert arguments(ChatOllama(), "prompt") == {}


def test_ollama_takes_a_tool_where_the_user_asks_for_it():
    assert arguments(ChatOllama(), "tool") == {"functions": ["Person"], "force": "Person"}


OFFER = (ToolSpec("now", "The time."), ToolSpec("find", "", {"type": "object", "properties": {"x": {}}}, strict=True))
OFFERED = [
    {
        "type": "function",
        "function": {"name": "now", "parameters": {"type": "object", "properties": {}}, "description": "The time."},
    },
    {
        "type": "function",
        "function": {"name": "find", "parameters": {"type": "object", "properties": {"x": {}}}, "strict": True},
    },
]


def offering(model, method="prompt", **more):
    return dialect_of(model).arguments(model, replace(FORMS[method], tools=OFFER, **more))


def test_tools_are_offered_beside_any_form_of_reply():
    assert offering(openai()) == {"tools": OFFERED}
    assert offering(openai(), must_call=True) == {"tools": OFFERED, "tool_choice": "required"}
    with_schema = offering(openai(), "json_schema")
    assert with_schema["tools"] == OFFERED
    assert set(with_schema["extra_body"]) == {"response_format"}
    both = offering(openai(), "tool")
    assert [one["function"]["name"] for one in both["tools"]] == ["Person", "now", "find"]
    assert both["tool_choice"] == "required"


def test_the_responses_api_takes_offered_tools_in_its_own_form():
    model = openai(use_responses_api=True)
    sent = model._get_request_payload([HumanMessage("hi")], **offering(model, must_call=True))
    assert [one["name"] for one in sent["tools"]] == ["now", "find"]
    assert sent["tool_choice"] == "required"


def test_other_models_are_offered_tools_as_their_bind_tools_makes_them():
    assert offering(WithTools()) == {"functions": ["now", "find"], "force": None}
    assert offering(WithTools(), must_call=True) == {"functions": ["now", "find"], "force": "any"}
    assert offering(WithTools(), "tool") == {"functions": ["Person", "now", "find"], "force": "any"}
    assert offering(ChatOllama(), "json_schema") == {"functions": ["now", "find"], "force": None, "format": SCHEMA}
    assert offering(ChatOllama(), "json_object") == {"functions": ["now", "find"], "force": None, "format": "json"}
    assert offering(ChatOllama()) == {"functions": ["now", "find"], "force": None}
    with pytest.raises(UnsupportedError, match="cannot be given the tools 'now', 'find'"):
        offering(Broken())
