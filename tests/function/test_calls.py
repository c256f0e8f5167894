"""LLM functions are called, previewed, mapped, streamed and continued, in sync and async code."""

import asyncio
import copy
import inspect
import pickle
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

import pytest
from pydantic import BaseModel

from llm_strategy import (
    ChainOfThought,
    ChatChain,
    Code,
    Direct,
    Markdown,
    Message,
    PythonCode,
    SelfConsistency,
    llm_function,
    use_model,
)
from llm_strategy.errors import (
    AttemptsExhaustedError,
    ConfigurationError,
    InputError,
    NoModelError,
    RefusedError,
    UnknownModelError,
    UnsupportedError,
)
from llm_strategy.flow import Sampling
from llm_strategy.function.preview import NOBODY
from llm_strategy.testing import ScriptedModel


class Person(BaseModel):
    name: str
    age: int


ADA = '{"name": "Ada", "age": 36}'
BOTH = f'{{"return_value": [{ADA}, {{"name": "Bob", "age": 4}}]}}'


@llm_function
def extract(model, text: str) -> Person:
    """Extract the person."""
    raise NotImplementedError


@llm_function
async def aextract(model, text: str) -> Person:
    """Extract the person."""
    raise NotImplementedError


@llm_function
def add(model, a: int, b: int = 1) -> int:
    """Add."""
    raise NotImplementedError


@llm_function
def people(model, n: int) -> Iterator[Person]:
    """Some people."""


@llm_function
def generated(model, n: int) -> Generator[Person, None, None]:
    """Some people."""
    yield


@llm_function
def apeople(model, n: int) -> AsyncIterator[Person]:
    """Some people."""


@llm_function
async def agenerated(model, n: int) -> AsyncGenerator[Person, None]:
    """Some people."""
    yield


@llm_function
async def promised(model, n: int) -> AsyncIterator[Person]:
    """Some people."""


def names(items):
    return [one.name for one in items]


async def gathered(items):
    return [one.name async for one in items]


def test_a_call_gives_the_declared_type():
    assert extract(ScriptedModel([ADA]), "Ada, 36") == Person(name="Ada", age=36)


def test_a_coroutine_function_is_awaited():
    assert asyncio.run(aextract(ScriptedModel([ADA]), "Ada, 36")) == Person(name="Ada", age=36)


@pytest.mark.parametrize("function", [people, generated], ids=["iterator", "generator"])
def test_items_are_iterated_over(function):
    assert names(function(ScriptedModel([BOTH]), 2)) == ["Ada", "Bob"]


@pytest.mark.parametrize("function", [apeople, agenerated], ids=["iterator", "generator"])
def test_items_are_iterated_over_asynchronously(function):
    assert asyncio.run(gathered(function(ScriptedModel([BOTH]), 2))) == ["Ada", "Bob"]


def test_an_awaited_iterator_is_awaited_first():
    async def all_of():
        return await gathered(await promised(ScriptedModel([BOTH]), 2))

    assert asyncio.run(all_of()) == ["Ada", "Bob"]


def test_arguments_of_an_iterator_are_checked_at_the_call():
    with pytest.raises(InputError, match="argument 'n'"):
        people(ScriptedModel(), "many")


@pytest.mark.parametrize("reasoning", [Direct(), SelfConsistency(samples=1, inner=Direct())], ids=["direct", "vote"])
def test_items_can_be_reasoned_about(reasoning):
    assert names(people.using(reasoning=reasoning)(ScriptedModel([BOTH]), 2)) == ["Ada", "Bob"]


def test_the_name_docstring_and_signature_survive():
    assert extract.__name__ == "extract"
    assert extract.__doc__ == "Extract the person."
    assert extract.__module__ == __name__
    assert list(inspect.signature(extract).parameters) == ["model", "text"]
    assert repr(extract) == f"<LLM function {__name__}.extract>"
    assert inspect.signature(type(extract)) is not None


def test_the_prompt_is_what_a_call_sends():
    model = ScriptedModel([ADA])
    extract(model, "Ada, 36")
    sent = [(turn.type.replace("human", "user"), turn.content) for turn in model.asked[0]]
    assert [(turn.role, turn.content) for turn in extract.prompt("Ada, 36")] == sent
    assert sent[0][1].startswith("Act as this Python function:\nextract(text: str) -> Person\n\nExtract the person.")


@pytest.mark.parametrize("reasoning", [ChainOfThought(), SelfConsistency(samples=2)], ids=["thought", "vote"])
def test_the_prompt_is_what_a_call_sends_with_any_reasoning(reasoning):
    model = ScriptedModel(['{"reasoning": "x", "return_value": {"name": "Ada", "age": 36}}'] * 2)
    thoughtful = extract.using(reasoning=reasoning)
    thoughtful(model, "Ada, 36")
    assert [turn.content for turn in thoughtful.prompt("Ada, 36")] == [turn.content for turn in model.asked[0]]
    assert "reasoning: string" in thoughtful.prompt("Ada, 36")[0].content


def test_the_prompt_is_worded_for_the_model_of_the_function():
    model = ScriptedModel(llm_strategy_methods=("json_schema",))
    assert "JSON" in extract.prompt("x")[0].content
    assert "JSON" not in extract.using(model=model).prompt("x")[0].content
    assert "JSON" not in extract.bind(model).prompt("x")[0].content
    assert "JSON" in extract.bind("openai:unknown").prompt("x")[0].content
    assert model.asked == []


def test_the_prompt_of_a_method_of_reasoning_that_asks_nothing_is_an_error():
    class Lazy:
        def solve(self, question):
            return question
            yield

    with pytest.raises(ConfigurationError, match=r"extract': its method of reasoning does not begin with a question"):
        extract.using(reasoning=Lazy()).prompt("x")


def test_nobody_answers_a_preview():
    request = type("Request", (), {"messages": (Message.user("hm"),)})()
    for ask in (NOBODY.reply, NOBODY.stream, NOBODY.astream, lambda request: asyncio.run(NOBODY.areply(request))):
        with pytest.raises(UnsupportedError, match="Nobody answers 'hm'"):
            ask(request)


def test_the_types_are_told():
    assert extract.output_type is Person
    assert people.output_type is Person
    assert list(extract.input_type.model_fields) == ["text"]


def test_without_a_model_there_is_a_clear_error(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    with pytest.raises(NoModelError, match="No model: pass one to the call"):
        extract(None, "x")


def test_an_unknown_model_is_named():
    with pytest.raises(UnknownModelError, match=r"'opnai:gpt'.*Did you mean 'openai'"):
        extract("opnai:gpt", "x")
    with pytest.raises(UnknownModelError, match="'int' object is no model"):
        extract(3, "x")


def test_the_default_model_answers_where_none_is_named():
    with use_model(ScriptedModel([ADA, ADA])):
        assert extract(None, "x").name == "Ada"
        assert extract(text="x").name == "Ada"


def test_a_model_of_the_call_comes_before_the_one_of_the_function():
    function = add.using(model=ScriptedModel(["1"]))
    assert function(ScriptedModel(["2"]), 3) == 2
    assert function(None, 3) == 1


def test_a_bound_function_has_the_signature_of_the_stub():
    bound = add.bind(ScriptedModel(["3", "4"]))
    assert bound(1, b=2) == 3
    assert bound.using(attempts=1)(1) == 4
    assert bound.using(model=ScriptedModel(["9"]))(1) == 9


def test_rubbish_for_ever_is_an_error_with_every_attempt():
    with pytest.raises(AttemptsExhaustedError, match=r"extract got no usable reply in 3 attempts") as caught:
        extract(ScriptedModel(["no", "never", '{"name": "Ada"}']), "x")
    assert [error.reply for error in caught.value.errors] == ["no", "never", '{"name": "Ada"}']
    assert "3. " in str(caught.value)
    assert "'never'" in str(caught.value)


def test_map_keeps_the_order_and_the_errors():
    def reply(messages):
        return ADA if "good" in messages[1].content else "no"

    results = extract.map(ScriptedModel(reply), ["good", "bad", "good", 3])
    assert [type(result.error).__name__ for result in results] == [
        "NoneType",
        "AttemptsExhaustedError",
        "NoneType",
        "InputError",
    ]
    assert [result.value.name for result in results if result.error is None] == ["Ada", "Ada"]


def echo(messages):
    return str(messages[1].content).replace("a: ", "").replace("\nb: ", "")


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param([1, 2], [11, 21], id="first-argument"),
        pytest.param([(1, 2), (3,)], [12, 31], id="tuples"),
        pytest.param([{"a": 1, "b": 2}, {"a": 3}], [12, 31], id="dicts"),
        pytest.param([], [], id="none"),
    ],
)
def test_inputs_of_map_are_arguments_in_any_form(inputs, expected):
    assert [result.unwrap() for result in add.map(ScriptedModel(echo), inputs)] == expected
    assert [result.unwrap() for result in add.bind(ScriptedModel(echo)).map(inputs, limit=1)] == expected


def test_the_one_argument_of_a_function_may_be_a_tuple_or_a_dict():
    @llm_function
    def count(model, what: tuple[int, int] | dict[str, int]) -> int:
        """Count."""

    model = ScriptedModel(["2", "1"])
    assert [result.value for result in count.map(model, [(1, 2), {"a": 1}], limit=1)] == [2, 1]
    assert [turns[1].content for turns in model.asked] == ["what: [1, 2]", 'what: {"a": 1}']


def test_map_works_in_async_code():
    async def both():
        return await aextract.amap(ScriptedModel([ADA]), ["x"]), await extract.bind(ScriptedModel([ADA])).amap(["x"])

    assert [results[0].value.name for results in asyncio.run(both())] == ["Ada", "Ada"]


def test_map_of_items_gives_lists():
    assert names(people.map(ScriptedModel([BOTH]), [2])[0].value) == ["Ada", "Bob"]


def test_a_growing_value_ends_whole():
    for stream in (
        extract.stream(ScriptedModel([ADA]), "x"),
        extract.bind(ScriptedModel([ADA])).stream("x"),
    ):
        *growing, last = stream
        assert last == Person(name="Ada", age=36)
        assert growing


def test_a_growing_value_ends_whole_in_async_code():
    async def both():
        one = [value async for value in extract.astream(ScriptedModel([ADA]), "x")]
        return one[-1], [value async for value in extract.bind(ScriptedModel([ADA])).astream("x")][-1]

    assert asyncio.run(both()) == (Person(name="Ada", age=36), Person(name="Ada", age=36))


def test_a_value_that_is_reasoned_about_comes_at_once():
    model = ScriptedModel(['{"reasoning": "x", "return_value": {"name": "Ada", "age": 36}}'])
    assert list(extract.using(reasoning=ChainOfThought()).stream(model, "x")) == [Person(name="Ada", age=36)]


def test_a_chat_continues_the_conversation():
    model = ScriptedModel([ADA, "Her mother.", '{"name": "Anne", "age": 62}'])
    person, chain = extract.chat(model, "Ada")
    assert person.name == "Ada"
    answer, chain = chain.query("Who raised her?")
    assert answer == "Her mother."
    mother, chain = extract.chat(chain, "the mother")
    assert mother.name == "Anne"
    assert [turn.role for turn in chain.messages] == ["system", "user", "assistant"] + ["user", "assistant"] * 2


def test_a_chat_of_a_bound_function_keeps_its_model():
    model = ScriptedModel([ADA])
    _, chain = extract.bind(model).chat("Ada")
    assert chain.model is model


def test_a_chain_keeps_its_sampling_where_the_function_says_nothing():
    model = ScriptedModel([ADA, ADA])
    chain = ChatChain(model, (Message.user("Hello."),), Sampling(temperature=0.0, seed=7))
    _, chain = extract.using(seed=8).chat(chain, "x")
    assert model.arguments[0] == {"temperature": 0.0, "seed": 8}
    assert chain.sampling == Sampling(temperature=0.0, seed=7)
    assert chain.messages[0].content == "Hello."


def test_a_chain_without_a_model_takes_the_one_of_the_function():
    model = ScriptedModel([ADA])
    _, chain = extract.using(model=model).chat(ChatChain(), "x")
    assert chain.model is model


def test_a_chat_is_awaited_where_the_function_is_asynchronous():
    async def both():
        _, chain = await aextract.chat(ScriptedModel([ADA]), "x")
        items, _ = await apeople.bind(ScriptedModel([BOTH])).chat(2)
        return chain.response, names(items)

    assert asyncio.run(both()) == (ADA, ["Ada", "Bob"])


@pytest.mark.parametrize(
    ("kind", "language"),
    [
        pytest.param(Code, "", id="code"),
        pytest.param(PythonCode, "python", id="python"),
        pytest.param(Markdown, "markdown", id="markdown"),
    ],
)
def test_text_types_are_asked_for_as_a_fenced_block(kind, language):
    @llm_function
    def write(model, task: str) -> kind:
        """Write it."""

    model = ScriptedModel([f'Sure:\n```{language}\nprint("it\'s")\n```\n'])
    assert write(model, "x").strip() == 'print("it\'s")'
    assert f"one fenced block that starts with ```{language}" in model.asked[0][0].content


def test_a_refusal_is_not_asked_again():
    from langchain_core.messages import AIMessage

    model = ScriptedModel([AIMessage("", additional_kwargs={"refusal": "I will not."})])
    with pytest.raises(RefusedError):
        extract(model, "x")
    assert len(model.asked) == 1


def test_functions_are_pickled_by_name():
    assert pickle.loads(pickle.dumps(extract)) is extract
    assert copy.copy(extract) is extract
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(extract.using(attempts=1))
