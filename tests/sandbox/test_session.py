"""Sessions: names and files that stay, tools that are called outside."""

import threading

import pytest

from llm_strategy.errors import (
    BudgetExceededError,
    ConfigurationError,
    InputError,
    ProgramChangedError,
    SandboxLostError,
    ToolRefusedError,
    UnsupportedError,
)
from llm_strategy.flow import run
from llm_strategy.sandbox import Action, Answered, Ended, GuestFunction, HostCall, Limits, Raised, Returned, Session
from llm_strategy.sandbox import session as session_module
from llm_strategy.sandbox.unsafe_process import UnsafeProcess
from llm_strategy.schema import Untrusted
from llm_strategy.tools import tool
from llm_strategy.tracing import trace


@pytest.fixture
def start():
    started = []

    def made(*tools, **more):
        limits = Limits(**{"seconds": 10, **more.pop("limits", {})})
        started.append(Session("unsafe-process", tools=tools, limits=limits, **more))
        return started[-1]

    yield made
    for one in started:
        one.close()


def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


def fail(with_: str = "") -> str:
    """Fails."""
    raise KeyError(with_)


def test_names_and_files_stay(start):
    session = start(files={"a.txt": b"hello"})
    assert not session.alive
    assert session.run("text = open('a.txt').read()").ok
    session.write_file("b.txt", b"!")
    assert session.run("text + open('b.txt').read()").value == "hello!"
    session.run("open('c.txt', 'w').write('c')")
    assert session.read_file("c.txt") == b"c"
    assert session.alive


def test_it_starts_when_it_is_told_to(start):
    session = start()
    assert session.open() is session
    assert session.alive
    assert session.sandbox == UnsafeProcess()


def test_a_tool_is_called_outside_with_arguments_that_are_checked(start):
    session = start(add)
    result = session.run("[add(1), add(2, 3), add('4', b=5)]")
    assert (result.value, result.usage.tool_calls) == ([2, 5, 9], 3)
    error = session.run("add('x')").error
    assert error.kind == "ToolError"
    assert error.message == 'add(): The value does not fit. `a`: must be a whole number, got "x"'
    assert session.run("add()").error.message.startswith("add(): ")


def test_what_a_tool_raises_the_code_can_catch(start):
    session = start(fail)
    assert (
        session.run("try:\n    fail('why')\nexcept ToolError as e:\n    said = str(e)\nsaid").value == "KeyError: 'why'"
    )


def test_a_secret_in_the_words_of_a_tool_does_not_get_in(start, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefghijklmnop1234")

    @tool
    def leak() -> str:
        """Leaks."""
        raise OSError("no answer for sk-abcdefghijklmnop1234 " + "x" * 10_000)

    message = start(leak).run("leak()").error.message
    assert "sk-abcdef" not in message
    assert len(message) < 5000


def test_an_error_that_cannot_be_shown_is_told(start):
    class Odd(Exception):
        def __str__(self):
            raise TypeError

    @tool
    def odd() -> str:
        """Odd."""
        raise Odd

    assert start(odd).run("odd()").error.message == "Odd: (its message raises TypeError)"


def test_what_a_tool_gives_is_written_by_its_declared_type(start):
    import datetime as dt

    @tool
    def day() -> dt.date:
        """A day."""
        return dt.date(2026, 1, 2)

    @tool
    def lock() -> object:
        """No data."""
        return threading.Lock()

    session = start(day, lock)
    assert session.run("day()").value == "2026-01-02"
    assert session.run("lock()").error.message.startswith("lock(): ")


def test_a_tool_that_needs_approval_says_so_to_the_code(start):
    @tool(needs_approval=True)
    def delete() -> str:
        """Deletes."""
        return "gone"

    assert ToolRefusedError.__name__ in start(delete).run("delete()").error.message


def test_a_name_that_is_no_identifier_is_made_one(start):
    @tool(name="get-weather")
    def weather(place: str) -> str:
        """Weather."""
        return place

    assert start(weather).run("get_weather('x')").value == "x"


def test_names_that_are_there_twice_are_refused(start):
    with pytest.raises(ConfigurationError, match="Two tools are called 'add'"):
        start(add, add)
    with pytest.raises(ConfigurationError, match="same name: add, add"):
        start(add, functions=(GuestFunction("add", ()),))


def test_tools_are_called_so_often_and_no_more(start):
    result = start(add, limits={"tool_calls": 2}).run("for i in range(3): add(i)")
    assert result.error.message == "An action may call tools 2 times, and this one has."


def test_an_action_that_goes_on_calling_tools_is_ended(start):
    swallow = "n = 0\nwhile True:\n    n += 1\n    try: add(n)\n    except ToolError: pass"
    session = start(add, limits={"tool_calls": 2})
    result = session.run(swallow)
    assert (result.error.kind, result.usage.tool_calls, session.run("n").value) == ("ToolLimit", 4, 4)


def test_an_action_that_sends_too_much_to_tools_is_ended(start, monkeypatch):
    monkeypatch.setattr(session_module, "_MOST_SENT", 30)
    result = start(add).run("n = 0\nwhile n < 10:\n    n += 1\n    try: add(n)\n    except ToolError: pass")
    assert (result.error.kind, result.usage.tool_calls) == ("ToolLimit", 6)
    assert "may have 30 characters" in result.error.message


def test_a_function_that_nobody_answers_is_no_tool(start):
    session = start(functions=(GuestFunction("finish", ("value",)),))
    assert session.run("finish(1)").error.message == "There is no tool 'finish'."


def test_more_functions_are_answered_for_one_action(start):
    session = start(functions=(GuestFunction("finish", ("value",)),))
    seen = []

    def finish(arguments):
        seen.append(arguments)
        return Ended() if len(seen) > 1 else Raised("not yet")
        yield

    result = run(
        session.act(
            "try:\n    finish(1)\nexcept ToolError as e: said = str(e)\nfinish(2)\nafter = 1", {"finish": finish}
        )
    )
    assert (result.finished, result.error, seen) == (True, None, ['{"value":1}', '{"value":2}'])
    assert session.run("said, 'after' in globals()").value == ["not yet", False]


@pytest.mark.parametrize(
    "problem", [BudgetExceededError("over"), ProgramChangedError("other"), ConfigurationError("wrong")], ids=repr
)
def test_what_code_can_do_nothing_about_ends_the_action_and_is_raised(start, problem):
    @tool
    def ask() -> str:
        """Asks."""
        raise problem

    session = start(ask)
    with pytest.raises(type(problem)) as caught:
        session.run("before = 1\ntry:\n    ask()\nexcept Exception:\n    pass\nafter = 1")
    assert caught.value is problem
    assert session.run("before, 'after' in globals()").value == [1, False]
    assert [one.code[:6] for one in session.history] == ["before", "before"]


def test_an_async_tool_needs_an_async_call(start):
    @tool
    async def wait() -> str:
        """Waits."""
        return "x"

    with pytest.raises(UnsupportedError):
        start(wait).run("wait()")


def test_untrusted_values_make_the_rest_untrusted(start):
    @tool
    def page() -> Untrusted[str]:
        """A page."""
        return "do add(1)"

    @tool(accepts_untrusted=True)
    def show(text: str) -> str:
        """Shows."""
        return text

    session = start(page, show, add)
    assert session.run("add(1)").value == 2
    assert session.run("page()").value == "do add(1)"
    assert session.tainted
    assert "does not accept untrusted input" in session.run("add(1)").error.message
    assert session.run("show('x')").value == "x"


def test_code_of_an_untrusted_author_calls_no_tool_that_minds(start):
    assert "untrusted" in start(add, tainted=True).run("add(1)").error.message


def test_the_history_has_code_answers_and_results(start):
    session = start(add)
    session.run("add(1)")
    assert len(session.history) == 1
    done = session.history[0]
    assert isinstance(done, Action)
    assert done.answers == (Answered(HostCall("add", '{"a":1}'), Returned(2)),)
    assert done.result.value == 2


def test_two_actions_at_once_are_refused(start):
    session = start()

    @tool
    def again() -> str:
        """Runs code in the same session."""
        try:
            session.run("1")
        except ConfigurationError as error:
            return str(error)
        return "ran"

    other = start(again)
    other._tools._tools["again"].function.__globals__  # noqa: B018
    session.close()
    session = other
    assert other.run("again()").value.startswith("An action is under way")


def test_a_tool_may_read_and_write_files_of_the_session(start):
    @tool
    def store(text: str) -> int:
        """Stores."""
        session.write_file("stored", text.encode())
        return len(session.read_file("stored"))

    session = start(store)
    assert session.run("store('abc'), open('stored').read()").value == [3, "abc"]


def test_two_sessions_run_side_by_side_in_threads(start):
    sessions = [start(add), start(add)]
    found = {}

    def work(index):
        for number in range(20):
            found[index, number] = sessions[index].run(f"add({index}, {number})").value

    threads = [threading.Thread(target=work, args=(index,)) for index in (0, 1)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {(index, number): index + number for index in (0, 1) for number in range(20)}


def test_an_interrupt_ends_the_action_and_keeps_the_names(start):
    session = start(limits={"seconds": 60})
    session.run("kept = 1")
    threading.Timer(0.2, session.interrupt).start()
    assert session.run("import time\ntime.sleep(60)").error.kind == "Interrupted"
    assert session.run("kept").value == 1


def test_a_closed_session_runs_nothing(start):
    with start() as session:
        session.run("1")
    assert not session.alive
    session.close()
    with pytest.raises(SandboxLostError, match="was closed"):
        session.run("1")
    with pytest.raises(SandboxLostError):
        session.read_file("x")


def test_what_is_wrong_with_a_session_is_said_when_it_is_made():
    with pytest.raises(InputError):
        Session("unsafe-process", files={"../x": b""})
    with pytest.raises(ConfigurationError, match="No sandbox is called 'nothing'"):
        Session("nothing")


def test_a_sandbox_without_snapshots_says_so(start):
    with pytest.raises(UnsupportedError):
        start().snapshot()


def test_an_action_is_a_span_with_its_tools_inside(start):
    session = start(add)
    with trace("session") as recorded:
        session.run("print('out')\nopen('f', 'w').write('x')\nadd(1)")
        session.run("1/0")
    spans = {one.name: one for one in recorded.spans}
    code = [one for one in recorded.spans if one.kind == "code"]
    assert [one.status for one in code] == ["ok", "error"]
    assert code[0].text("llm_strategy.code").startswith("print")
    assert code[0].text("llm_strategy.code.output") == "out\n2"
    assert code[0].text("llm_strategy.sandbox") == "unsafe-process"
    assert code[0].number("llm_strategy.code.seconds") > 0
    assert [
        (one.text("file.path"), one.text("llm_strategy.file.operation"), one.number("file.size"))
        for one in code[0].events
    ] == [("f", "create", 1)]
    assert spans["add"].parent == code[0].span
    assert code[1].text("error.type") == "ZeroDivisionError"
    assert "1/0" in code[1].text("llm_strategy.code.output")
    assert code[1].message == "ZeroDivisionError: division by zero"


def test_a_span_without_content_has_neither_code_nor_words(start):
    session = start()
    with trace("session", content=False) as recorded:
        session.run("raise ValueError('secret words')")
    code = next(one for one in recorded.spans if one.kind == "code")
    assert code.message == "ValueError"
    assert "secret words" not in repr(code)
