import asyncio
import json

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError, ReplayError
from llm_strategy.models import record, replay, resolve
from llm_strategy.testing import ScriptedModel


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
async def river(model, city: str) -> str:
    """The river that the city lies on."""


PARIS = '{"return_value": "Paris"}'


def test_a_recorded_call_is_replayed_without_its_model(tmp_path):
    tape = tmp_path / "folder" / "tape.jsonl"
    assert capital(record(ScriptedModel([PARIS]), tape), "France") == "Paris"
    assert capital(replay(tape), "France") == "Paris"


def test_a_tape_is_a_model_by_name(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital(record(ScriptedModel([PARIS]), tape), "France")
    assert capital(f"replay:{tape}", "France") == "Paris"
    assert resolve(f"replay:{tape}").name == "replay:tape.jsonl"


def test_a_line_of_a_tape_can_be_read_by_people_and_programs(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital.using(temperature=0.5)(record(ScriptedModel([PARIS]), tape), "France")
    (line,) = tape.read_text().splitlines()
    entry = json.loads(line)
    assert entry["request"]["messages"][-1] == {"role": "user", "content": "country: France"}
    assert entry["request"]["sampling"] == {"temperature": 0.5}
    assert entry["reply"]["message"]["content"] == PARIS


def test_attempts_are_recorded_one_by_one(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital(record(ScriptedModel(['{"return_value": ["a", "b"]}', PARIS]), tape), "France")
    assert len(tape.read_text().splitlines()) == 2
    assert capital(replay(tape), "France") == "Paris"


def test_the_same_request_gets_its_replies_in_order_and_then_the_last_again(tmp_path):
    tape = tmp_path / "tape.jsonl"
    model = record(ScriptedModel([PARIS, '{"return_value": "Lyon"}']), tape)
    capital(model, "France"), capital(model, "France")
    again = replay(tape)
    assert [capital(again, "France") for _ in range(3)] == ["Paris", "Lyon", "Lyon"]


def test_async_calls_are_recorded_and_replayed(tmp_path):
    tape = tmp_path / "tape.jsonl"
    model = record(ScriptedModel(['{"return_value": "Seine"}']), tape)
    assert asyncio.run(river(model, "Paris")) == "Seine"
    assert asyncio.run(river(replay(tape), "Paris")) == "Seine"


def test_streams_are_recorded_whole_and_replayed_in_pieces(tmp_path):
    tape = tmp_path / "tape.jsonl"
    recorded = list(capital.stream(record(ScriptedModel([PARIS]), tape), "France"))
    replayed = list(capital.stream(replay(tape), "France"))
    assert recorded[-1] == replayed[-1] == "Paris"


def test_async_streams_are_recorded_and_replayed(tmp_path):
    async def last(model):
        return [value async for value in capital.astream(model, "France")][-1]

    tape = tmp_path / "tape.jsonl"
    assert asyncio.run(last(record(ScriptedModel([PARIS]), tape))) == "Paris"
    assert asyncio.run(last(replay(tape))) == "Paris"


def test_a_request_that_is_not_on_the_tape_shows_the_difference_to_the_nearest(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital(record(ScriptedModel([PARIS]), tape), "France")
    with pytest.raises(ReplayError) as failure:
        capital(replay(tape), "Spain")
    assert "-country: France" in str(failure.value)
    assert "+country: Spain" in str(failure.value)
    assert "tape.jsonl" in str(failure.value)
    assert "Record the tape again" in str(failure.value)


def test_an_empty_tape_says_that_it_is_empty(tmp_path):
    tape = tmp_path / "tape.jsonl"
    tape.touch()
    with pytest.raises(ReplayError, match="is empty"):
        capital(replay(tape), "France")


def test_a_missing_tape_is_named_with_the_remedy(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.jsonl.*cannot be read.*record\(model, path\)"):
        replay(tmp_path / "nowhere.jsonl")


def test_a_half_written_last_line_is_left_out(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital(record(ScriptedModel([PARIS]), tape), "France")
    with tape.open("a") as file:
        file.write('\n{"key": "12')
    assert capital(replay(tape), "France") == "Paris"


def test_a_damaged_line_in_the_middle_is_named_by_its_number(tmp_path):
    tape = tmp_path / "tape.jsonl"
    capital(record(ScriptedModel([PARIS]), tape), "France")
    tape.write_text("rubbish\n" + tape.read_text())
    with pytest.raises(ConfigurationError, match="line 1 is no entry of a tape"):
        replay(tape)


def test_a_recording_model_has_the_name_and_profile_of_the_one_that_answers(tmp_path):
    model = record(ScriptedModel([], llm_strategy_methods=("tool", "prompt")), tmp_path / "t.jsonl")
    assert (model.name, model.profile.methods) == ("ScriptedModel", ("tool", "prompt"))


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\ud800b"], ids=["line separator", "next line", "surrogate"])
def test_any_text_comes_back_from_a_tape(tmp_path, text):
    tape = tmp_path / "tape.jsonl"
    reply = json.dumps({"return_value": "ok"})
    assert capital(record(ScriptedModel([reply]), tape), text) == capital(replay(tape), text) == "ok"


def test_recording_goes_on_behind_a_line_that_was_cut_off(tmp_path):
    tape = tmp_path / "tape.jsonl"
    tape.write_text('{"key": "12')
    capital(record(ScriptedModel([PARIS]), tape), "France")
    assert capital(replay(tape), "France") == "Paris"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "cannot be read: it is no text"),
        (b'{"key": "1", "request": {}, "reply": {}}\n', "line 1 is no entry of a tape"),
        (b"rubbish", "line 1 is no entry of a tape"),
    ],
    ids=["binary", "entry without a request", "rubbish"],
)
def test_a_file_that_is_no_tape_is_refused(tmp_path, content, words):
    tape = tmp_path / "tape.jsonl"
    tape.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        replay(tape)


def test_a_tape_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"tape\.jsonl' cannot be written: .*Name another file"):
        capital(record(ScriptedModel([PARIS]), tmp_path / "file" / "tape.jsonl"), "France")
