"""Reading replies as Python types."""

import datetime as dt
import decimal
import enum
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import NotRequired, TypedDict

from llm_strategy.errors import (
    DefinitionError,
    EmptyReplyError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    ReplyError,
    TruncatedError,
)
from llm_strategy.parsing import Reading, ReplyReader
from llm_strategy.parsing.limits import MAX_CHARACTERS

KEY = "return_value"


class Colour(enum.Enum):
    RED = 1
    DEEP_BLUE = 2


class Role(str, enum.Enum):
    ADMIN = "admin"
    GUEST = "guest"


class Lonely(enum.Enum):
    ONLY = "only"


@dataclass
class Address:
    street: str
    city: str


@dataclass
class Person:
    name: str
    age: int
    emails: list[str] = field(default_factory=list)
    address: Address | None = None


class Film(TypedDict):
    title: str
    year: NotRequired[int]


class Node(BaseModel):
    value: float
    children: list["Node"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    bark: str


class Even(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


def read(text: str, target: Any, **options: Any) -> Any:
    return ReplyReader[Any].of(target, **options).read(text).value


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        pytest.param('{"return_value": 42}', int, 42, id="int"),
        pytest.param("42", int, 42, id="int-without-envelope"),
        pytest.param("The answer is 42.", int, 42, id="int-in-a-sentence"),
        pytest.param("```\n42\n```", int, 42, id="int-in-a-fence"),
        pytest.param("**1,234**", int, 1234, id="int-with-decoration"),
        pytest.param('Sure! {"return_value": "7"}', int, 7, id="int-as-text-in-prose"),
        pytest.param("$2.50", float, 2.5, id="float-with-currency"),
        pytest.param("No, it is not.", bool, False, id="bool"),
        pytest.param("3", int | str, 3, id="union-number"),
        pytest.param("three", int | str, "three", id="union-text"),
        pytest.param("RED", Colour, Colour.RED, id="enum-by-name"),
        pytest.param('"deep blue"', Colour, Colour.DEEP_BLUE, id="enum-by-spelling"),
        pytest.param("I say guest.", Role, Role.GUEST, id="enum-in-a-sentence"),
        pytest.param("Only!", Lonely, Lonely.ONLY, id="enum-of-one"),
        pytest.param("It is Two", Literal["one", "two"], "two", id="literal"),
        pytest.param("None", Optional[int], None, id="null-word"),
        pytest.param("null", Optional[str], None, id="null-for-optional-text"),
        pytest.param("None", type(None), None, id="none"),
        pytest.param("2024-05-01", dt.date, dt.date(2024, 5, 1), id="date"),
        pytest.param("It was on 2024-05-01.", dt.date, dt.date(2024, 5, 1), id="date-in-a-sentence"),
        pytest.param('{"return_value": "12:30"}', dt.time, dt.time(12, 30), id="time"),
        pytest.param("P1D", dt.timedelta, dt.timedelta(days=1), id="duration"),
        pytest.param("1,000.10", decimal.Decimal, decimal.Decimal("1000.10"), id="decimal"),
        pytest.param("{'return_value': '0.1000000000000000000001'}", decimal.Decimal, decimal.Decimal("0.1000000000000000000001"), id="decimal-digits"),
        pytest.param('{"return_value": "^a+$"}', re.Pattern, re.compile("^a+$"), id="pattern"),
        pytest.param('{"return_value": "raw"}', bytes, b"raw", id="bytes"),
        pytest.param("00000000-0000-0000-0000-000000000001", uuid.UUID, uuid.UUID(int=1), id="uuid"),
        pytest.param('{"return_value": [1, "a"]}', tuple[int, str], (1, "a"), id="tuple"),
        pytest.param("(1, 'a')", tuple[int, str], (1, "a"), id="tuple-as-tuple"),
        pytest.param("[1, 1]", set[int], {1}, id="set"),
        pytest.param("- red\n- blue", list[str], ["red", "blue"], id="bullets"),
        pytest.param("1, 2, 3", list[int], [1, 2, 3], id="numbers"),
        pytest.param('{"a": 1} {"a": 2}', list[dict[str, int]], [{"a": 1}, {"a": 2}], id="objects-in-a-row"),
        pytest.param("{'return_value': {'x': '1'}}", dict[str, int], {"x": 1}, id="map"),
        pytest.param("{title: Up, Year: '2009'}", Film, {"title": "Up", "year": 2009}, id="typed-dict"),
        pytest.param('{"Name": "Ada", "age": "36", "address": {"street": "s", "city": "c"}}', Person, Person("Ada", 36, [], Address("s", "c")), id="dataclass"),
        pytest.param("{'value': '1', 'children': {'value': 2}}", Node, Node(value=1, children=[Node(value=2)]), id="recursive-model"),
        pytest.param('{"kind": "Cat", "lives": "9"}', Annotated[Cat | Dog, Field(discriminator="kind")], Cat(kind="cat", lives=9), id="tagged-union"),
        pytest.param('{"x": [1,]}', Any, {"x": [1]}, id="anything"),
        pytest.param("free text", Any, "free text", id="anything-text"),
    ],
)  # fmt: skip
def test_a_reply_becomes_a_value_of_the_type(text: str, target: Any, expected: Any) -> None:
    value = read(text, target, key=KEY)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Once upon a time", "Once upon a time", id="plain"),
        pytest.param('{"return_value": "in it"}', "in it", id="envelope"),
        pytest.param("Here:\n```json\n{'return_value': 'in it'}\n```", "in it", id="damaged-envelope"),
        pytest.param('{"story": "in it"}', "in it", id="other-envelope"),
        pytest.param('"quoted"', "quoted", id="json-text"),
        pytest.param('"quoted" they said "so"', '"quoted" they said "so"', id="not-json-text"),
        pytest.param("Use {braces} and [brackets].", "Use {braces} and [brackets].", id="brackets"),
        pytest.param("<think>hm</think>\nyes", "yes", id="thinking"),
        pytest.param('"\\ud800"', '"\\ud800"', id="broken-escape"),
    ],
)
def test_a_text_is_the_reply_itself_unless_it_stands_in_the_envelope(text: str, expected: str) -> None:
    assert read(text, str, key=KEY) == expected


def test_without_an_envelope_asked_for_a_text_may_look_like_json() -> None:
    assert read('{"a": 1}', str) == '{"a": 1}'
    assert read("null", str) == "null"


@pytest.mark.parametrize(
    ("text", "target", "error", "words"),
    [
        pytest.param("", str, EmptyReplyError, "empty", id="empty"),
        pytest.param(" \n", int, EmptyReplyError, "empty", id="blank"),
        pytest.param("<think>42</think>", int, EmptyReplyError, "nothing but thinking", id="only-thinking"),
        pytest.param("<think>so 42", int, TruncatedError, "inside its thinking", id="unclosed-thinking"),
        pytest.param("I cannot say.", int, NoValueError, r"Reply with `{\"return_value\": ...}` only", id="prose"),
        pytest.param("3 or 4", int, NoValueError, "No value", id="two-numbers"),
        pytest.param("See [1] and [2].", int, NoValueError, "No value", id="citations"),
        pytest.param("red and blue", list[str], NoValueError, "No value", id="text-for-list"),
        pytest.param("<!DOCTYPE html><html>502</html>", int, NoValueError, "HTML page", id="html"),
        pytest.param('{"return_value": "many"}', int, InvalidValueError, '`return_value`: must be a whole number, got "many"', id="wrong-word"),
        pytest.param('{"return_value": 1e999}', float, InvalidValueError, "must be a number", id="infinite"),
        pytest.param('{"return_value": "NaN"}', float, InvalidValueError, "must be a number", id="nan-text"),
        pytest.param("{'return_value': NaN}", float, InvalidValueError, "must be a number", id="nan"),
        pytest.param("^a(+$", re.Pattern, InvalidValueError, "valid regular expression", id="pattern"),
        pytest.param('{"number": 3}', Even, InvalidValueError, "`return_value.number`: Value error, must be even, got 3", id="validator"),
        pytest.param('{"name": "Ada", "age"', Person, TruncatedError, "cut off", id="cut"),
        pytest.param('{"name": "Ada", "age": 3', Person, TruncatedError, "cut off", id="cut-number"),
        pytest.param('{"name": "Ada"', Person, TruncatedError, "cut off", id="cut-with-fields-missing"),
        pytest.param('[1, 2, {"a": 3}', list[int], TruncatedError, "cut off", id="cut-list"),
        pytest.param('{"return_value": "half', str, TruncatedError, "cut off", id="cut-text"),
        pytest.param('"half', Any, TruncatedError, "cut off", id="cut-anything"),
        pytest.param("[" * 300, list[int], OversizedReplyError, "64 levels", id="deep"),
        pytest.param("x" * (MAX_CHARACTERS + 1), str, OversizedReplyError, "longer than", id="long"),
    ],
)  # fmt: skip
def test_a_reply_without_a_value_raises_its_typed_error(
    text: str, target: Any, error: type[ReplyError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        read(text, target, key=KEY)
    assert caught.value.reply == text


def test_a_missing_last_brace_behind_a_whole_value_is_put_back() -> None:
    assert ReplyReader.of(Person).read('{"age": 36, "name": "Ada"') == Reading(
        Person("Ada", 36), ("missing closing bracket",)
    )


def test_an_answer_at_the_end_of_unclosed_thinking_counts_and_a_draft_does_not() -> None:
    assert read("<think>first [1], now\n```json\n[2, 3]\n```", list[int]) == [2, 3]
    with pytest.raises(TruncatedError):
        read("<think>first [1], then", list[int])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": 1} or {"a": 2}', {"a": 1}, id="the-first-of-equals"),
        pytest.param('{"b": "x"} then {"a": 2}', {"a": 2}, id="the-one-that-fits"),
        pytest.param('{"a": "1",} then {"a": 2}', {"a": 2}, id="the-one-that-needs-less"),
        pytest.param('Like {name}: {"a": 2}', {"a": 2}, id="not-a-placeholder"),
        pytest.param('{oops {"a": 2}', {"a": 2}, id="after-a-stray-bracket"),
        pytest.param('Draft {"a": 1}.\n</think>\n{"a": 2}', {"a": 2}, id="behind-the-thinking"),
    ],
)
def test_of_several_candidates_the_best_is_taken(text: str, expected: dict) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert read(text, schema) == expected


def test_of_several_lists_one_on_its_own_line_is_preferred_to_a_citation() -> None:
    assert read("As [1] says, the result is:\n[2, 3]", list[int]) == [2, 3]


def test_of_two_that_fit_the_schema_the_one_that_validates_is_taken() -> None:
    assert read('{"number": 3} {"number": 4}', Even) == Even(number=4)


def test_repairs_are_named_for_the_trace() -> None:
    reading = ReplyReader.of(Person).read("Sure!\n```json\n{'name': 'Ada', 'age': '36',}\n```")
    assert reading.repairs == ("text around the value", "other quotes", "surplus comma", "text read as a number")
    assert ReplyReader.of(Person).read('{"name": "Ada", "age": 36}').repairs == ()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("{'name': 'Ada', 'age': 36}", MalformedReplyError, id="quotes"),
        pytest.param('Sure! {"name": "Ada", "age": 36}', MalformedReplyError, id="prose"),
        pytest.param('{"name": "Ada"', TruncatedError, id="cut"),
        pytest.param('{"Name": "Ada", "age": 36}', InvalidValueError, id="key"),
        pytest.param('{"return_value": {"name": "Ada"}}', InvalidValueError, id="missing"),
        pytest.param("", EmptyReplyError, id="empty"),
    ],
)
def test_a_strict_reader_mends_nothing(text: str, error: type[ReplyError]) -> None:
    with pytest.raises(error):
        read(text, Person, key=KEY, strict=True)


def test_a_strict_reader_reads_what_is_right() -> None:
    assert read('{"return_value": {"name": "Ada", "age": 36}}', Person, key=KEY, strict=True) == Person("Ada", 36)
    assert read("text", str, strict=True) == "text"
    assert read('{"return_value": 1, "why": "so"}', {"type": "integer"}, key=KEY, strict=True) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"name": "Ada", "age": 36, "emails": ["a@', Person("Ada", 36, ["a@"]), id="enough-for-the-type"),
        pytest.param('{"name": "Ada", "age": 3', {"name": "Ada", "age": None}, id="number-unfinished"),
        pytest.param('{"name": "A', {"name": "A", "age": None}, id="text-unfinished"),
        pytest.param("Sure! {", {"name": None, "age": None}, id="only-a-bracket"),
        pytest.param('{"return_value": {"name": "Ada", "ag', {"name": "Ada", "age": None}, id="in-its-envelope"),
    ],
)
def test_a_prefix_gives_the_value_as_far_as_it_goes(text: str, expected: Any) -> None:
    assert ReplyReader[Any].of(Person, key=KEY).read(text, partial=True).value == expected


def test_every_prefix_of_a_reply_is_read_or_refused_with_a_typed_error() -> None:
    reply = 'Sure: ```json\n{"name": "A\\u00e9 {x}", "age": 36, "emails": ["a", "b"], "address": {"street": "s", "city": "c"}}\n```'
    reader = ReplyReader[Any].of(Person, key=KEY)
    for end in range(len(reply)):
        try:
            value = reader.read(reply[:end], partial=True).value
        except ReplyError:
            assert end < reply.index("{") + 1
        else:
            assert isinstance(value, Person | dict)
    assert reader.read(reply, partial=True).value == reader.read(reply).value


def test_data_and_tool_arguments_take_the_same_way() -> None:
    reader = ReplyReader[Person].of(Person)
    assert reader.read_data({"name": "Ada", "age": "36"}).value == Person("Ada", 36)
    assert reader.read_data('{"name": "Ada", "age": 36}').value == Person("Ada", 36)
    assert reader.read_arguments("{'name': 'Ada', 'age': 36}").value == Person("Ada", 36)
    assert reader.read_arguments({"name": "Ada", "age": 36}).value == Person("Ada", 36)
    assert ReplyReader.of({"type": "object"}).read_arguments(None).value == {}
    assert ReplyReader.of({"type": "object"}).read_arguments(" ").value == {}
    assert ReplyReader.of({"type": "number"}).read_data(2).value == 2
    with pytest.raises(InvalidValueError, match="must be a number"):
        ReplyReader.of(list[float]).read_data([float("nan")])
    with pytest.raises(MalformedReplyError, match="no JSON data"):
        reader.read_data({"name": object()})


def test_a_type_that_cannot_be_validated_is_refused_when_the_reader_is_made() -> None:
    class Plain:
        pass

    with pytest.raises(DefinitionError, match="a model cannot write such a value"):
        ReplyReader.of(Plain)


def test_a_type_without_a_json_schema_is_validated_all_the_same() -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        number: int
        hidden: object = Field(default=None, exclude=True)
        code: complex = 1j

    assert read('{"number": "2"}', Odd).number == 2


@pytest.mark.parametrize(
    "value", [{"a": [float("inf")]}, Node(value=float("nan")), (1, {2.0: float("-inf")}), complex(1, float("inf"))]
)
def test_infinite_numbers_are_seen_at_any_depth(value: Any) -> None:
    from llm_strategy.parsing.target import all_finite

    assert not all_finite(value)


def test_finite_values_of_every_kind_pass() -> None:
    from llm_strategy.parsing.target import all_finite

    loop: list[Any] = [1.0]
    loop.append(loop)
    assert all_finite([loop, Person("Ada", 1), Node(value=1), object(), "nan", None])


def test_reading_needs_no_model_library() -> None:
    code = "import sys, llm_strategy.parsing; print(*{'langchain_core', 'openai', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_recursive_union_is_read_without_trying_every_order() -> None:
    any_json = {
        "$ref": "#/$defs/J",
        "$defs": {
            "J": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/J"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/J"}},
                    {"type": "integer"},
                    {"type": "null"},
                ]
            }
        },
    }
    deep = "{'a': [" * 20 + "None" + "]}" * 20
    assert read(deep, any_json) == read(deep, {})
    assert read(
        "{'a': 'four', 'b': [1]}", {**any_json, "$ref": "#/$defs/J"} | {"$defs": {"J": {"type": ["object"]}}}
    ) == {
        "a": "four",
        "b": [1],
    }


def test_a_text_that_names_two_of_several_choices_is_unclear() -> None:
    choices = {"anyOf": [{"const": 2}, {"const": True}, {"enum": ["x"], "x-aliases": {"x": "cross"}}]}
    assert read("It is 2.", choices) == 2
    assert read("a cross", choices) == "x"
    with pytest.raises(NoValueError):
        read("2 or true", choices)


def test_a_value_under_the_key_is_taken_from_a_schema_target_at_once() -> None:
    assert ReplyReader.of({"type": "integer"}, key=KEY).read('{"return_value": 3}') == Reading(3)


def test_numbers_that_only_the_type_finds_infinite_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="finite"):
        read("infj", complex)


def test_a_damaged_object_is_likelier_meant_than_its_text() -> None:
    with pytest.raises(InvalidValueError, match="`age`"):
        read("{'name': 'Ada', 'age': 'old'}", Person | str)


def test_a_class_is_read_by_its_name() -> None:
    assert read('{"return_value": {}}', dict[str, type[int]], key=KEY) == {}
    assert read('{"a": "int"}', dict[str, type[int]]) == {"a": int}


@pytest.mark.parametrize(
    ("text", "error"),
    [("```", NoValueError), ("```\n```", NoValueError), ("'a' 'b'", InvalidValueError), ("}{", TruncatedError)],
)
def test_marks_alone_are_no_value(text: str, error: type[ReplyError]) -> None:
    with pytest.raises(error):
        read(text, int)


def test_a_wrong_value_in_the_envelope_of_a_text_is_a_problem_and_not_the_text() -> None:
    with pytest.raises(InvalidValueError, match=r"`return_value`: must be a text"):
        ReplyReader.of(str, key="return_value").read('{"return_value": ["a", "b"]}')


def test_a_closing_tag_inside_a_fenced_value_ends_no_thinking() -> None:
    reply = '```json\n{"return_value": ["", "</think>```"]}\n```'
    assert ReplyReader.of(list[str], key="return_value").read(reply).value == ["", "</think>```"]


@pytest.mark.parametrize(
    ("reply", "value"),
    [('{"a": 1,000}', {"a": 1000}), ('{"a": 1,299.50, "b": 2}', {"a": 1299.5, "b": 2}), ('{"a": 1,20}', {"a": 1})],
)
def test_digits_behind_a_number_in_an_object_are_the_rest_of_it(reply: str, value: dict[str, float]) -> None:
    assert ReplyReader.of({"type": "object"}).read(reply).value == value


@pytest.mark.parametrize("reply", ['{"error": {"message": "busy", "code": 529}}', '{"detail": "no", "status": 404}'])
def test_the_report_of_a_failure_holds_no_value(reply: str) -> None:
    with pytest.raises(ReplyError):
        ReplyReader.of(int, key="return_value").read(reply)


@pytest.mark.parametrize(
    "reply",
    [
        '{"path": "a.py", "content": "cfg = {"x": 1, "y": [2, 3]}\\nprint(cfg)"}',
        '{"path": "a.json", "content": "{"name": "x", "v": 1}"}',
    ],
    ids=["code", "json"],
)
def test_a_text_that_is_cut_at_its_own_quotes_is_a_problem(reply: str) -> None:
    schema = {"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}}}
    with pytest.raises(InvalidValueError, match="quotes that are not escaped"):
        ReplyReader.of(schema).read(reply)
