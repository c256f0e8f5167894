"""Actions as code: a block of Python in each reply."""

from __future__ import annotations

import json
import keyword
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import NoValueError
from llm_strategy.messages import Message, ToolCall
from llm_strategy.reasoning.code_act.actions import FINISH, Action
from llm_strategy.reasoning.code_act.code_reply import find_code
from llm_strategy.reasoning.code_act.formats import ActionFormat
from llm_strategy.reasoning.code_act.spoken import spoken
from llm_strategy.reasoning.code_act.stubs import stub
from llm_strategy.reasoning.code_act.variables import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import Reply
    from llm_strategy.reasoning.code_act.offer import Offer

__all__ = ["CodeFormat"]


class CodeFormat(ActionFormat):
    """A model writes code, which is run where it can do no harm.

    Source:
        Wang et al. 2024, Executable Code Actions Elicit Better LLM Agents (arXiv:2402.01030), section 2.
    """

    runs_code = True

    def instructions(self, offer: Offer[Any]) -> str:
        """Return what the prompt says about acting."""
        words, finish = offer.wording, self.finish(offer)
        if not offer.tools:
            return words.code.format(finish=finish, type=offer.type)
        functions = "\n".join(map(stub, offer.tools))
        told = words.functions.format(functions=f"```python\n{functions}\n```")
        return words.code_tools.format(functions=told, finish=finish, type=offer.type)

    def reminder(self, offer: Offer[Any]) -> str:
        """Return the same in a sentence."""
        return offer.wording.code_reminder.format(finish=self.finish(offer))

    def finish(self, offer: Offer[Any]) -> str:
        """Return how the value is given."""
        parts = ", ".join(f"{json.dumps(name)}: {_variable(name)}" for name in offer.fields)
        return f"{FINISH}({{{parts}}})" if parts else f"{FINISH}(value)"

    def onward(self, offer: Offer[Any]) -> str:
        """Return what stands under an observation."""
        return offer.wording.next_code.format(finish=self.finish(offer))

    def read(self, reply: Reply, offer: Offer[Any], before: Sequence[Message]) -> Action:
        """Return the code of a reply; a reply that is the value itself counts as a call of `finish`.

        Raises:
            ReplyError: there is no code.
        """
        del before
        text = spoken(reply)
        try:
            found = find_code(text)
        except NoValueError:
            if arguments := offer.bare(text):
                return Action(Message.assistant(text), calls=(ToolCall(FINISH, arguments),))
            raise
        words = offer.wording
        note = words.invented if found.invented else words.unclosed if found.unclosed else ""
        return Action(Message.assistant(found.kept), code=found.code, note=note)

    def written(self, data: Any, reasoning: str) -> Message:
        """Return the reply that gives a value."""
        code = f"```python\n{FINISH}({literal(data)})\n```"
        return Message.assistant(f"{reasoning}\n{code}" if reasoning else code)


def _variable(field: str) -> str:
    """Return what stands for the value of a field: a variable, since a value is what code has computed."""
    return field if field.isidentifier() and not keyword.iskeyword(field) else "..."
