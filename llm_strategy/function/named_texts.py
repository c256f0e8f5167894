"""Descriptions by name, of which only the known names may be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from pydantic_core import core_schema
from typing_extensions import override

from llm_strategy.errors import HyperparameterError, UnknownHyperparameterError
from llm_strategy.function.trusted_words import check_words
from llm_strategy.hyperparameters.mistakes import near
from llm_strategy.hyperparameters.resolution import Layered

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["KnownNames", "NamedTexts", "mapping_or_none"]


def mapping_or_none(data: Any) -> Mapping[str, Any] | None:
    """Return data that are a mapping as one; None for anything else."""
    return cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else None


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Which names there are; marks an annotation for pydantic, which then reads a mapping as `NamedTexts`."""

    where: str
    """The function, for errors."""
    kind: str
    """What the names stand for: parameters, or fields."""
    names: tuple[str, ...]
    """The names that are always there."""
    more: tuple[str, ...] = ()
    """Names that may be set as well."""
    anything: bool = False
    """Whether other names may be set: those of classes that depend on the call."""

    def checked(self, name: object, text: object) -> str:
        """Return a text that may be set.

        Raises:
            HyperparameterError: there is no such name, or the text is none.
        """
        known = (*self.names, *self.more)
        if not isinstance(name, str) or not (name in known or self.anything):
            hint = near(str(name), known)
            has = f"It has {', '.join(map(repr, known))}." if known else "It has none."
            raise UnknownHyperparameterError(f"{self.where!r} has no {self.kind} {name!r} to describe. {hint}{has}")
        check_words(f"{self.where!r}: the description of {name!r}", text)
        if not isinstance(text, str):
            raise HyperparameterError(f"{self.where!r}: the description of {name!r} is {text!r}, and no text.")
        return text

    def read(self, data: Any) -> NamedTexts:
        """Return texts by name. Raises HyperparameterError."""
        texts = mapping_or_none(data)
        if texts is None:
            raise HyperparameterError(f"{data!r} is no mapping from names to descriptions.")
        return NamedTexts(self, texts)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        text = core_schema.typed_dict_field(core_schema.str_schema(), required=True)
        return core_schema.no_info_plain_validator_function(
            self.read,
            json_schema_input_schema=core_schema.typed_dict_schema(
                dict.fromkeys(self.names, text), extra_behavior="forbid"
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(dict, when_used="json"),
        )


class NamedTexts(dict[str, str], Layered):
    """A dict that takes known names only; a text that is deleted is empty from then on.

    >>> texts = NamedTexts(KnownNames("shop.find", "parameter", ("query",)), {"query": "What to look for."})
    >>> texts["qery"] = "Words."
    Traceback (most recent call last):
        ...
    llm_strategy.errors.UnknownHyperparameterError: 'shop.find' has no parameter 'qery' to describe. Did you mean ...

    Raises:
        HyperparameterError: there is no such name, or the text is none.
    """

    def __init__(self, known: KnownNames, texts: Mapping[str, str]) -> None:
        self._known = known
        super().__init__({name: known.checked(name, text) for name, text in texts.items()})

    @override
    def __setitem__(self, name: str, text: str) -> None:
        super().__setitem__(name, self._known.checked(name, text))

    @override
    def __delitem__(self, name: str) -> None:
        if name in self and name in self._known.names:
            super().__setitem__(name, "")  # as a prompt sees it: without its own words, code would speak for itself
        else:
            super().__delitem__(name)

    @override
    def pop(self, name: str, *default: Any) -> Any:
        if name not in self:
            return super().pop(name, *default)
        text = self[name]
        del self[name]
        return text

    @override
    def clear(self) -> None:
        for name in list(self):
            del self[name]

    @override
    def update(self, *args: Any, **named: Any) -> None:
        for name, text in dict(*args, **named).items():
            self[name] = text

    @override
    def setdefault(self, name: str, default: str = "", /) -> str:
        if name not in self:
            self[name] = default
        return self[name]

    @override
    def __ior__(self, other: Any, /) -> Self:  # type: ignore[override]  # what dict has, checked
        self.update(other)
        return self

    @override
    def copy(self) -> NamedTexts:
        return NamedTexts(self._known, self)

    __copy__ = copy

    @override
    def over(self, outer: Any, default: Any) -> NamedTexts:
        if outer == default:
            return self
        names = dict.fromkeys((*default, *outer, *self))
        seen = {name: (outer if self.get(name) == default.get(name) else self).get(name) for name in names}
        return NamedTexts(self._known, {name: text for name, text in seen.items() if text is not None})

    @override
    def __reduce__(self) -> Any:
        return NamedTexts, (self._known, dict(self))
