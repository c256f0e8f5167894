"""Everything that shapes the calls of one function, as one frozen value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, TypeGuard, cast

from llm_strategy.chat import ChatChain, resolve
from llm_strategy.errors import DefinitionError, UnknownModelError
from llm_strategy.flow import Sampling
from llm_strategy.function.changeable_templates import ChangeableTemplates
from llm_strategy.function.trusted_words import check_words
from llm_strategy.prompt import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Method
    from llm_strategy.function.reasoning import Reasoning

__all__ = ["Example", "Options", "Settings", "Shaping", "changed"]

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


class Shaping(TypedDict, total=False):
    """What shapes the calls of a function, but for the model."""

    reasoning: Reasoning | None
    """How the question is answered; None asks once, and streams where that is asked for."""
    examples: Sequence[Example]
    """Calls with their values; checked against the signature when they are given."""
    method: Method | None
    """How the value is asked for; None takes the model's best method."""
    attempts: int
    """How many replies are paid for before the call fails."""
    instruction: str
    """Takes the place of the docstring."""
    parameters: Mapping[str, str]
    """Descriptions of parameters by name, in place of those in the code; an empty one is left out."""
    fields: Mapping[str, str]
    """Descriptions of what is returned, by `Class.field` or `Class`, in place of those in the code."""
    templates: Templates
    """The wording around the instruction."""
    temperature: float | None
    """0 for the most likely reply, above for variety; None leaves the model's own setting."""
    max_tokens: int | None
    """Upper limit of a reply, in tokens; None leaves the model's own setting."""
    seed: int | None
    """Makes a draw repeatable, where the model can."""


class Options(Shaping, total=False):
    """What `llm_function` and `using` accept."""

    model: ModelLike | None
    """The model of calls that name none."""
    cached: bool | None
    """Whether a cache may answer, where one is open; None leaves that to the cache. It shapes no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a function; see `Options` for what they mean."""

    model: ModelLike | None = None
    reasoning: Reasoning | None = None
    examples: tuple[Example, ...] = ()
    method: Method | None = None
    attempts: int = 3
    instruction: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    templates: Templates = field(default_factory=Templates)
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    cached: bool | None = None

    @property
    def sampling(self) -> Sampling:
        """How replies are drawn."""
        return Sampling(self.temperature, self.max_tokens, self.seed)


def changed(settings: Settings, options: Mapping[str, Any], where: str) -> Settings:
    """Return settings with some of them changed; descriptions that are not named stay as they are.

    Raises:
        DefinitionError: an option does not exist, or has an impossible value.
        UntrustedInputError: a text of an option came from somebody who is not trusted.
    """
    known = [one.name for one in dataclasses.fields(Settings)]
    for name in options:
        if name != "model":
            check_words(f"{where!r}: {name}=", options[name])
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise DefinitionError(
                f"{where!r}: unknown option {name!r}. {hint}Options are {', '.join(map(repr, known))}."
            )
    examples: Any = options.get("examples", settings.examples)
    if isinstance(examples, Example) or not isinstance(examples, Iterable):
        raise DefinitionError(f"{where!r}: examples={examples!r} is no list. Write [Example({{...}}, value)].")
    _check_model(options.get("model"), where)
    given: dict[str, Any] = {**options, "examples": tuple(cast("Iterable[Example]", examples))}
    for name in {"parameters", "fields"} & options.keys():
        given[name] = {**getattr(settings, name), **_texts(options[name], f"{where!r}: {name}=")}
    templates: Any = given.get("templates")
    if isinstance(templates, ChangeableTemplates):
        given["templates"] = templates.frozen()  # a scope may change its own at any time
    result = replace(settings, **given)
    for problem in _problems(result):
        raise DefinitionError(f"{where!r}: {problem}")
    return result


def _texts(texts: Any, where: str) -> Mapping[str, str]:
    if not isinstance(texts, Mapping) or not all(isinstance(one, str) for item in texts.items() for one in item):  # pyright: ignore[reportUnknownVariableType]
        raise DefinitionError(f"{where}{texts!r} is no mapping from names to texts. Write {{'name': 'what it is'}}.")
    return cast("Mapping[str, str]", texts)


def _check_model(model: Any, where: str) -> None:
    """Find what is no model where it is written; names are opened when they are needed."""
    if model is None or isinstance(model, str | ChatChain):
        return
    try:
        resolve(model)
    except UnknownModelError as error:
        raise DefinitionError(f"{where!r}: model={model!r}: {error}") from error


def _problems(settings: Settings) -> Iterator[str]:
    """Say what is wrong with values: they come from users, whom no type checker may have told."""
    yield from _wrong_numbers(settings)
    if settings.instruction is not None and not isinstance(settings.instruction, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        yield f"instruction={settings.instruction!r} is no text. Write what takes the place of the docstring."
    if settings.cached is not None and not isinstance(settings.cached, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        yield f"cached={settings.cached!r} is neither True nor False. Use None to leave it to the cache in force."
    if settings.method is not None and settings.method not in _METHODS:
        yield f"unknown method {settings.method!r}. Methods are {', '.join(map(repr, _METHODS))}."
    if settings.reasoning is not None and (isinstance(settings.reasoning, type) or not _solves(settings.reasoning)):
        yield (
            f"reasoning={settings.reasoning!r} is no method of reasoning (an object with a `solve`). "
            "Use an instance such as ChainOfThought()."
        )
    if not isinstance(settings.templates, Templates):  # pyright: ignore[reportUnnecessaryIsInstance]
        yield f"templates={settings.templates!r} is no Templates. Use Templates(task=...), say."
    for one in settings.examples:
        if not (isinstance(one, Example) and _is_mapping(one.inputs)):  # pyright: ignore[reportUnnecessaryIsInstance]
            yield f"{one!r} is no example of a call. Write Example({{'name of a parameter': ...}}, value)."


def _wrong_numbers(settings: Settings) -> Iterator[str]:
    for name in ("attempts", "max_tokens"):
        number: object = getattr(settings, name)
        if number is not None and not (_is_whole(number) and number >= 1):
            yield f"{name}={number!r} asks for no reply at all. Use a whole number from 1 on."
    warmth: object = settings.temperature
    if warmth is not None and not (_is_number(warmth) and 0 <= warmth < math.inf):
        yield f"temperature={warmth!r} is no temperature. Use a number from 0 on, or None for the model's own."
    if settings.seed is not None and not _is_whole(settings.seed):
        yield f"seed={settings.seed!r} is no seed. Use a whole number, or None for none."


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _solves(reasoning: object) -> bool:
    return callable(getattr(reasoning, "solve", None))
