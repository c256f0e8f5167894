"""What is not trusted stays known as such, wherever it goes."""

import copy
import json
import pathlib
import pickle
from collections import deque, namedtuple
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict, RootModel, TypeAdapter
from typing_extensions import TypeAliasType

from llm_strategy.flow import Result
from llm_strategy.messages import Message
from llm_strategy.schema import Code, Untrusted, distrust, is_untrusted, output_schema, to_jsonable, trust
from llm_strategy.schema.marks import is_marked
from llm_strategy.schema.untrusted_text import UntrustedText, trusted_text

TEXT = UntrustedText("Hello, World")


class Colour(str, Enum):
    RED = "red"


class Email(BaseModel):
    subject: str
    body: Untrusted[str]
    kind: Literal["spam", "ham"] = "ham"


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    kind: Literal["leaf"] | None = None
    children: "tuple[Node, ...]" = ()


@dataclass
class Letter:
    text: Untrusted[str]


class Pair(NamedTuple):
    left: str
    right: int


class Row(TypedDict):
    key: str
    kind: Literal["a"]


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda text: text[2:5], id="slice"),
        pytest.param(lambda text: text[0], id="character"),
        pytest.param(lambda text: text + "!", id="added to"),
        pytest.param(lambda text: "Dear " + text, id="added"),
        pytest.param(lambda text: text * 2, id="times"),
        pytest.param(lambda text: 2 * text, id="times the text"),
        pytest.param(lambda text: "To %s." % text, id="percent of another"),
        pytest.param(lambda text: (text + " %s") % "x", id="percent"),
        pytest.param(lambda text: (text + " {}").format(1), id="format"),
        pytest.param(lambda text: f"{text}", id="f-string of it alone"),
        pytest.param(lambda text: format(text, ">30"), id="formatted"),
        pytest.param(str, id="str"),
        pytest.param(repr, id="repr"),
        pytest.param(lambda text: text.upper().strip("D"), id="methods"),
        pytest.param(lambda text: text.replace("l", "L"), id="replace"),
        pytest.param(lambda text: text.split(", ")[1], id="split"),
        pytest.param(lambda text: text.partition(",")[2], id="partition"),
        pytest.param(lambda text: text.join(["a", "b"]), id="join by it"),
        pytest.param(lambda text: next(iter(text)), id="iteration"),
        pytest.param(copy.deepcopy, id="copy"),
        pytest.param(lambda text: pickle.loads(pickle.dumps(text)), id="pickle"),
    ],
)
def test_a_text_made_of_an_untrusted_one_is_untrusted_and_says_the_same(made):
    result, plain = made(TEXT), made("Hello, World")
    assert is_untrusted(result)
    assert isinstance(result, str)
    assert trusted_text(result) == plain


def test_it_is_a_text_like_any_other():
    assert TEXT == "Hello, World"
    assert {TEXT: 1}["Hello, World"] == 1
    assert json.dumps([TEXT]) == '["Hello, World"]'
    assert type(to_jsonable({"a": TEXT})["a"]) is str
    assert not is_untrusted(len(TEXT))


@pytest.mark.parametrize(
    "value",
    [
        ["a", ["b"]],
        ("a", 1),
        {"key": {"deep": "a"}},
        {"a", "b"},
        frozenset({"a"}),
        deque(["a"]),
        Node("a", children=(Node("b"),)),
        Email(subject="a", body="b"),
        RootModel[list[str]](["a"]),
        Pair("a", 1),
        Letter("a"),
        Result(value="a"),
        pathlib.Path("a"),
        b"bytes",
        object(),
        Code("x = 1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_keeps_its_form_and_can_be_trusted_again(value):
    marked = distrust(value)
    assert is_untrusted(marked)
    assert is_untrusted([{"inside": marked}])
    assert type(marked) is type(value) or isinstance(value, str | bytes)
    assert isinstance(marked, type(value))
    assert marked == value
    again = trust(marked)
    assert not is_untrusted(again)
    assert type(again) is type(value)


def test_parts_of_a_marked_value_are_marked():
    node = distrust(Node("a", "leaf", (Node("b"),)))
    assert is_untrusted(node.name)
    assert is_untrusted(node.children[0].name)
    assert is_untrusted(distrust({"key": 1}))
    assert is_untrusted(distrust(Pair("a", 1)).left)


def test_the_value_that_is_given_stays_as_it_is():
    email, names = Email(subject="a", body="b"), ["a"]
    distrust(email)
    distrust(names)
    assert type(email.subject) is str
    assert type(names[0]) is str


@pytest.mark.parametrize("value", [1, 2.5, True, None, Colour.RED, date(2026, 1, 1), 3j])
def test_what_can_hardly_hold_an_order_is_not_marked(value):
    assert distrust(value) is value
    assert not is_untrusted(value)


def test_words_of_a_literal_are_not_marked():
    assert not is_untrusted(distrust("a", Literal["a", "b"]))
    assert not is_untrusted(distrust("a", Annotated[Literal["a"] | None, "note"]))
    assert not is_untrusted(distrust(Node("", "leaf")).kind)
    assert is_untrusted(distrust("a", Literal["a"] | str))
    row = distrust({"key": "k", "kind": "a"}, Row)
    assert [is_untrusted(part) for part in (row["key"], row["kind"], *row)] == [True, False, False, False]
    items = distrust(["a"], list[Literal["a"]])
    assert not is_untrusted(items)
    assert [is_untrusted(one) for one in distrust(("a", "b"), tuple[Literal["a"], str])] == [False, True]
    assert is_untrusted(distrust({"a": "b"}, dict[Literal["a"], str]))
    assert not is_untrusted(distrust({"a": "b"}, dict[Literal["a"], Literal["b"]]))


def test_a_value_that_contains_itself_is_followed_once():
    loop: list[Any] = ["a"]
    loop.append(loop)
    marked = distrust(loop)
    assert marked[1] is marked
    assert is_untrusted(marked)
    assert not is_untrusted(loop)


def test_extra_fields_of_a_model_are_marked():
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")

    assert is_untrusted(distrust(Open(note="x")).note)
    assert is_untrusted(Open(note=TEXT))


def test_objects_that_pass_away_are_forgotten():
    class Thing:
        pass

    numbers = set()
    for _ in range(50):
        numbers.add(id(distrust(Thing())))
    assert not any(is_untrusted(Thing()) for _ in range(50))
    assert numbers


def test_pydantic_marks_fields_that_are_declared_as_untrusted():
    email = Email(subject="s", body="b")
    assert is_untrusted(email.body)
    assert not is_untrusted(email.subject)
    assert is_untrusted(email)
    assert is_untrusted(TypeAdapter(Untrusted[list[str]]).validate_python(["a"])[0])
    assert not is_untrusted(TypeAdapter(Untrusted[Literal["a"]]).validate_python("a"))
    assert Email.model_validate_json(email.model_dump_json()) == email


def test_an_object_is_untrusted_where_its_class_says_so_until_it_is_trusted():
    letter = Letter("plain text that nobody validated")
    assert is_untrusted(letter)
    assert not is_untrusted(trust(letter))
    assert not is_untrusted(trust(Email(subject="s", body="b")))
    assert is_untrusted(distrust(trust(letter)))


def test_messages_with_a_fence_are_untrusted():
    assert is_untrusted([Message("user", "x", fences=("data-1",))])
    assert not is_untrusted([Message.user("x")])


def test_the_mark_is_found_anywhere_in_an_annotation():
    assert is_marked(Untrusted[str])
    assert is_marked(dict[str, list[Untrusted[int]] | None])
    assert is_marked(TypeAliasType("Body", Untrusted[str]))
    assert is_marked(Annotated[Untrusted[str], ["unhashable"]])
    assert not is_marked(Literal["x"])
    assert not is_marked(Email)
    assert not is_marked("a string")


def test_a_schema_does_not_show_the_mark():
    assert output_schema(Untrusted[str]).json_schema == output_schema(str).json_schema
    assert "  body: string\n" in output_schema(Email).compact


def test_subclasses_of_text_stay_what_they_are():
    class Named(str):  # noqa: SLOT000 (it has a dict)
        pass

    named = Named("a")
    named.origin = "web"
    marked = distrust(named)
    assert isinstance(marked, Named)
    assert marked.origin == trust(marked).origin == "web"
    assert is_untrusted(marked.upper())
    assert distrust(marked) is marked
    assert trust("a") == "a"


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda text: pickle.loads(pickle.dumps(text))])
def test_copies_in_other_processes_too_stay_marked_and_of_their_class(copied):
    code = copied(distrust(Code("x = 1")))
    assert isinstance(code, Code)
    assert is_untrusted(code)
    assert is_untrusted(copied(distrust(Email(subject="s", body="b"))).subject)


def test_a_class_whose_annotations_mean_nothing_here_is_read_by_its_values():
    @dataclass
    class Local:
        part: "NowhereToBeFound"  # noqa: F821

    assert not is_untrusted(Local("a"))
    assert is_untrusted(distrust(Local("a")).part)


def test_paths_and_named_tuples_can_be_made_of_an_untrusted_text():
    name = distrust("a.txt")
    assert pathlib.Path(name) == pathlib.Path("a.txt")
    assert str(pathlib.Path("/tmp") / name / name) == "/tmp/a.txt/a.txt"
    assert pathlib.PurePath("x").joinpath(name, name).parts == ("x", "a.txt", "a.txt")
    assert namedtuple(distrust("Kind"), distrust("left right"))(1, 2).right == 2
    assert namedtuple("Kind", [distrust("left")])(1).left == 1
    assert is_untrusted(str(name))


@pytest.mark.parametrize("data", [b"", b"a", b"abc"])
def test_marked_bytes_leave_equal_bytes_of_the_program_alone(data):
    assert is_untrusted(distrust(data))
    assert not is_untrusted(data)
    assert not is_untrusted(bytes(bytearray(data)))
    assert not is_untrusted(("xay".encode()[1:2], b""))


@pytest.mark.parametrize("value", [len, ..., NotImplemented, json, json.dumps, int], ids=repr)
def test_what_the_program_has_one_of_is_not_marked(value):
    distrust(value)
    assert not is_untrusted(value)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda data: data[1:3], id="slice"),
        pytest.param(lambda data: data + b"!", id="added to"),
        pytest.param(lambda data: b"Dear " + data, id="added"),
        pytest.param(lambda data: b"To %s." % data, id="percent of another"),
        pytest.param(lambda data: 2 * data, id="times"),
        pytest.param(lambda data: data.decode(), id="decoded"),
        pytest.param(lambda data: data.split(b",")[0], id="split"),
        pytest.param(lambda data: data.partition(b",")[2], id="partition"),
        pytest.param(repr, id="repr"),
        pytest.param(copy.deepcopy, id="copy"),
        pytest.param(lambda data: pickle.loads(pickle.dumps(data)), id="pickle"),
    ],
)
def test_what_is_made_of_untrusted_bytes_is_untrusted_and_says_the_same(made):
    data = b"Hello, World"
    assert is_untrusted(made(distrust(data)))
    assert made(distrust(data)) == made(data)
    assert type(trust(made(distrust(data)))) is type(made(data))
    assert not is_untrusted(distrust(data)[0])


def test_bytes_of_a_class_of_their_own_are_remembered_one_by_one():
    class Blob(bytes):
        __slots__ = ()

    one, other = Blob(b"a"), Blob(b"a")
    assert distrust(one) is one
    assert is_untrusted(one)
    assert not is_untrusted(other)
