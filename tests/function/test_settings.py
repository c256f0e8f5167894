"""Options of a function are checked when they are given, and change its prompts."""

from typing import TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import ChainOfThought, Example, Templates, llm_function
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.function import Settings
from llm_strategy.testing import ScriptedModel


class Person(BaseModel):
    name: str
    age: int


@llm_function
def extract(model, text: str) -> Person:
    """Extract the person."""


WRONG = [
    pytest.param({"attempt": 3}, "unknown option 'attempt'. Did you mean 'attempts'? Options are 'model', ", id="near"),
    pytest.param({"zzz": 3}, "unknown option 'zzz'. Options are 'model', ", id="far"),
    pytest.param({"attempts": 0}, "attempts=0 asks for no reply at all. Use a whole number from 1 on", id="attempts"),
    pytest.param({"attempts": "3"}, "attempts='3' asks for no reply", id="attempts-text"),
    pytest.param({"max_tokens": 0}, "max_tokens=0 asks for no reply", id="tokens"),
    pytest.param({"max_tokens": 1.5}, "max_tokens=1.5 asks for no reply", id="tokens-part"),
    pytest.param({"temperature": "hot"}, "temperature='hot' is no temperature. Use a number from 0", id="temperature"),
    pytest.param({"temperature": -1}, "temperature=-1 is no temperature", id="temperature-below"),
    pytest.param({"temperature": float("nan")}, "temperature=nan is no temperature", id="temperature-nan"),
    pytest.param({"seed": "a"}, "seed='a' is no seed. Use a whole number", id="seed"),
    pytest.param({"instruction": 3}, "instruction=3 is no text", id="instruction"),
    pytest.param(
        {"parameters": {"txt": "x"}}, "no parameter 'txt' to describe. Did you mean 'text'? It", id="parameter"
    ),
    pytest.param({"parameters": "text"}, "parameters='text' is no mapping from names to texts", id="parameters"),
    pytest.param(
        {"fields": {"Person.nam": "x"}}, "no 'Person.nam' to describe. Did you mean 'Person.name'?", id="field"
    ),
    pytest.param({"fields": {"Person.name": 3}}, "fields={'Person.name': 3} is no mapping from", id="fields"),
    pytest.param({"model": 3}, "model=3: A 'int' object is no model", id="model"),
    pytest.param({"method": "xml"}, "unknown method 'xml'. Methods are 'json_schema', 'tool'", id="method"),
    pytest.param({"reasoning": "think"}, "reasoning='think' is no method of reasoning", id="reasoning"),
    pytest.param({"reasoning": ChainOfThought}, "Use an instance such as ChainOfThought()", id="reasoning-class"),
    pytest.param({"templates": "Do it."}, "templates='Do it.' is no Templates", id="templates"),
    pytest.param({"examples": 3}, "examples=3 is no list", id="examples-number"),
    pytest.param({"examples": Example({}, 1)}, "is no list. Write [Example({...}, value)]", id="examples-one"),
    pytest.param({"examples": [({"text": "x"}, 1)]}, "is no example of a call. Write Example(", id="examples-tuple"),
    pytest.param({"examples": [Example(("x",), 1)]}, "is no example of a call. Write Example(", id="example-place"),
    pytest.param({"examples": [Example({"txt": "x"}, {})]}, "example 1' does not fit the signature", id="example-name"),
    pytest.param({"examples": [Example({"txt": "x"}, {})]}, "and there is no 'txt'", id="example-unknown"),
    pytest.param(
        {"examples": [Example({"text": "x"}, {"name": "Ada", "age": 1}), Example({"text": "x"}, {"name": "Ada"})]},
        "example 2' does not fit the signature: '.*extract: example 2': its value at ['age'] does not fit its type",
        id="example-value",
    ),
    pytest.param({"examples": [Example({"text": 3}, {})]}, "argument 'text' does not fit its type", id="example-input"),
]


def escaped(words):
    return "".join(f"\\{character}" if character in "[](){}?" else character for character in words)


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_a_wrong_option_is_refused_when_it_is_given(options, words):
    with pytest.raises(DefinitionError, match=escaped(words)) as caught:
        extract.using(**options)
    assert f"{__name__}.extract" in str(caught.value)
    with pytest.raises(DefinitionError, match=escaped(words)):
        llm_function(**options)(extract.__wrapped__)


def test_a_bad_template_is_refused():
    with pytest.raises(DefinitionError, match="unknown slot 'x'"):
        extract.using(templates=Templates(task="{x}"))


def test_a_function_is_not_changed_by_using_it():
    other = extract.using(attempts=1, temperature=0.5, max_tokens=9, seed=3)
    assert extract.settings == Settings()
    assert (other.settings.attempts, other.settings.temperature) == (1, 0.5)
    assert other.using(attempts=2).settings.temperature == 0.5


def test_sampling_goes_to_the_model():
    model = ScriptedModel(['{"name": "Ada", "age": 1}'])
    extract.using(temperature=0.5, max_tokens=9, seed=3)(model, "x")
    assert model.arguments == [{"temperature": 0.5, "max_tokens": 9, "seed": 3}]


def test_examples_stand_before_the_inputs():
    function = extract.using(examples=[Example({"text": "Bob, 4"}, {"name": "Bob", "age": 4})])
    assert [turn.content for turn in function.prompt("Ada")[1:]] == [
        "text: Bob, 4",
        '{"name": "Bob", "age": 4}',
        "text: Ada",
    ]
    assert function.using(examples=[]).prompt("Ada") == extract.prompt("Ada")


def test_examples_of_items_are_whole_lists():
    from collections.abc import Iterator

    @llm_function(examples=[Example({"n": 2}, [1, 2])])
    def numbers(model, n: int) -> Iterator[int]:
        """Numbers."""

    assert numbers.prompt(1)[2].content == '{"return_value": [1, 2]}'


def test_examples_are_checked_later_where_a_type_is_not_known_yet():
    @llm_function
    def guess(model, text: str) -> "Later":
        """Guess."""

    function = guess.using(examples=[Example({"text": 3}, {})])

    class Later(BaseModel):
        number: int

    with pytest.raises(DefinitionError, match="example 1' does not fit the signature"):
        function.prompt("x")
    assert guess.prompt("x")


def test_the_instruction_takes_the_place_of_the_docstring():
    assert "Find who it is." in extract.using(instruction="Find who it is.").prompt("x")[0].content
    assert "Extract the person." not in extract.using(instruction="").prompt("x")[0].content


def test_templates_change_the_wording():
    prompt = extract.using(templates=Templates(task="You are {signature}.\n{instruction}")).prompt("x")
    assert prompt[0].content.startswith("You are extract(text: str) -> Person.\nExtract the person.")


def test_the_method_chooses_the_channel():
    model = ScriptedModel(['{"name": "Ada", "age": 1}'], llm_strategy_methods=("prompt", "json_schema"))
    extract.using(method="json_schema")(model, "x")
    assert model.arguments[0]["response_format"]["json_schema"]["name"] == "Person"


def test_options_may_be_given_to_the_decorator():
    @llm_function(attempts=1, model=ScriptedModel(["3"]))
    def guess(model, text: str) -> int:
        """Guess."""

    assert guess(None, "x") == 3
    assert guess.settings.attempts == 1


def test_an_input_error_is_no_definition_error():
    with pytest.raises(InputError):
        extract.prompt(3)


def test_descriptions_take_the_place_of_those_in_the_code():
    @llm_function(parameters={"text": "A letter."}, fields={"Person.name": "Family name first."})
    def read(model, text: str, language: str = "en") -> Person:
        """Extract the person."""

    shown = read.prompt("...")[0].content
    assert "Parameters:\n- text: A letter." in shown
    assert "name: string  // Family name first." in shown
    other = (
        read.using(parameters={"language": "ISO 639"}, fields={"Person": "Whoever writes."}).prompt("...")[0].content
    )
    assert "- text: A letter.\n- language: ISO 639" in other
    assert "Person {  // Whoever writes.\n  name: string  // Family name first." in other
    assert "Parameters" not in read.using(parameters={"text": ""}).prompt("...")[0].content


def test_descriptions_of_a_generic_function_are_checked_as_far_as_they_are_known():
    T = TypeVar("T")

    @llm_function
    def pick(model, items: list[T]) -> T:
        """The best."""

    with pytest.raises(DefinitionError, match="there is no parameter 'item' to describe"):
        pick.using(parameters={"item": "x"})
    told = pick.using(fields={"Person.name": "In capitals."})
    assert "In capitals." in told.prompt([Person(name="Ada", age=1)])[0].content
    assert "In capitals." not in told.prompt([1])[0].content


def test_what_a_class_says_of_itself_can_be_said_otherwise():
    class Shop:
        """A shop."""

        @llm_function
        def count(self, model) -> int:
            """Count."""

    assert "- self: A shop." in Shop().count.prompt()[0].content
    assert "- self: Bakery." in Shop.count.using(parameters={"self": "Bakery."}).prompt(Shop())[0].content
    assert "- self" not in Shop().count.using(parameters={"self": ""}).prompt()[0].content
