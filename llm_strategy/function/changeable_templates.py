"""Templates as they stand in a scope: single texts can be changed there, and a scope may set some of them."""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from llm_strategy.errors import DefinitionError, HyperparameterError, UnknownHyperparameterError
from llm_strategy.function.trusted_words import check_words
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.hyperparameters.resolution import Layered
from llm_strategy.prompt import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TEMPLATE_NAMES", "ChangeableTemplates", "checked_templates"]

TEMPLATE_NAMES = tuple(one.name for one in fields(Templates))
"""The names of the texts."""


class ChangeableTemplates(Templates, Layered):
    """Templates whose texts can be assigned; an unknown name, or slot, is refused at once.

    >>> templates = ChangeableTemplates()
    >>> templates.retry = "Wrong: {problem}"
    >>> templates.frozen()
    Templates(..., retry='Wrong: {problem}', ...)
    >>> templates.retri = "Wrong."
    Traceback (most recent call last):
        ...
    llm_strategy.errors.UnknownHyperparameterError: There is no template 'retri'. Did you mean 'retry'? ...

    Raises:
        HyperparameterError: there is no such text, or it has a slot that it cannot have.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # it can change

    @classmethod
    def of(cls, templates: Templates) -> Self:
        """Return a copy that can be changed."""
        return cls(**asdict(templates))

    def frozen(self) -> Templates:
        """Return a copy that cannot."""
        return Templates(**asdict(self))

    @override
    def over(self, outer: Any, default: Any) -> Self:
        if outer == default:
            return self
        made = copy(self)
        for name in TEMPLATE_NAMES:
            if getattr(self, name) == getattr(default, name):
                object.__setattr__(made, name, getattr(outer, name))
        return made

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        checked_templates({name: value})
        object.__setattr__(self, name, value)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Templates):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in TEMPLATE_NAMES)


def checked_templates(texts: Mapping[str, Any]) -> dict[str, str]:
    """Return texts that templates may have, by name.

    Raises:
        HyperparameterError: there is no such text, or it has a slot that it cannot have.
    """
    for name, text in texts.items():
        if name not in TEMPLATE_NAMES:
            raise UnknownHyperparameterError(
                f"There is no template {name!r}. {near(name, TEMPLATE_NAMES)}Templates are "
                f"{', '.join(map(repr, TEMPLATE_NAMES))}."
            )
        check_words(f"Template {name!r}", text)
        if not isinstance(text, str):
            raise HyperparameterError(f"Template {name!r} is {text!r}, and no text.")
    try:
        Templates(**texts)
    except DefinitionError as error:
        raise HyperparameterError(str(error)) from error
    return dict(texts)
