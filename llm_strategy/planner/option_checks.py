"""Looking at what a call was given: an option that is none, or of a wrong type, is told by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import ConfigurationError, InputError
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.domains import Domain
from llm_strategy.planner.options import GenerateOptions
from llm_strategy.planner.parts import Parts
from llm_strategy.planner.program import Program
from llm_strategy.planner.settings import PlannerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_call"]

_KNOWN: Final = frozenset(GenerateOptions.__annotations__)
_SWITCH: Final = ((bool,), "True or False")
_HOOK: Final = ((Callable, type(None)), "a function")
_WANTED: Final[Mapping[str, tuple[Sequence[object], str]]] = {
    "workspace": ((str, PathLike, type(None)), "the path of a folder"),
    "settings": ((PlannerSettings, Mapping, type(None)), "a PlannerSettings, or a mapping of some of its fields"),
    "budget": ((PlannerBudget, str, type(None)), "a PlannerBudget, or a text such as 'tokens=20000,seconds=600'"),
    "program": ((Program, str, PathLike, type(None)), "a Program, or the path of its file"),
    "parts": ((Parts, type(None)), "a Parts"),
    **dict.fromkeys(("run_tests", "resume", "extend", "git", "trace"), _SWITCH),
    **dict.fromkeys(("ask", "confirm", "watch"), _HOOK),
}
"""What options have to be; those that are not here are looked at where they are used."""


def check_call(domain: object, task: object, options: Mapping[str, object]) -> None:
    """See that a domain, a task and options are of their types.

    >>> check_call("code", "A game.", {})
    Traceback (most recent call last):
    ...
    llm_strategy.errors.ConfigurationError: The domain is 'code', and has to be a Domain, or the name of a known one.

    Raises:
        InputError: the task is no text.
        ConfigurationError: the domain is none; an option does not exist, or is of a wrong type.
    """
    if not isinstance(domain, Domain):
        raise ConfigurationError(f"The domain is {shown(domain)}, and has to be a Domain, or the name of a known one.")
    if not isinstance(task, str):
        raise InputError(f"The task is {shown(task)}, and has to be a text. Say in a sentence what is to be built.")
    for name, value in sorted(options.items()):
        if name not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            raise ConfigurationError(f"There is no option {name!r}. {near(name, _KNOWN)}Known are {known}.")
        types, wanted = _WANTED.get(name, ((object,), ""))
        if not isinstance(value, tuple(types)):  # type: ignore[arg-type]  # Callable is one as well
            raise ConfigurationError(f"The option {name!r} is {shown(value)}, and has to be {wanted}.")
