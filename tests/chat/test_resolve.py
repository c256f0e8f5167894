"""From what a user calls a model to the `ChatModel` that is asked."""

import gc
import sys
import threading
import types
import weakref

import pytest
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI

from llm_strategy.chat import resolve, use_model
from llm_strategy.chat import resolve as resolve_function
from llm_strategy.chat.completion import CompletionChat
from llm_strategy.chat.langchain import LangchainChat
from llm_strategy.errors import NoModelError, UnknownModelError
from llm_strategy.flow import Parallel, run
from llm_strategy.testing import FakeLLM, ScriptedModel

resolving = sys.modules[resolve_function.__module__]


@pytest.fixture(autouse=True)
def no_defaults(monkeypatch):
    """Each test starts without a model, and leaves none behind."""
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    monkeypatch.setattr(resolving, "_DEFAULT", [None])
    monkeypatch.setattr(resolving, "_OPENED", {})


@pytest.fixture
def opened(monkeypatch):
    """A scheme `scripted:` whose models are named by what they were opened with."""
    names = []

    def open_scripted(rest):
        names.append(rest)
        return ScriptedModel([rest])

    module = types.ModuleType("scripted_scheme")
    module.open_scripted = open_scripted
    monkeypatch.setitem(sys.modules, "scripted_scheme", module)
    monkeypatch.setitem(resolving.SCHEMES, "scripted", "scripted_scheme:open_scripted")
    return names


def test_a_langchain_chat_model_is_adapted():
    model = ScriptedModel([])

    assert isinstance(resolve(model), LangchainChat)
    assert resolve(model).model is model


def test_a_langchain_completion_model_is_adapted():
    assert isinstance(resolve(FakeLLM()), CompletionChat)


def test_a_chat_model_of_ours_is_taken_as_it_is():
    ours = LangchainChat(ScriptedModel([]))

    assert resolve(ours) is ours


def test_a_model_has_one_adapter_while_it_is_in_use():
    model, other = ScriptedModel([]), ScriptedModel([])
    adapter = resolve(model)

    assert resolve(model) is adapter
    assert resolve(other) is not adapter


def test_an_adapter_keeps_its_model_alive_and_is_dropped_with_it(own_garbage):
    adapter = resolve(ScriptedModel(["still here"]))
    gone = weakref.ref(adapter.model)
    gc.collect()
    assert adapter.model.replies == ["still here"]

    del adapter
    gc.collect()

    assert gone() is None


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        pytest.param(object(), "A 'object' object", id="object"),
        pytest.param(3, "A 'int' object", id="number"),
        pytest.param(ChatOpenAI, "The class 'ChatOpenAI'", id="class of a model"),
        pytest.param(LangchainChat, "The class 'LangchainChat'", id="class of ours"),
    ],
)
def test_what_is_no_model_is_refused_in_words(thing, found):
    with pytest.raises(UnknownModelError, match=f"{found} is no model. Pass a langchain chat or completion model"):
        resolve(thing)


@pytest.mark.parametrize(
    ("wrapped", "advice"),
    [
        pytest.param(lambda model: model.bind(temperature=1), r"to function\.using\(\.\.\.\).*`\.bound`", id="bind"),
        pytest.param(lambda model: model.bind_tools([]), r"marked with llm_strategy\.tool.*`\.bound`", id="bind_tools"),
        pytest.param(lambda model: model.with_config(tags=["t"]), r"callbacks and tags to the model", id="with_config"),
        pytest.param(lambda model: model.with_retry(), r"llm_strategy\.retrying\(.*`\.bound`", id="with_retry"),
        pytest.param(lambda model: model.with_fallbacks([model]), r"fallback\(first, second\)", id="with_fallbacks"),
        pytest.param(
            lambda model: model.configurable_fields(temperature=ConfigurableField(id="t")),
            r"Make the model with the values that you mean; the model inside is `\.default`",
            id="configurable_fields",
        ),
        pytest.param(
            lambda model: model.configurable_alternatives(ConfigurableField(id="m"), other=model),
            r"`\.default`",
            id="configurable_alternatives",
        ),
        pytest.param(lambda model: model | str, r"Pass the model of the chain", id="a chain"),
    ],
)
def test_a_wrapped_model_of_langchain_is_refused_with_what_to_pass_instead(wrapped, advice):
    model = ChatOpenAI(model="m", api_key="x")
    with pytest.raises(UnknownModelError, match=rf" object is no model\. .*{advice}"):
        resolve(wrapped(model))


def test_an_object_is_refused_where_langchain_was_never_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "langchain_core.language_models")

    with pytest.raises(UnknownModelError, match="is no model"):
        resolve(object())


def test_a_name_is_opened_by_its_scheme_and_only_once(opened):
    assert resolve("scripted:a") is resolve("scripted:a")
    assert resolve("scripted:b") is not resolve("scripted:a")
    assert opened == ["a", "b"]


def test_a_name_may_hold_further_colons_or_none(opened):
    resolve("scripted:/path:with:colons")
    resolve("scripted")

    assert opened == ["/path:with:colons", ""]


def test_threads_that_name_a_model_at_once_open_it_once(opened):
    start = threading.Barrier(8, timeout=10)
    found = []

    def name():
        start.wait()
        found.append(resolve("scripted:a"))

    threads = [threading.Thread(target=name) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert opened == ["a"]
    assert len(set(map(id, found))) == 1


def test_a_model_that_cannot_be_opened_is_tried_again(opened, monkeypatch):
    working = sys.modules["scripted_scheme"].open_scripted
    monkeypatch.setattr(sys.modules["scripted_scheme"], "open_scripted", lambda rest: resolve("nonsense"))
    with pytest.raises(UnknownModelError):
        resolve("scripted:a")
    monkeypatch.setattr(sys.modules["scripted_scheme"], "open_scripted", working)

    assert resolve("scripted:a").model.replies == ["a"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("opnai:gpt-4o", "Did you mean 'openai'?", id="a letter too few"),
        pytest.param("locl", "Did you mean 'local'?", id="no colon"),
        pytest.param("gpt-4o", "Names look like 'local', ", id="nothing near"),
        pytest.param("", "Names look like 'local', ", id="empty"),
    ],
)
def test_an_unknown_name_is_refused_with_what_may_have_been_meant(name, hint):
    with pytest.raises(UnknownModelError) as caught:
        resolve(name)
    assert str(caught.value).startswith(f"Unknown model {name!r}")
    assert hint in str(caught.value)
    assert ("Did you mean" in str(caught.value)) is ("Did you mean" in hint)


def test_without_any_model_the_error_tells_the_three_ways_to_give_one():
    with pytest.raises(NoModelError, match=r"pass one to the call.*use_model\(\.\.\.\).*LLM_STRATEGY_MODEL"):
        resolve()


def test_the_environment_names_the_default(opened, monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "scripted:env")

    assert resolve().model.replies == ["env"]


def test_an_empty_variable_names_no_model(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "")

    with pytest.raises(NoModelError):
        resolve()


def test_a_statement_sets_the_default_of_the_process(monkeypatch):
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "scripted:env")
    first, second = ScriptedModel([]), ScriptedModel([])

    use_model(first)
    assert resolve().model is first
    use_model(second)
    assert resolve().model is second

    seen = []
    thread = threading.Thread(target=lambda: seen.append(resolve().model))
    thread.start()
    thread.join()
    assert seen == [second]


def test_a_block_sets_the_default_inside_it_and_blocks_nest():
    outer, inner = ScriptedModel([]), ScriptedModel([])

    with use_model(outer) as given:
        assert given is outer
        with use_model(inner):
            assert resolve().model is inner
        assert resolve().model is outer
    with pytest.raises(NoModelError):
        resolve()


def test_a_block_restores_the_default_that_a_statement_set():
    lasting, inside = ScriptedModel([]), ScriptedModel([])
    use_model(lasting)

    with pytest.raises(KeyError), use_model(inside):
        raise KeyError
    assert resolve().model is lasting


def test_a_block_can_be_entered_again_and_inside_itself():
    model = ScriptedModel([])
    scope = use_model(model)

    with scope, scope:
        assert resolve().model is model
    with scope:
        assert resolve().model is model
    with pytest.raises(NoModelError):
        resolve()


def test_a_statement_between_making_and_entering_a_block_holds():
    scoped, lasting = ScriptedModel([]), ScriptedModel([])
    scope = use_model(scoped)
    use_model(lasting)

    with scope:
        assert resolve().model is scoped
    assert resolve().model is lasting


def test_a_block_holds_in_the_threads_of_parallel_flows_and_in_no_other_thread():
    model = ScriptedModel([])

    class Ask:
        def perform(self):
            return resolve().model

    def flow():
        return (yield Ask())

    def both():
        return (yield Parallel((flow(), flow())))

    seen = []

    def elsewhere():
        with pytest.raises(NoModelError):
            resolve()
        seen.append(True)

    with use_model(model):
        assert run(both()) == (model, model)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert seen == [True]


def test_a_model_that_looks_empty_is_a_model_all_the_same():
    class Empty(LangchainChat):
        def __len__(self):
            return 0

    model = Empty(ScriptedModel([]))

    with use_model(model):
        assert resolve() is model
