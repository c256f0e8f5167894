"""The wording of a run of actions: every sentence that the method adds, as one frozen value.

Like the `Templates` of a prompt these are hyperparameters: an optimizer, or a user, may change any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Formatter

from llm_strategy.errors import DefinitionError

__all__ = ["Wording"]

_SLOTS = {
    "task": {"signature", "instruction"},
    "code": {"finish", "type"},
    "code_tools": {"functions", "finish", "type"},
    "json": {"functions", "finish", "type"},
    "text": {"functions", "finish", "type"},
    "native": {"functions", "finish", "type"},
    "functions": {"functions"},
    "tools": {"functions"},
    "variables": {"variables"},
    "begin_code": set[str](),
    "begin_code_tools": set[str](),
    "begin": set[str](),
    "anew": set[str](),
    "observation": {"observation"},
    "silent": set[str](),
    "misstep": {"problem", "reminder"},
    "code_reminder": {"finish"},
    "json_reminder": {"finish"},
    "text_reminder": {"finish"},
    "native_reminder": {"finish"},
    "next_code": {"finish"},
    "next_call": {"finish"},
    "failed": set[str](),
    "meant": {"name"},
    "unfit": {"problem"},
    "repeated": {"times"},
    "last": {"finish"},
    "invented": set[str](),
    "early": set[str](),
    "unclosed": set[str](),
    "cut": {"count", "total"},
    "forgotten": {"count", "total"},
    "lost": set[str](),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts around actions and observations.

    >>> Wording(observation="You see: {observation}").observation
    'You see: {observation}'

    Raises:
        DefinitionError: a text has a slot that it cannot have.
    """

    task: str = "Task: {instruction}"
    """Says what is to be done, in the turn of the caller. Slots: `signature` of the function, `instruction`."""
    code: str = (
        "You solve tasks with Python code.\n\n"
        "You do this step by step with Python code, which is run for you. In each reply write one block of code and "
        "nothing else:\n```python\nprint(...)\n```\n"
        "You are then shown what it printed, or its error, and write the next block. Variables and imports stay from "
        "block to block. Write plain statements, without a function around them. Load, compute and print: you know "
        "nothing that no code has printed.\n"
        "Compute each part of the result as a variable, and print it. When you have seen that it is right, the last "
        "block gives it:\n```python\n{finish}\n```\n"
        "Its type:\n{type}"
    )
    """How to act by code where there are no tools. Slots: `finish` (how it is called), `type` of the value."""
    code_tools: str = (
        "You solve a task by writing Python code, which is run for you.\n\n"
        "Reply with one block of code, and nothing behind it. Where one block can do the whole task, let it end by "
        "giving the result to finish:\n```python\n...\n{finish}\n```\n"
        "Where you have to see something first, print it, and end the block there: you are shown what was printed, or "
        "the error, and write the next block then. Variables and imports stay from block to block. Write plain "
        "statements, without a function around them. You know nothing that no code has given you.{functions}\n\n"
        "Two examples, with functions that are not there:\n"
        "Task: How many dozens of moons do Mars and Saturn have together?\n"
        "```python\nmoons = count_moons('Mars') + count_moons('Saturn')\nfinish(moons / 12)\n```\n"
        "Task: Who wrote the letter?\n"
        "```python\nprint(read_letter())\n```\nObservation:\nDear Bo, all is well. Yours, Ann\n"
        "```python\nfinish('Ann')\n```\n\n"
        "The value that finish takes has this type:\n{type}"
    )
    """How to act by code where there are tools. Slots: `functions`, `finish`, `type`."""
    json: str = (
        "You solve a task by calling tools, step by step. Each reply is one JSON object, one call, and nothing else:\n"
        '{{"tool": name, "arguments": {{...}}}}\n'
        "It is called at once, and you are shown what it gave; only then you write the next call. You know nothing "
        "that you were not told or shown.{functions}\n\n"
        "When you know the result of the task, give it: {finish}\n"
        "The value has this type:\n{type}"
    )
    """How to act by JSON. Slots: `functions`, `finish`, `type`."""
    text: str = (
        "You solve a task by calling tools, step by step. Reply with one line of this form, and stop:\n"
        "Action: name(parameter=value)\n"
        "Values are written as in Python: 'text', 1, 2.5, True, None, [1, 2], {{'key': 'text'}}. The tool is called at "
        "once, and you are shown what it gave; then you reply with the next one. You know nothing that you were not "
        "told or shown.{functions}\n\n"
        "An example, with a tool that is not there:\n"
        "Task: Does Mars have more than ten moons?\n"
        "Action: count_moons(planet='Mars')\n"
        "Observation:\n2\n"
        "Final Answer: False\n\n"
        "When you know the result of the task, reply with a line of this form: {finish}\n"
        "The value has this type:\n{type}"
    )
    """How to act by lines of text. Slots: `functions`, `finish`, `type`."""
    native: str = (
        "You work step by step by calling tools; you are shown what each call gave. When you know the return value, "
        "give it by calling the tool `finish`."
    )
    """How to act by the tool calls of the model's own interface. Slots: `functions`, `finish`, `type`."""
    functions: str = "\nThese functions are there. Call them; do not import or define them:\n{functions}"
    """Introduces the tools, where there are any and the action is code. Slot: `functions`."""
    tools: str = "\nThese tools are there:\n{functions}"
    """Introduces the tools, where there are any and it is none. Slot: `functions`."""
    variables: str = "These variables are set:\n{variables}"
    """Introduces the arguments of the call, where the action is code. Slot: `variables`."""
    begin_code: str = "Write the first block: compute the result, and print it."
    """Ends the turn of the caller, where the action is code and there are no tools."""
    begin_code_tools: str = (
        "Write the first block: do the task with the functions that are there, and give its result by finish(...)."
    )
    """Ends the turn of the caller, where it is code and there are some."""
    begin: str = "Begin."
    """Ends the turn of the caller, where it is none."""
    anew: str = "(The interpreter is a new one: what earlier blocks have made is not there.)"
    """Stands in the turn of the caller where it goes on with a conversation, and the action is code."""
    observation: str = "Observation:\n{observation}"
    """The turn that shows what an action gave. Slot: `observation`."""
    silent: str = "(It ran, and printed nothing. Go on, and print what you need to see.)"
    """What is shown of code that gave nothing to look at."""
    misstep: str = "{problem}\n{reminder}"
    """Shows a model that its reply held no action. Slots: `problem`, `reminder` (one of those below)."""
    code_reminder: str = "Reply with one ```python block; call {finish} in it when you know the return value."
    """How to act, in a sentence. Slot: `finish`."""
    json_reminder: str = 'Reply with one JSON object: {{"tool": ..., "arguments": {{...}}}}, or {finish}'
    """How to act, in a sentence. Slot: `finish`."""
    text_reminder: str = "Reply with one line `Action: name(parameter=value)`, or `{finish}`."
    """How to act, in a sentence. Slot: `finish`."""
    native_reminder: str = "Call a tool, or the tool `finish` when you know the return value."
    """How to act, in a sentence. Slot: `finish`."""
    next_code: str = "Write the next block. If you know the result of the task now, it is finish(...) with the result."
    """Stands under an observation of code. Slot: `finish`."""
    next_call: str = "If you know the result of the task now, give it: {finish}\nElse take the next step of the task."
    """Stands under an observation of calls that are written as text or JSON. Slot: `finish`."""
    failed: str = (
        "The block ended at this error. Correct it, and write the whole block again. Where you do not know what a "
        "value holds, print the value first."
    )
    """Stands under an observation of code that raised, in place of `next_code`."""
    meant: str = "(Did you mean {name}?)"
    """Stands under the error of a name that is not there. Slot: `name`, one that is close to it."""
    unfit: str = "finish: this is not the return value that was asked for. {problem}"
    """What is raised in the code where a value does not fit. Slot: `problem`."""
    repeated: str = (
        "You have done the same {times} times now, and it gave the same each time. Do something else: look at the "
        "observations again, try another way, or finish with what you know."
    )
    """Stands under an observation that came too often. Slot: `times`."""
    last: str = "This was the last step but one: in your next reply, give the return value with {finish}"
    """Stands under the observation before the last turn. Slot: `finish`."""
    invented: str = (
        "(What stood behind your action was not read: only an observation tells what an action gives. Write one "
        "action, and stop.)"
    )
    """Stands above an observation where the model had made one up."""
    early: str = (
        "(The call of finish behind your calls was not read: you had not seen yet what they give. Look at it, then "
        "finish.)"
    )
    """Stands above an observation where the model finished in the same reply as it called tools, behind them."""
    unclosed: str = "(Your last block has no end and is no whole code: it was not run. The blocks before it were.)"
    """Stands above an observation where the last of several blocks breaks off."""
    cut: str = "\n[... {count} of {total} characters are left out here ...]\n"
    """Stands for the middle of a long observation. Slots: `count`, `total`."""
    forgotten: str = "[... {count} characters left out ...]"
    """Stands for the middle of an old observation, where the conversation has grown too long. Slots as in `cut`."""
    lost: str = (
        "(The interpreter had to be started anew: the variables, imports and files of earlier steps may be gone, or "
        "other than they were. The arguments are there.)"
    )
    """Stands above an observation where the names of earlier actions could not be kept."""

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name))


def _check(name: str, text: str) -> None:
    allowed = _SLOTS[name]
    try:
        unknown = sorted({slot for _, slot, _, _ in Formatter().parse(text) if slot is not None} - allowed)
        if not unknown:
            text.format(**dict.fromkeys(allowed, ""))
    except (ValueError, LookupError, AttributeError) as error:
        raise DefinitionError(
            f"Wording({name}=...) is no valid format string ({error}). Write literal braces as {{{{ and }}}}."
        ) from error
    if unknown:
        raise DefinitionError(
            f"Wording({name}=...) has the unknown slot {unknown[0]!r}. Slots it may use: "
            f"{', '.join(f'{{{slot}}}' for slot in sorted(allowed)) or 'none'}. Write literal braces as {{{{ and }}}}."
        )
