"""Calls that a model wants: refused where an untrusted text may have told it so, approved where that is asked for."""

import asyncio
import threading

import pytest
from pydantic import BaseModel

from llm_strategy import Untrusted, approving, is_untrusted, tool
from llm_strategy.errors import (
    InvalidValueError,
    StoredDataError,
    ToolRefusedError,
    UnsupportedError,
    UntrustedInputError,
)
from llm_strategy.flow import arun, run
from llm_strategy.tools import Approval, ToolRequest, call_tool
from llm_strategy.tools.approval import ApprovalRequest
from llm_strategy.tracing import trace


class Mail(BaseModel):
    to: str


@pytest.fixture
def calls():
    return []


@pytest.fixture(params=["sync", "async"])
def carry_out(request):
    return run if request.param == "sync" else lambda flow: asyncio.run(arun(flow))


@pytest.fixture
def send(calls):
    @tool
    def send(mail: Mail, copies: int = 1) -> Mail:
        """Send a mail."""
        calls.append((mail, copies))
        return mail

    return send


def test_a_tool_is_called_with_what_the_model_wrote(send, calls, carry_out):
    value = carry_out(call_tool(send, '{"mail": {"to": "ada"}}', tainted=False))
    assert value == Mail(to="ada")
    assert calls == [(Mail(to="ada"), 1)]
    assert not is_untrusted(value)


def test_after_an_untrusted_text_no_argument_is_even_looked_at(send, calls, carry_out):
    for arguments in ('{"mail": {"to": "eve"}}', "not even JSON"):
        with pytest.raises(UntrustedInputError, match="'send' does not accept untrusted input"):
            carry_out(call_tool(send, arguments, tainted=True))
    assert calls == []


def test_a_tool_without_parameters_is_refused_as_well(calls):
    @tool
    def launch() -> str:
        """Launch."""
        calls.append("launched")
        return "ok"

    @tool(accepts_untrusted=True)
    def look() -> str:
        """Look."""
        return "nothing there"

    with pytest.raises(UntrustedInputError):
        run(call_tool(launch, "", tainted=True))
    assert calls == []
    assert is_untrusted(run(call_tool(look, "", tainted=True)))


def test_a_tool_that_accepts_it_gets_marked_arguments_and_gives_a_marked_value():
    seen = []

    @tool(accepts_untrusted=True)
    def note(mail: Mail) -> str:
        """Take a note."""
        seen.append(mail)
        return "noted"

    value = run(call_tool(note, '{"mail": {"to": "eve"}}', tainted=True))
    assert is_untrusted(seen[0].to)
    assert is_untrusted(value)


def test_all_parameters_have_to_be_declared_where_the_conversation_is_tainted():
    @tool
    def archive(folder: str, text: Untrusted[str]) -> str:
        """Archive."""
        return folder

    @tool
    def store(text: Untrusted[str]) -> str:
        """Store."""
        return "stored"

    with pytest.raises(UntrustedInputError, match="and 'folder' came from it"):
        run(call_tool(archive, '{"folder": "a", "text": "b"}', tainted=True))
    assert run(call_tool(store, '{"text": "b"}', tainted=True)) == "stored"


def test_arguments_that_do_not_fit_never_reach_the_tool(send, calls):
    with pytest.raises(InvalidValueError):
        run(call_tool(send, '{"mail": {}}', tainted=False))
    assert calls == []


def test_async_tools_need_an_async_call():
    @tool
    async def fetch(name: str) -> str:
        """Fetch."""
        await asyncio.sleep(0)
        return name

    assert asyncio.run(arun(call_tool(fetch, '{"name": "a"}', tainted=False))) == "a"
    with pytest.raises(UnsupportedError, match="'fetch' is async, and this call is not"):
        run(call_tool(fetch, '{"name": "a"}', tainted=False))


def test_a_plain_tool_does_not_block_the_event_loop():
    @tool
    def where() -> str:
        """The thread."""
        return threading.current_thread().name

    async def both():
        return await arun(call_tool(where, "", tainted=False)), threading.current_thread().name

    inside, outside = asyncio.run(both())
    assert inside != outside


def test_what_the_tool_raises_is_raised():
    @tool
    def fail() -> str:
        """Fail."""
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError, match="gone"):
        run(call_tool(fail, "{}", tainted=False))


@tool(needs_approval=True)
def delete(path: str) -> str:
    """Delete a file."""
    return f"{path} is gone"


def test_where_nobody_can_be_asked_nothing_is_done(carry_out):
    with pytest.raises(ToolRefusedError, match="'delete' needs approval, and there is nobody to ask"):
        carry_out(call_tool(delete, '{"path": "a"}', tainted=False))


def test_somebody_is_told_what_is_to_be_done(carry_out):
    asked = []

    def decide(approval):
        asked.append(approval)
        return approval.arguments["path"] == "a"

    with approving(decide):
        assert carry_out(call_tool(delete, '{"path": "a"}', tainted=False)) == "a is gone"
        with pytest.raises(ToolRefusedError, match="was not approved"):
            carry_out(call_tool(delete, '{"path": "b"}', tainted=False))
        with pytest.raises(UntrustedInputError):
            carry_out(call_tool(delete, '{"path": "a"}', tainted=True))
    assert asked == [Approval("delete", {"path": "a"}, False), Approval("delete", {"path": "b"}, False)]


def test_only_a_plain_yes_is_a_yes():
    with approving(lambda approval: "yes"), pytest.raises(ToolRefusedError):
        run(call_tool(delete, '{"path": "a"}', tainted=False))


def test_who_approves_may_be_async_where_the_call_is():
    async def decide(approval):
        await asyncio.sleep(0)
        return True

    with approving(decide):
        assert asyncio.run(arun(call_tool(delete, '{"path": "a"}', tainted=False))) == "a is gone"
        with pytest.raises(UnsupportedError, match="who approves is async"):
            run(call_tool(delete, '{"path": "a"}', tainted=False))


def test_a_function_of_the_call_decides_whether_somebody_is_asked():
    @tool(needs_approval=lambda approval: approval.arguments["amount"] > 10, accepts_untrusted=True)
    def pay(amount: int) -> int:
        """Pay."""
        return amount

    assert run(call_tool(pay, '{"amount": 5}', tainted=False)) == 5
    with pytest.raises(ToolRefusedError):
        run(call_tool(pay, '{"amount": 50}', tainted=False))
    with approving(lambda approval: approval.untrusted):
        assert run(call_tool(pay, '{"amount": 50}', tainted=True)) == 50


def test_the_program_itself_is_not_asked():
    assert delete("a") == "a is gone"


def test_a_call_is_a_span_of_its_trace(send):
    with trace("tools") as recorded:
        run(call_tool(send, '{"mail": {"to": "ada"}}', tainted=False))
        with pytest.raises(UntrustedInputError):
            run(call_tool(send, "{}", tainted=True))
    good, refused = [span for span in recorded.spans if span.kind == "tool"]
    assert good.attributes["gen_ai.tool.name"] == "send"
    assert "ada" in good.attributes["gen_ai.tool.call.arguments"]
    assert "ada" in good.attributes["gen_ai.tool.call.result"]
    assert refused.status == "error"


def test_calls_can_be_written_down_and_read_again(send):
    request = ToolRequest(send, send.read('{"mail": {"to": "ada"}}'))
    assert request.journal_data() == {"tool": "send", "arguments": {"mail": {"to": "ada"}, "copies": 1}}
    assert request.answer_from(request.answer_data(Mail(to="ada"))) == Mail(to="ada")
    with pytest.raises(StoredDataError, match="'send': what is stored is none of its values"):
        request.answer_from({"from": "eve"})


def test_a_value_that_is_no_data_cannot_be_written_down():
    @tool
    def thing():
        """Give a thing."""
        return object()

    with pytest.raises(StoredDataError, match="'thing': its value cannot be written down"):
        ToolRequest(thing, thing.read("")).answer_data(threading.Lock())


def test_approvals_can_be_written_down_and_read_again():
    request = ApprovalRequest(Approval("delete", {"path": "a"}, untrusted=False))
    assert request.journal_data() == {"tool": "delete", "arguments": {"path": "a"}}
    assert request.answer_from(request.answer_data(True)) is True
    with pytest.raises(StoredDataError, match="no answer of somebody who approves"):
        request.answer_from("yes")


def test_a_tool_that_ends_the_program_has_failed_and_the_program_goes_on(carry_out):
    @tool
    def parse(line: str) -> str:
        """Parse a command line."""
        raise SystemExit(2)

    with pytest.raises(RuntimeError, match=r"tried to end the program \(exit code 2\)"):
        carry_out(call_tool(parse, '{"line": "--x"}', tainted=False))
