"""What is left of a run that failed: what the model did, and the files that it made."""

import pytest
from langchain_core.messages import AIMessage

from llm_strategy.errors import (
    AttemptsExhaustedError,
    BudgetExceededError,
    RefusedError,
    TransportError,
)
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import tool


def block(code: str) -> str:
    return f"```python\n{code}\n```"


FAILURES = {
    "silent": (["a", "b", "c"], AttemptsExhaustedError),
    "refused": ([AIMessage("", additional_kwargs={"refusal": "No."})], RefusedError),
    "down": ([TransportError("It is down.")], TransportError),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_tells_what_was_done_before(acting, failure):
    replies, kind = FAILURES[failure]
    with pytest.raises(kind) as caught:
        acting(int)(ScriptedModel([block("print(price('tea'))"), *replies]), "?")
    (taken,) = caught.value.transcript
    assert taken.seen == ("2.5",)
    assert "price" in taken.action.code


def test_an_error_before_the_first_action_has_an_empty_transcript(acting):
    with pytest.raises(TransportError) as caught:
        acting(int)(ScriptedModel([TransportError("It is down.")]), "?")
    assert caught.value.transcript == ()


@pytest.mark.parametrize("form", ["code", "json"])
def test_an_action_that_a_budget_ends_is_told_with_what_it_gave(acting, form):
    @tool
    def costly() -> int:
        """Costs much."""
        raise BudgetExceededError("Too much.", limit="dollars")

    @tool
    def cheap() -> int:
        """Costs nothing."""
        return 7

    reply = {
        "code": block("print(cheap())\ncostly()"),
        "json": '{"tool": "cheap", "arguments": {}}\n{"tool": "costly", "arguments": {}}',
    }
    with pytest.raises(BudgetExceededError) as caught:
        acting(int, action_format=form, tools=[costly, cheap])(ScriptedModel([reply[form]]), "?")
    (taken,) = caught.value.transcript
    assert caught.value.results == (taken,)
    assert "\n".join(taken.seen) == "7\nBudgetExceededError: Too much."


def test_files_are_kept_where_the_run_fails(acting, tmp_path):
    function = acting(int, sandbox="unsafe-process", keep_files=str(tmp_path / "out"))
    with pytest.raises(AttemptsExhaustedError):
        function(ScriptedModel([block("open('a.txt', 'w').write('kept')"), "a", "b", "c"]), "?")
    assert (tmp_path / "out" / "a.txt").read_text() == "kept"


def test_a_folder_that_takes_no_files_does_not_hide_the_failure(acting, tmp_path):
    folder = tmp_path / "out"

    @tool
    def spoil() -> None:
        """Put a file in the place of the folder."""
        folder.rmdir()
        folder.write_text("in the way")

    code = block("open('a.txt', 'w').write('kept')\nspoil()")
    function = acting(int, tools=[spoil], sandbox="unsafe-process", keep_files=str(folder))
    with pytest.raises(AttemptsExhaustedError) as caught:
        function(ScriptedModel([code, "a", "b", "c"]), "?")
    assert len(caught.value.transcript) == 1
