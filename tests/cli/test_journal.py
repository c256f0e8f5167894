"""`llm-strategy journal`: what the journal of a durable run holds."""

import pytest
from typer.testing import CliRunner

from llm_strategy import durable
from llm_strategy.cli.main import app
from llm_strategy.errors import JournalError, TransportError
from llm_strategy.flow import ChatRequest, Profile, iterate, run
from llm_strategy.flow.requests import Emit, NextChunk, OpenStream
from llm_strategy.messages import Chunk, Message, Reply, Usage


class Model:
    name, provider, profile = "gpt-4o", "openai", Profile()

    def reply(self, request):
        words = request.messages[-1].content
        if words == "fail":
            raise TransportError("busy")
        if words == "die":
            raise KeyboardInterrupt
        return Reply(Message.assistant("said"), "stop", usage=Usage(1000, 100) if words != "unmeasured" else Usage())

    areply = astream = None

    def stream(self, request):
        yield Chunk("one")
        yield Chunk("two")


def ask(*texts):
    for text in texts:
        yield ChatRequest(Model(), (Message.user(text),))


def first_piece():
    opened = yield OpenStream(ChatRequest(Model(), (Message.user("tell"),)))
    yield Emit((yield NextChunk(opened)).text)


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "run.db"
    with durable(path):
        run(ask("good \x1b[31mmorning", "unmeasured"))
        next(values := iterate(first_piece()))
        values.close()
    return path


def show(*arguments):
    result = CliRunner().invoke(app, ["journal", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_the_requests_of_a_journal_are_shown(journal):
    shown = show("show", journal)
    lines = shown.splitlines()
    assert lines[1].split()[:2] == ["1:", "0"]
    assert "gpt-4o: good [31mmorning" in lines[1]
    assert "answered" in lines[1]
    assert lines[1].endswith("1,100")
    assert lines[2].endswith("?")
    assert "closed early" in lines[3]
    assert "\x1b" not in shown


def test_totals_say_what_is_not_known(journal):
    assert show("totals", journal) == "1 run · 3 replies · 1,000 + ? tokens in · 100 + ? tokens out · $0.00350 + ?\n"


def test_what_was_never_answered_is_shown_alone(journal):
    with pytest.raises(TransportError), durable(journal.with_name("b.db")):
        run(ask("fail"))
    with pytest.raises(KeyboardInterrupt), durable(journal.with_name("b.db")):
        run(ask("fine", "die"))
    shown = show("show", "--waiting", journal.with_name("b.db"))
    assert "failed" in shown
    assert "under way" in shown
    assert "fine" not in shown
    assert "2 runs · 1 reply · 1 under way" in shown


def test_a_journal_can_be_read_while_its_run_goes_on(tmp_path):
    path = tmp_path / "run.db"
    with durable(path):
        run(ask("a"))
        assert "1 reply" in show("totals", path)
        run(ask("b"))
        assert "2 replies" in show("totals", path)


def test_only_the_last_requests_are_shown_of_many(tmp_path):
    path = tmp_path / "run.db"
    with durable(path):
        run(ask(*map(str, range(20))))
    shown = show("show", path, "--limit", 3)
    assert "gpt-4o: 16" not in shown
    assert "gpt-4o: 17" in shown
    assert "... and 17 before them" in shown


def test_a_file_that_is_no_journal_is_an_error(tmp_path):
    with pytest.raises(JournalError, match="cannot be used: No such file"):
        show("show", tmp_path / "nowhere.db")
    assert list(tmp_path.iterdir()) == []
