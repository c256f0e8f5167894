"""What is shown while many calls are under way."""

import asyncio
import io
import sys
from types import ModuleType

import pytest
from langchain_core.messages import AIMessage
from rich.console import Console

from llm_strategy import llm_function, trace
from llm_strategy.function.progress import Followed, Lines, Progress, display_for
from llm_strategy.function.progress_bars import RichBar, TqdmBar, bar_for
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import Price

HALF = Progress(done=5, total=10, errors=2, tokens=1500, cost=0.5, seconds=2.5)


@llm_function(attempts=1)
def double(model, number: int) -> int:
    """Twice the number."""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (HALF, "5/10, 2 errors, 2.0/s, 1.5k tokens, $0.5000, 0:02 left"),
        (Progress(0, None, 0, 0, 0.0, 0.0), "0, 0.0/s"),
        (Progress(1, None, 1, 12, None, 1.0), "1, 1 error, 1.0/s, 12 tokens"),
        (Progress(1, 10_000, 0, 3_000_000, None, 1.0), "1/10000, 1.0/s, 3.0M tokens, 2:46:39 left"),
        (Progress(2, 2, 0, 0, None, 1.0), "2/2, 2.0/s"),
    ],
)
def test_progress_reads_as_one_line(progress, text):
    assert str(progress) == text


def test_the_rest_is_reckoned_from_the_rate():
    assert HALF.rate == 2.0
    assert HALF.remaining == 2.5
    assert Progress(0, 9, 0, 0, 0.0, 1.0).remaining is None


def replies(count):
    usage = {"input_tokens": 900, "output_tokens": 100, "total_tokens": 1000}
    return [AIMessage(str(number), usage_metadata=usage, response_metadata={}) for number in range(count)]


def test_a_function_is_told_after_each_result():
    told = []
    model = ScriptedModel([*replies(3), "none"])

    double.map(model, range(4), limit=1, progress=told.append)

    assert [one.done for one in told] == [1, 2, 3, 4]
    assert [one.errors for one in told] == [0, 0, 0, 1]
    assert [one.tokens for one in told] == [1000, 2000, 3000, 3000]
    assert {one.total for one in told} == {4}
    assert {one.cost for one in told} == {None}


def test_what_calls_cost_is_told_by_the_prices_of_the_trace():
    told = []
    with trace("t", prices={"ScriptedModel": Price(input=1.0, output=10.0)}):
        asyncio.run(double.amap(ScriptedModel(replies(2)), iter(range(2)), limit=1, progress=told.append))

    assert [one.cost for one in told] == pytest.approx([0.0019, 0.0038])
    assert {one.total for one in told} == {None}


def test_nothing_is_shown_unless_it_is_asked_for(capsys):
    double.map(ScriptedModel(replies(2)), range(2))

    assert capsys.readouterr() == ("", "")
    assert display_for(show=False) is None


def test_in_a_pipe_a_line_is_written_at_the_end(capsys):
    double.map(ScriptedModel(replies(2)), range(2), progress=True)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("2/2, ")
    assert "2.0k tokens" in err


def test_lines_are_written_seldom():
    stream = io.StringIO()
    followed = Followed(Lines(stream), 1000, lambda: (0, 0.0))
    for _ in range(1000):
        followed.saw(ok=True)
    assert stream.getvalue() == ""
    followed.close()
    assert stream.getvalue().startswith("1000/1000, ")


def test_the_end_is_shown_although_a_map_was_left():
    told = io.StringIO()
    followed = Followed(Lines(told), 3, lambda: (0, None))
    followed.saw(ok=False)
    followed.close()
    assert told.getvalue().startswith("1/3, 1 error")


def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    bar = display_for(show=True, stream=stream)
    assert isinstance(bar, RichBar)
    bar.update(HALF)
    bar.close(HALF)
    assert "5/10, 2 errors" in stream.getvalue()


def test_where_something_moves_already_lines_are_written(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setitem(sys.modules, "tqdm", None)
    import rich.progress
    from rich.errors import LiveError

    def live(self):
        raise LiveError("Only one live display may be active at once")

    monkeypatch.setattr(rich.progress.Progress, "start", live)
    assert isinstance(display_for(show=True, stream=Terminal()), Lines)


@pytest.fixture
def tqdm(monkeypatch):
    """A stand-in for tqdm, which is no dependency."""

    class Bar:
        def __init__(self, **options):
            self.options, self.closed = options, False
            made.append(self)

        def set_description_str(self, text):
            self.text = text

        def close(self):
            self.closed = True

    made = []
    for name in ("tqdm", "tqdm.auto"):
        module = ModuleType(name)
        module.tqdm = Bar
        monkeypatch.setitem(sys.modules, name, module)
    return made


def test_a_terminal_that_cannot_move_its_cursor_gets_a_bar_of_tqdm(monkeypatch, tqdm):
    monkeypatch.setenv("TERM", "dumb")
    bar = bar_for(Terminal())
    assert isinstance(bar, TqdmBar)
    bar.update(HALF)
    bar.close(HALF)
    assert (tqdm[0].n, tqdm[0].total, tqdm[0].closed) == (5, 10, True)
    assert tqdm[0].text.startswith("5/10")


def test_a_notebook_gets_a_bar_of_tqdm(monkeypatch, tqdm):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert isinstance(bar_for(io.StringIO()), TqdmBar)


def test_without_tqdm_a_notebook_gets_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert isinstance(display_for(show=True, stream=io.StringIO()), Lines)


def test_a_bar_leaves_no_thread_behind(monkeypatch):
    import threading

    monkeypatch.setenv("TERM", "xterm")
    before = threading.active_count()
    bar = RichBar(Console(file=Terminal()))
    assert threading.active_count() == before
    bar.close(HALF)
