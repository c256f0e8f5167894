"""Images, audio and files as arguments of LLM functions."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from langchain_core.language_models import FakeListLLM
from pydantic import BaseModel

from llm_strategy import Audio, ChatChain, Example, File, Image, fallback, llm_explicit_function, llm_function, trace
from llm_strategy.chat import resolve
from llm_strategy.errors import DefinitionError, InputError, UnsupportedError
from llm_strategy.flow import ChatRequest
from llm_strategy.flow.fingerprint import fingerprint
from llm_strategy.messages import Attachment, Message
from llm_strategy.models.tape import request_data
from llm_strategy.testing import ScriptedModel

PNG, GIF = Image(b"\x89PNG\r\n\x1a\n1"), Image(b"GIF89a")
WAV = Audio(b"RIFF\x10\0\0\0WAVEdata")
PDF = File(b"%PDF-1.7", name="paper.pdf")


@dataclass
class Album:
    title: str
    photos: list[Image]


@llm_function
def describe(
    model, photo: Image, album: Album | None = None, notes: File | None = None, sound: Audio | None = None
) -> str:
    """Describe what there is."""
    raise NotImplementedError


def last(messages):
    return messages[-1].content, messages[-1].attachments


def test_the_text_says_where_each_one_stands():
    text, attachments = last(describe.prompt(PNG, Album("Trip", [GIF, PNG]), PDF, WAV))

    assert text.splitlines() == [
        "photo: [image 1]",
        'album: {"title": "Trip", "photos": ["[image 2]", "[image 3]"]}',
        "notes: [file 1]",
        "sound: [audio 1]",
    ]
    assert [one.data for one in attachments] == [PNG.data, GIF.data, PNG.data, PDF.data, WAV.data]
    assert attachments[3] == Attachment("file", "application/pdf", PDF.data, "", "paper.pdf")


def test_text_around_a_request_without_any_is_as_it_was():
    assert describe.prompt(PNG)[0].attachments == ()
    assert last(describe.prompt(PNG))[0].splitlines()[1:] == ["album: null", "notes: null", "sound: null"]


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        (File(b"one line"), "notes: one line"),
        (File(b"a\nb", name="x.md"), "notes:\n```\nx.md:\na\nb\n```"),
        (File(b"\xff\xfea", media_type="text/plain"), "notes: [file 1]"),
        (File("https://example.org/a.txt"), "notes: [file 1]"),
    ],
)
def test_a_file_that_is_text_is_shown_as_text(notes, shown):
    assert shown in last(describe.prompt(PNG, notes=notes))[0]


def test_examples_come_with_theirs_and_the_numbers_go_on():
    prompt = describe.using(examples=[Example({"photo": GIF}, "A dog.")]).prompt(PNG)

    assert [message.content.splitlines()[0] for message in prompt[1:]] == [
        "photo: [image 1]",
        '{"return_value": "A dog."}',
        "photo: [image 2]",
    ]
    assert [len(message.attachments) for message in prompt[1:]] == [1, 0, 1]


def test_the_numbers_go_on_behind_a_conversation():
    model = ScriptedModel(["A dog.", "A cat."])
    _, chain = describe.chat(model, PNG)
    describe(chain, GIF)

    assert "photo: [image 2]" in model.asked[1][-1].content[0]["text"]
    assert [block["type"] for block in model.asked[1][1].content] == ["text", "image"]


class Question(BaseModel):
    text: str
    picture: Image


@llm_explicit_function
def answer(model, question: Question) -> str:
    """Answer."""
    raise NotImplementedError


def test_the_fields_of_an_explicit_argument_may_be_media():
    text, attachments = last(answer.prompt(Question(text="Who?", picture=PNG)))

    assert text == "text: Who?\npicture: [image 1]"
    assert attachments == (PNG.attachment(),)


def test_another_kind_of_argument_is_refused():
    with pytest.raises(InputError, match="argument 'photo' does not fit its type"):
        describe.prompt("photo.png")
    with pytest.raises(InputError, match="argument 'photo' does not fit its type"):
        describe.prompt(WAV)


def test_a_model_cannot_return_them():
    with pytest.raises(DefinitionError, match=r"return type of .*draw' is Image: a model cannot write such a value"):

        @llm_function
        def draw(model, text: str) -> Image:
            """Draw."""
            raise NotImplementedError


class SeesOnly(ScriptedModel):
    """A model that says what it takes."""

    llm_strategy_media: ClassVar[tuple[str, ...]] = ("image",)


class Profiled(ScriptedModel):
    """A model of which langchain knows what it takes."""

    profile: Any = {"image_inputs": False, "pdf_inputs": True}


def test_a_model_that_does_not_take_them_is_not_asked():
    model = SeesOnly(["A dog."])

    with pytest.raises(
        UnsupportedError,
        match=r"describe: argument 'sound' is audio/wav \(audio\), and model 'SeesOnly' takes no audio: it takes images",
    ):
        describe(model, PNG, sound=WAV)

    assert model.asked == []
    assert describe(model, PNG) == "A dog."


def test_what_langchain_knows_of_a_model_is_believed():
    model = Profiled(["x"] * 2)

    with pytest.raises(UnsupportedError, match="takes no images: it takes audio, files"):
        describe(model, PNG)
    assert resolve(model).profile.media == ("audio", "file")
    assert resolve(ScriptedModel()).profile.media is None


def test_a_completion_model_takes_text_only():
    with pytest.raises(UnsupportedError, match="it takes nothing but text"):
        describe(FakeListLLM(responses=["x"]), PNG)


def test_an_example_that_a_model_does_not_take_is_found_as_well():
    with pytest.raises(UnsupportedError, match="argument 'sound'"):
        describe.using(examples=[Example({"photo": PNG, "sound": WAV}, "x")])(SeesOnly(["x"]), PNG)


def test_the_next_model_is_asked_where_one_does_not_take_them():
    assert describe(fallback(SeesOnly(["no"]), ScriptedModel(["A bark."])), PNG, sound=WAV) == "A bark."


def test_a_server_that_turns_them_down_is_understood():
    class DeclinedError(Exception):
        status_code = 400

    with pytest.raises(UnsupportedError, match="turned down what stands beside the text"):
        describe(ScriptedModel([DeclinedError("Invalid content type. image_url is not supported")]), PNG)


def test_traces_tell_of_them_without_their_bytes():
    photo = Image(PNG.data + b"x" * 100_000, name="big.png")
    with trace("media") as t:
        describe(ScriptedModel(["A dog."]), photo, Album("Trip", [Image("https://example.org/y.png")]))

    function = next(span for span in t.spans if span.kind == "function")
    chat = next(span for span in t.spans if span.kind == "chat")
    parts = json.loads(chat.attributes["gen_ai.input.messages"])[-1]["parts"]
    assert photo.digest[:12] in function.attributes["llm_strategy.arguments"]
    assert parts[1] == {
        "type": "blob",
        "modality": "image",
        "mime_type": "image/png",
        "name": "big.png",
        "bytes": len(photo.data),
        "sha256": photo.digest,
    }
    assert parts[2]["uri"] == "https://example.org/y.png"
    assert max(len(str(span.attributes)) for span in t.spans) < 3000


def request(*attachments):
    message = Message("user", "What is it?", attachments=attachments)
    return ChatRequest(resolve(ScriptedModel()), (message,))


def test_requests_are_told_apart_by_the_bytes():
    one, other = request(PNG.attachment()), request(GIF.attachment())

    assert fingerprint(one) != fingerprint(other)
    assert request_data(one) != request_data(other)
    assert "attachments" not in request_data(request())["messages"][0]


def test_a_chain_may_hold_them():
    model = ScriptedModel(["A dog."])
    chain = ChatChain(model).append(Message("user", "See [image 1].", attachments=(PNG.attachment(),)))

    assert chain.query("What is it?")[0] == "A dog."
    assert model.asked[0][0].content[1]["mime_type"] == "image/png"
