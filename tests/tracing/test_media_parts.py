"""Images, audio and files as traces tell of them."""

import pytest

from llm_strategy import ChatChain, trace
from llm_strategy.messages import Attachment, Message
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing.exporters.html.payload import payload_of
from llm_strategy.tracing.media_parts import media_part, told_media
from llm_strategy.tracing.recorded import RecordedTrace

PNG = Attachment("image", "image/png", b"pixels", name="a.png")
LINK = Attachment("image", "", url="https://example.org/?key=secret")


def cleaned(text):
    return text.replace("secret", "***")


@pytest.mark.parametrize(
    ("attachment", "told"),
    [
        (PNG, "a.png, image/png, 6 bytes, sha256 6ec9c2b0eb14"),
        (LINK, "image, https://example.org/?key=***"),
    ],
)
def test_they_are_told_by_type_size_and_hash(attachment, told):
    part = media_part(attachment, cleaned)

    assert "pixels" not in str(part)
    assert told_media(part) == told


def test_other_parts_are_none():
    assert told_media({"type": "text", "content": "x"}) is None
    assert told_media({"type": "blob"}) is None


@pytest.mark.parametrize("attachment", [PNG, LINK])
def test_conversations_and_pages_show_them_in_words(attachment):
    with trace("media") as t:
        model = ScriptedModel(["A dog."])
        ChatChain(model).append(Message("user", "See.", attachments=(attachment,))).query("What is it?")

    (top,) = RecordedTrace.of(t.spans).chats()
    chat = next(span for span in t.spans if span.kind == "chat")
    told = told_media(media_part(attachment, lambda text: text.replace("=secret", "=***"))) or "nothing"
    assert f"({told})" in top.content
    assert told in str(payload_of([RecordedTrace.of(t.spans)]))
    assert "pixels" not in str(chat.attributes)
