"""Numbers of what is no text in a prompt."""

import sys

from llm_strategy import File, Image
from llm_strategy.messages import Attachment, Message
from llm_strategy.prompt.media import Numbering, media_of
from llm_strategy.schema import to_jsonable


def test_each_kind_has_numbers_of_its_own_that_go_on_behind_a_conversation():
    history = (Message("user", "", attachments=(Attachment("image", "image/png"), Attachment("file", ""))),)
    inputs = to_jsonable({"a": [Image(b"GIF89a"), File(b"%PDF-")], "b": Image("https://x/y.png")})

    placed, attachments = Numbering.behind(history).placed(inputs)

    assert placed == {"a": ["[image 2]", "[file 2]"], "b": "[image 3]"}
    assert [one.kind for one in attachments] == ["image", "file", "image"]


def test_what_is_no_text_is_listed_by_argument():
    inputs = to_jsonable({"a": {"b": Image(b"GIF89a")}, "c": File(b"text"), "d": 3})

    assert [(name, one.kind, one.media_type) for name, one in media_of(inputs)] == [("a", "image", "image/gif")]


def test_nothing_is_looked_at_where_nobody_made_any(monkeypatch):
    monkeypatch.delitem(sys.modules, "llm_strategy.schema.media")
    inputs = {"a": object()}

    assert Numbering().placed(inputs) == (inputs, ())
    assert list(media_of(inputs)) == []
