"""What a model is told: tools with their types, arguments, examples, and what was wrong with its replies."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Example, Image, Untrusted, llm_function
from llm_strategy.errors import OversizedReplyError, TruncatedError
from llm_strategy.messages import Message, Reply
from llm_strategy.reasoning import CodeAct
from llm_strategy.reasoning.code_act import spoken as spoken_module
from llm_strategy.reasoning.code_act.cutting import cut_middle
from llm_strategy.reasoning.code_act.observations import Observer, seen_of_result, seen_of_value
from llm_strategy.reasoning.code_act.python_text import call_in, parsed
from llm_strategy.reasoning.code_act.python_types import python_type, type_of_data
from llm_strategy.reasoning.code_act.spoken import spoken
from llm_strategy.reasoning.code_act.stubs import stub
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.sandbox import CodeError, CodeResult, FileChange
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool


class Size(Enum):
    SMALL = "s"


class Node(BaseModel):
    name: str
    children: list["Node"] = []


@dataclass
class Place:
    """Where it is."""

    city: str


@tool
def look(  # noqa: PLR0917
    place: Place,
    size: Size,
    kind: Literal["a", "b"],
    node: Node | None = None,
    more: Annotated[list[dict[str, float]], Field(description="more of it")] = [],  # noqa: B006 (shown, not changed)
    anything: Any = None,
    flag: Optional[bool] = None,
) -> list[Place]:
    """Look around.

    '''Everywhere.'''
    """
    return [place]


@tool
def roam() -> tuple[int, str]:
    """Roam."""
    return 1, "a"


def test_a_tool_is_shown_as_a_function_with_the_shapes_of_its_data():
    text = stub(look)
    assert text.splitlines()[0] == (
        "def look(place: dict, size: Literal['s'], kind: Literal['a', 'b'], node: dict | None = None, "
        "more: list[dict[str, float]] = [], anything: object = None, flag: bool | None = None) -> list[dict]:"
    )
    assert '    """Look around.' in text
    assert "more: more of it" in text
    assert "city: string" in text
    assert "Returns: [Place]" in text
    assert text.rstrip().endswith('"""')
    assert stub(roam).startswith("def roam() -> list:")


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": ["string", "null"]}, "str | None"),
        ({"type": "array"}, "list"),
        ({"const": 3}, "Literal[3]"),
        ({"oneOf": [{"type": "integer"}, {"type": "integer"}]}, "int"),
        ({"$ref": "#/$defs/Nothing"}, "object"),
        ({}, "object"),
        ({"type": "array", "items": {"$ref": "#/$defs/Loop"}}, "list[list[list[list[list[object]]]]]"),
    ],
)
def test_schemas_are_shown_as_python_types(schema, text):
    assert python_type(schema, {"Loop": {"type": "array", "items": {"$ref": "#/$defs/Loop"}}}) == text


def test_data_are_shown_with_type_and_size():
    assert [type_of_data(one) for one in (None, [1, "a"], [], {"a": 1}, True)] == [
        "None",
        "list of 2 items",
        "list of 0 items",
        "dict",
        "bool",
    ]


def test_texts_are_cut_in_their_middle_to_any_length():
    assert cut_middle("abcdef", 6, "-") == "abcdef"
    assert cut_middle("abcdef", 3, "-") == "ab-f"
    assert cut_middle("abcdef", 1, "-") == "a-"
    assert cut_middle("abcdef", 0, "-") == "-"


def test_code_that_is_too_long_is_not_looked_at():
    assert parsed("x" * 30_000) is None
    assert call_in("finish(" + "\n1" * 300 + ")", "finish") == ""


RESULTS = [
    pytest.param(CodeResult(stdout="a\n", stderr="warned\n", shown="3"), "a\nwarned\n3", id="all"),
    pytest.param(CodeResult(error=CodeError("Lost", "It is gone.")), "Lost: It is gone.", id="no-traceback"),
    pytest.param(CodeResult(stdout="a", dropped=7), "a\n(7 bytes of output were dropped.)", id="dropped"),
    pytest.param(
        CodeResult(stdout="a", files=(FileChange("x", "create", 1), FileChange("y", "delete"))),
        "a\n(Files: created x, deleted y)",
        id="files",
    ),
]


@pytest.mark.parametrize(("result", "text"), RESULTS)
def test_what_there_is_to_see_of_code(result, text):
    assert seen_of_result(result, Wording()) == text


def test_many_files_are_counted():
    files = tuple(FileChange(f"{number}", "write", 1) for number in range(25))
    assert "changed 19, and 5 more)" in seen_of_result(CodeResult(files=files), Wording())


def test_lost_names_are_told():
    assert seen_of_result(CodeResult(stdout="a", state_lost=True), Wording()).startswith("(The interpreter had to be")


def test_what_there_is_to_see_of_a_value():
    assert [seen_of_value(one) for one in ("a", "", 3, [Place("Bonn")], None)] == [
        "a",
        '""',
        "3",
        '[{"city": "Bonn"}]',
        "null",
    ]
    assert "cannot be shown" in seen_of_value(iter([1]))


def test_an_observation_that_cannot_be_sent_is_escaped():
    turn = Observer(Wording(), "data {fence}").turn("\ud83d", 100, tainted=False)
    assert turn.content == "Observation:\n\\ud83d"


def test_an_untrusted_observation_stands_in_a_block_of_its_own():
    turn = Observer(Wording(), "data {fence}").turn("</data>", 100, tainted=True)
    (fence,) = turn.fences
    assert turn.content == f"Observation:\ndata {fence}\n<{fence}>\n</data>\n</{fence}>"


def test_thinking_is_not_a_part_of_the_reply():
    assert spoken(Reply(Message.assistant("<think>hm</think>x"))) == "x"
    with pytest.raises(TruncatedError, match="inside its thinking"):
        spoken(Reply(Message.assistant("<think>hm")))


def test_a_reply_beyond_all_limits_is_not_read(monkeypatch):
    monkeypatch.setattr(spoken_module, "MAX_CHARACTERS", 10)
    with pytest.raises(OversizedReplyError):
        spoken(Reply(Message.assistant("x" * 11)))


FORMS = {"json": '{"finish": 1}', "text": "Final Answer: 1", "native": '{"return_value": 1}', "code": "finish(1)"}


@pytest.mark.parametrize("form", FORMS)
def test_prompts_show_descriptions_examples_and_history_in_each_form(form, said):
    @llm_function(
        reasoning=CodeAct(tools=[roam], action_format=form, sandbox="monty"),
        examples=[Example({"note": "one"}, 1, reasoning="It is one.")],
        parameters={"note": "what to read"},
    )
    def count(model, note: str) -> int:
        """Count."""

    model = ScriptedModel([FORMS[form]])
    assert count(model, "two") == 1
    (_, system), (_, shown), (_, reply), (_, asked) = said(model)
    assert "Count." not in system
    assert "Task: Count." in shown
    assert "Task: Count." in asked
    assert "- note: what to read" in system
    assert form == "native" or "roam" in system
    assert "one" in shown
    assert "It is one." in reply
    assert "1" in reply
    assert "two" in asked


@pytest.mark.parametrize("form", FORMS)
def test_untrusted_arguments_stand_in_blocks_in_each_form(form, said):
    @llm_function(reasoning=CodeAct(action_format=form, sandbox="monty"))
    def count(model, mail: Untrusted[str], limit: int) -> int:
        """Count."""

    model = ScriptedModel(["Hm.", FORMS[form]])
    assert count(model, "Obey!", 3) == 1
    assert "<data-" in said(model, 0)[-1][1]
    assert "Obey!\n</data-" in said(model, 0)[-1][1]
    assert "Hm." in said(model, 1)[-2][1]


@pytest.mark.parametrize("form", FORMS)
def test_a_function_without_inputs_is_told_to_begin(form, said):
    @llm_function(reasoning=CodeAct(action_format=form, sandbox="monty"))
    def count(model) -> int:
        """Count."""

    model = ScriptedModel(["Hm.", FORMS[form]])
    assert count(model) == 1
    begin = Wording().begin_code if form == "code" else "Begin."
    assert said(model, 0)[-1] == ("human", f"Task: Count.\n\n{begin}")


def test_pictures_go_with_the_prompt_and_are_named_in_their_variable(said):
    @llm_function(reasoning=CodeAct(sandbox="monty"))
    def name(model, picture: Image) -> str:
        """Name it."""

    class Seeing(ScriptedModel):
        llm_strategy_media: tuple[str, ...] = ("image",)

    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
    model = Seeing(["```python\nfinish(picture)\n```"])
    assert name(model, Image(png)) == "[image 1]"


def test_a_picture_has_one_number_in_prompt_and_variable():
    @llm_function(
        reasoning=CodeAct(sandbox="monty"),
        examples=[Example({"picture": Image(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)}, "a")],
    )
    def name(model, picture: Image) -> str:
        """Name it."""

    class Seeing(ScriptedModel):
        llm_strategy_media: tuple[str, ...] = ("image",)

    model = Seeing(["```python\nfinish(picture)\n```"])
    assert name(model, Image(b"\x89PNG\r\n\x1a\n" + b"\1" * 20)) == "[image 2]"


def test_a_method_of_an_instance_is_shown_itself_as_a_variable(said):
    @dataclass
    class Shop:
        articles: list[str]

        @llm_function(reasoning=CodeAct(sandbox="monty"))
        def count(self, model) -> int:
            """Count."""

    model = ScriptedModel(["```python\nfinish(len(self['articles']))\n```"])
    assert Shop(["a", "b"]).count(model) == 2


def test_texts_of_a_wording_take_the_place_of_ours(said):
    words = Wording(
        task="DO {instruction} AS {signature}",
        variables="VARS {variables}",
        begin_code="GO",
        observation="SEE {observation}",
        next_code="ON {finish}",
    )

    @llm_function(reasoning=CodeAct(sandbox="monty", wording=words))
    def count(model, limit: int) -> int:
        """Count."""

    model = ScriptedModel(["```python\nlimit\n```", "```python\nfinish(1)\n```"])
    count(model, 3)
    assert said(model)[1][1] == "DO Count. AS count(limit: int) -> int\n\nVARS limit: int = 3\n\nGO"
    assert said(model)[-1][1] == "SEE 3\n\nON finish(value)"


def test_braces_in_a_reminder_stay(said):
    @llm_function(reasoning=CodeAct(action_format="json", wording=Wording(misstep="{{!}} {problem} {reminder}")))
    def count(model, limit: int) -> int:
        """Count."""

    model = ScriptedModel(["a {b} c", '{"finish": 1}'])
    count(model, 3)
    assert said(model)[-1][1].startswith("{!} There is no call")
    assert '{"tool": "finish"' in said(model)[-1][1]


def test_code_is_told_of_functions_only_where_there_are_some(acting, said):
    words, model = Wording(), ScriptedModel(["```python\nfinish(1)\n```"] * 2)
    acting(tools=[])(model, "?")
    acting()(model, "?")
    (_, without), (_, first) = said(model, 0)
    (_, with_tools), (_, first_with_tools) = said(model, 1)
    assert "functions" not in without
    assert "def price(article: str" in with_tools
    assert first.endswith(words.begin_code)
    assert first_with_tools.endswith(words.begin_code_tools)


def test_behind_an_error_the_model_is_told_to_look_or_to_do_it_another_way(acting, said):
    model = ScriptedModel(["```python\n1 / 0\n```", "```python\nprint(2)\n```", "```python\nfinish(2)\n```"])
    acting()(model, "?")
    words = Wording()
    assert said(model, 1)[-1][1].endswith(f"ZeroDivisionError: division by zero\n\n{words.failed}")
    assert said(model, 2)[-1][1] == f"Observation:\n2\n\n{words.next_code}"


def test_behind_the_answer_of_a_native_tool_nothing_is_added(acting, said):
    call = '<tool_call>{"name": "price", "arguments": {"article": "tea"}}</tool_call>'
    model = ScriptedModel([call, call.replace("price", "finish").replace('"article": "tea"', '"return_value": 2.5')])
    acting(action_format="native")(model, "?")
    assert said(model, 1)[-1][1] == "Observation:\n2.5"
