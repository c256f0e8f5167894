"""Everything that shapes the calls of one function, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict

from llm_strategy.errors import DefinitionError
from llm_strategy.flow import Sampling
from llm_strategy.prompt import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Method
    from llm_strategy.function.reasoning import Reasoning

__all__ = ["Example", "Options", "Settings", "changed"]

_METHODS = ("json_schema", "tool", "json_object", "prompt", "grammar")


@dataclass(frozen=True, slots=True)
class Example:
    """A call with the value that it should give, shown to the model before the real inputs."""

    inputs: Mapping[str, Any]
    """Arguments by name."""
    value: Any
    """The value of the declared return type."""
    reasoning: str = ""
    """The steps that lead to the value, for methods of reasoning that ask for them."""


class Options(TypedDict, total=False):
    """What a decorator and `using` accept."""

    model: ModelLike
    """The model of calls that name none."""
    reasoning: Reasoning | None
    """How the question is answered; None asks once."""
    examples: Sequence[Example]
    """Calls with their values; checked against the signature when they are given."""
    method: Method | None
    """How the value is asked for; None takes the model's best method."""
    attempts: int
    """How many replies are paid for before the call fails."""
    instruction: str
    """Takes the place of the docstring."""
    templates: Templates
    """The wording around the instruction."""
    temperature: float | None
    """0 for the most likely reply, above for variety; None leaves the model's own setting."""
    max_tokens: int | None
    """Upper limit of a reply, in tokens; None leaves the model's own setting."""
    seed: int | None
    """Makes a draw repeatable, where the model can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a function; see `Options` for what they mean."""

    model: ModelLike | None = None
    reasoning: Reasoning | None = None
    examples: tuple[Example, ...] = ()
    method: Method | None = None
    attempts: int = 3
    instruction: str | None = None
    templates: Templates = field(default_factory=Templates)
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    @property
    def sampling(self) -> Sampling:
        """How replies are drawn."""
        return Sampling(self.temperature, self.max_tokens, self.seed)


def changed(settings: Settings, options: Mapping[str, Any], where: str) -> Settings:
    """Return settings with some of them changed.

    Raises:
        DefinitionError: an option does not exist, or has an impossible value.
    """
    known = [one.name for one in fields(Settings)]
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise DefinitionError(
                f"{where!r}: unknown option {name!r}. {hint}Options are {', '.join(map(repr, known))}."
            )
    result = replace(settings, **{**options, "examples": tuple(options.get("examples", settings.examples))})
    _check(result, where)
    return result


def _check(settings: Settings, where: str) -> None:
    if settings.attempts < 1:
        raise DefinitionError(f"{where!r}: attempts={settings.attempts!r} asks for no reply at all. Use 1 or more.")
    if settings.method is not None and settings.method not in _METHODS:
        raise DefinitionError(
            f"{where!r}: unknown method {settings.method!r}. Methods are {', '.join(map(repr, _METHODS))}."
        )
    if settings.reasoning is not None and not hasattr(settings.reasoning, "solve"):
        raise DefinitionError(
            f"{where!r}: reasoning={settings.reasoning!r} is no method of reasoning (it has no `solve`). "
            "Use an instance such as ChainOfThought()."
        )
