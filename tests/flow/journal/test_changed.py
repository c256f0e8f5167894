"""A program that is another one than when the journal was written is told so, and pays nothing twice in silence."""

import pytest

from llm_strategy import durable
from llm_strategy.errors import ProgramChangedError
from llm_strategy.flow import ChatRequest, Parallel, Result
from llm_strategy.messages import Attachment, Message


def test_another_request_at_the_same_step_is_named(driver, model, killed, journal, ask):
    with pytest.raises(killed), durable(journal):
        driver.run(ask(model(dies_at=3), "a", "b", "c"))
    second = model()

    with pytest.raises(ProgramChangedError) as caught, durable(journal):
        driver.run(ask(second, "a", "x", "c"))

    told = str(caught.value)
    assert f"step 1 of flow 1 in journal {str(journal)!r} asks something else" in told
    assert "-[user] b\n+[user] x" in told
    assert "delete the journal" in told
    assert second.asked == []


@pytest.mark.parametrize("changes", [{"sample": 1}, {"output": None}])
def test_another_form_of_the_same_words_is_another_request(driver, model, journal, ask, changes):
    from llm_strategy.flow import OutputFormat

    given = {**changes} if changes.get("sample") else {"output": OutputFormat("tool", "book")}
    with durable(journal):
        driver.run(ask(model(), "a"))
    with pytest.raises(ProgramChangedError, match=r"\+\[(sample|method)\]"), durable(journal):
        driver.run(ask(model(), "a", **given))


def test_another_model_is_another_request(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "a"))
    with pytest.raises(ProgramChangedError, match="gpt-5"), durable(journal):
        driver.run(ask(model("gpt-5"), "a"))


def test_another_first_request_of_a_call_is_named(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "a"))
        driver.run(ask(model(), "b"))
    with pytest.raises(ProgramChangedError, match="step 0 of flow 2"), durable(journal):
        [driver.run(ask(model(), text)) for text in ("a", "x")]


def test_a_call_that_has_come_in_between_is_named(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "a"))
        driver.run(ask(model(), "b"))
    second = model()
    with pytest.raises(ProgramChangedError, match="step 0 of flow 2"), durable(journal):
        [driver.run(ask(second, text)) for text in ("a", "new", "b")]
    assert second.asked == []


def test_branches_that_ask_something_else_are_named(driver, model, killed, journal, ask):
    def program(asked, word):
        return (yield Parallel(tuple(ask(asked, f"{word} {number}") for number in range(8)), limit=2))

    with pytest.raises(killed), durable(journal):
        driver.run(program(model(dies_at=4), "old"))
    with pytest.raises(ProgramChangedError, match=r"step 0\.[01]\.0 of flow 1"), durable(journal):
        driver.run(program(model(), "new"))


def test_one_request_where_there_were_branches_is_named(driver, model, journal, ask):
    def program(asked):
        return (yield Parallel((ask(asked, "a"), ask(asked, "b"))))

    with durable(journal):
        driver.run(program(model()))
    with pytest.raises(ProgramChangedError), durable(journal):
        driver.run(ask(model(), "c"))


def test_a_change_that_is_kept_as_a_result_ends_the_scope(driver, model, journal, ask):
    def program(asked, word):
        results = yield Parallel((ask(asked, word),), keep_errors=True)
        return results

    with durable(journal):
        driver.run(program(model(), "a"))
    results: tuple[Result, ...] = ()
    with pytest.raises(ProgramChangedError, match="asked now"), durable(journal):
        results = driver.run(program(model(), "b"))
    assert isinstance(results[0].error, ProgramChangedError)


def test_replies_that_are_left_over_are_named(driver, model, journal, ask):
    with durable(journal):
        for text in ("a", "b", "c"):
            driver.run(ask(model(), text))
    told = "holds 2 replies that this run did not ask for.*'gpt-4o: b'"
    with pytest.warns(RuntimeWarning, match=told), durable(journal):
        driver.run(ask(model(), "a"))


def test_steps_that_are_left_over_in_a_call_are_counted(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "a", "b"))
    with pytest.warns(RuntimeWarning, match="holds 1 reply"), durable(journal):
        driver.run(ask(model(), "a"))


def test_an_error_in_the_program_is_not_hidden_by_a_warning(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "a", "b"))
    with pytest.raises(KeyError, match="own"), durable(journal):
        raise KeyError("own", driver.run(ask(model(), "a")))


def test_calls_that_were_dropped_do_not_stand_in_the_way_of_others(driver, model, journal, ask):
    with durable(journal):
        for text in ("a", "b", "c"):
            driver.run(ask(model(), text))
    with pytest.warns(RuntimeWarning, match="holds 1 reply"), durable(journal):
        [driver.run(ask(model(dies_at=1), text)) for text in ("a", "c")]


def test_a_difference_behind_what_is_kept_is_said_to_be_there(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "x" * 5000 + "then"))
    with pytest.raises(ProgramChangedError, match="behind the part of the texts"), durable(journal):
        driver.run(ask(model(), "x" * 5000 + "now"))


def test_a_long_difference_is_cut_and_steers_no_terminal(driver, model, journal, ask):
    with durable(journal):
        driver.run(ask(model(), "\n".join(f"then \x1b[31m{number}" for number in range(30))))
    with pytest.raises(ProgramChangedError) as caught, durable(journal):
        driver.run(ask(model(), "\n".join(f"now {number}" for number in range(30))))
    assert "... and 48 more lines" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_secrets_are_neither_shown_nor_kept(driver, model, journal, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789abcdef")
    with durable(journal):
        driver.run(ask(model(), "the key is sk-planted-0123456789abcdef, then"))
        kept = b"".join(file.read_bytes() for file in journal.parent.iterdir())
    with pytest.raises(ProgramChangedError) as caught, durable(journal):
        driver.run(ask(model(), "the key is sk-planted-0123456789abcdef, now"))
    assert "the key is ***, now" in str(caught.value)
    assert kept.count(b"sk-planted") == 1  # in the reply, which repeats it: a reply is kept as it is


def test_another_picture_is_another_request(driver, model, journal):
    def program(content):
        picture = Attachment("image", "image/png", content)
        yield ChatRequest(model(), (Message("user", "what is it?", attachments=(picture,)),))

    with durable(journal):
        driver.run(program(b"one"))
    with pytest.raises(ProgramChangedError, match=r"-\[user\] \[image image/png 3 bytes, "), durable(journal):
        driver.run(program(b"other"))
