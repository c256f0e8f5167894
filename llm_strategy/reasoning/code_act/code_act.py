"""CodeAct: the model acts by code, sees what the code gave, and acts again, until it knows the value."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (read where a method becomes data)
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, get_args

from pydantic import PlainSerializer

from llm_strategy.errors import ConfigurationError, DefinitionError
from llm_strategy.reasoning.code_act.acting import Acting
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.reasoning.code_act.formats import FormatName
from llm_strategy.reasoning.code_act.known_tools import ToolNames, as_tools, names_of
from llm_strategy.reasoning.code_act.sandbox_name import SandboxName, name_of, written_out
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.sandbox.limits import Limits

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from llm_strategy.chat import Answer, Question
    from llm_strategy.flow import Flow
    from llm_strategy.tools import Tool

__all__ = ["CodeAct"]

T = TypeVar("T")

_NUMBERS = {
    "turns": 1,
    "patience": 1,
    "repeats": 1,
    "observation_characters": 20,
    "argument_characters": 20,
    "history_characters": 0,
}


@dataclass(frozen=True, slots=True)
class CodeAct:
    r"""Let the model write code that is run in a sandbox, see what it printed, and go on until it calls `finish`.

    The code may use the arguments of the call as variables, the tools as functions, and whatever is installed in the
    sandbox. Names stay from one block to the next. The value is what `finish` is called with; where that does not fit
    the return type, the code gets an error that says why. With another `action_format` the same run is made of calls of
    tools, and needs no sandbox.

    Replies that hold no action are answered with what was wrong. `examples` of the function are shown as replies that
    give their values at once. The run ends with an error when `turns`, `patience` or a budget is used up, or when the
    same action gives the same for more than `repeats` times.

    >>> from llm_strategy import llm_function
    >>> from llm_strategy.testing import ScriptedModel
    >>> @llm_function(reasoning=CodeAct(sandbox="monty"))
    ... def digits(model, number: int) -> int:
    ...     '''The sum of the digits of the number.'''
    >>> digits(ScriptedModel(["```python\nfinish(sum(int(one) for one in str(number)))\n```"]), 2**64)
    88

    Source:
        Wang et al. 2024, Executable Code Actions Elicit Better LLM Agents (arXiv:2402.01030). Differences: a value of a
        declared type instead of a text; `finish` instead of a solution tag; other forms of actions in the same loop.

    Raises:
        DefinitionError: a field cannot be what it is.
    """

    tools: Annotated[Sequence[Any], ToolNames(), PlainSerializer(names_of)] = ()
    """What may be called: tools, functions with types and a docstring, or names of tools that are known already."""
    action_format: FormatName = "code"
    """How the model acts: `code`, `json` objects, lines of `text`, or `native` tool calls."""
    sandbox: Annotated[Any, SandboxName(), PlainSerializer(name_of)] = "auto"
    """Where code runs: a name, or a `Sandbox`; only asked for where the actions are code."""
    limits: Limits = field(default_factory=Limits)
    """What the code of an action may use up."""
    files: tuple[str, ...] = ()
    """Files that are copied into the sandbox's current folder, each under its name."""
    untrusted_files: bool = False
    """Whether they come from somebody who is not trusted: then what code prints, and the value, is not either."""
    keep_files: str = ""
    """Folder into which the files that the actions made are copied at the end; '' for none."""
    turns: int = 10
    """Replies that are paid for, at most."""
    patience: int = 3
    """Replies in a row without an action that end the run."""
    repeats: int = 3
    """How often the same action may give the same; from the second time on the model is told, one more ends the run."""
    tokens: int | None = None
    """Tokens that the run may cost, as `budget` counts them: requests of tools included."""
    dollars: float | None = None
    """US dollars that it may cost."""
    seconds: float | None = None
    """Seconds after which no request is sent; an action under way has `limits.seconds` to its end."""
    observation_characters: int = 3000
    """Characters of an observation that the model is shown."""
    argument_characters: int = 1000
    """Characters of an argument that the prompt shows, where code has the whole of it as a variable."""
    history_characters: int = 40_000
    """Characters of actions and observations in the conversation, beyond which old observations are shortened."""
    wording: Wording = field(default_factory=Wording)
    """The sentences of the prompt and of observations."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", as_tools(self.tools, "CodeAct"))
        object.__setattr__(self, "files", _files(self.files))
        if any(one.name == FINISH for one in self.tools):
            raise DefinitionError(f"CodeAct: a tool cannot be called {FINISH!r}: that gives the value. Rename it.")
        if self.action_format not in get_args(FormatName):
            known = ", ".join(map(repr, get_args(FormatName)))
            raise DefinitionError(f"CodeAct(action_format={self.action_format!r}): it may be {known}.")
        if not isinstance(cast("object", self.limits), Limits):
            raise DefinitionError(f"CodeAct(limits={self.limits!r}) are no limits. Use Limits(seconds=...).")
        if not isinstance(cast("object", self.wording), Wording):
            raise DefinitionError(f"CodeAct(wording={self.wording!r:.100}) is no wording. Use Wording(task=...).")
        for name, least in _NUMBERS.items():
            number: object = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < least:
                raise DefinitionError(f"CodeAct({name}={number!r}): a whole number is needed, {least} or more.")
        written_out(self.sandbox)
        self._budget()

    @property
    def offered(self) -> tuple[Tool[..., Any], ...]:
        """The tools."""
        return cast("tuple[Tool[..., Any], ...]", self.tools)

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the answer that the model reached by its actions; see `Reasoning`."""
        with self._budget():
            return (yield from Acting(self, question).run())

    def _budget(self) -> AbstractContextManager[object]:
        limits = {"tokens": self.tokens, "dollars": self.dollars, "seconds": self.seconds}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        if not given:
            return nullcontext()
        from llm_strategy.flow.budgets import budget  # most runs have none of their own

        try:
            return budget(**given)  # type: ignore[arg-type]
        except ConfigurationError as error:
            raise DefinitionError(f"CodeAct: {error}") from error


def _files(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, list | tuple):
        raise DefinitionError(f"CodeAct(files={given!r}): a list of paths is needed.")
    files = tuple(str(one) for one in cast("list[object]", given))
    names = [Path(one).name for one in files]
    if len(set(names)) < len(names) or not {"", ".."}.isdisjoint(names):
        raise DefinitionError(f"CodeAct(files={given!r}): each needs a name of its own in the sandbox.")
    return files
