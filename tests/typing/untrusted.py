"""What type checkers say about untrusted values and tools; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from pydantic import BaseModel

from llm_strategy import Untrusted, distrust, llm_function, tool, trust
from llm_strategy.testing import CassetteModel, ScriptedModel
from llm_strategy.tools import Tool

if TYPE_CHECKING:
    from llm_strategy.testing import Cassette, ScriptedModels


class Email(BaseModel):
    subject: str
    body: Untrusted[str]


@llm_function
def summary(model: Any, mail: Untrusted[str], others: list[Untrusted[Email]]) -> str:
    """Sum the mails up."""
    raise NotImplementedError


@tool
def send(to: str, copies: int = 1) -> bool:
    """Send a mail."""
    return bool(to) and copies > 0


@tool(accepts_untrusted=True)
async def note(text: Untrusted[str]) -> Untrusted[str]:
    """Take a note."""
    return text


class Desk:
    @tool
    def file(self, name: str) -> int:
        """File a paper."""
        return len(name)


async def acheck() -> None:
    assert_type(await note("text"), str)


def check(email: Email, model: Any, scripted_model: ScriptedModels, llm_cassette: Cassette) -> None:
    assert_type(email.body, str)
    assert_type(summary(model, "text", [email]), str)
    assert_type(trust(distrust(email)), Email)
    assert_type(send("ada", copies=2), bool)
    assert_type(Desk().file("a"), int)
    send(1)  # type: ignore[arg-type]
    send("ada", cc=1)  # type: ignore[call-arg]
    summary(model, 1, [])  # type: ignore[arg-type]
    assert_type(scripted_model(["a"], default=True), ScriptedModel)
    assert_type(llm_cassette("openai:gpt-4o-mini"), CassetteModel)
    every: list[Tool[..., Any]] = [send, note, Desk().file]
    assert_type(every[0].name, str)
