"""The hyperparameters of an LLM function: everything that shapes its prompts and requests, as one pydantic model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field, create_model, model_validator
from typing_extensions import override

from llm_strategy.flow import Method
from llm_strategy.function.changeable_templates import ChangeableTemplates
from llm_strategy.function.differing import differing
from llm_strategy.function.example_forms import ExamplesForm
from llm_strategy.function.named_texts import KnownNames, NamedTexts, mapping_or_none
from llm_strategy.function.reasoning_forms import ReasoningForm
from llm_strategy.function.settings import Example, Settings
from llm_strategy.function.shapes import descriptions_of
from llm_strategy.function.template_forms import TemplatesForm
from llm_strategy.function.trusted_words import check_words
from llm_strategy.hyperparameters.config_model import ConfigModel
from llm_strategy.hyperparameters.registry import config_name_of
from llm_strategy.prompt import Templates
from llm_strategy.schema import fence_of, output_schema, substitute
from llm_strategy.schema.annotations import union_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.function.definition import Definition

__all__ = ["Configuration", "FunctionHyperparameters"]

_TEXTS = ("parameters", "fields")
_ABOUT = {
    "instruction": "What the function is to do: the docstring.",
    "parameters": "What each parameter is, by name; an empty text is left out.",
    "fields": "What each field of the value is, by class and field, and each class; an empty text is left out.",
    "examples": "Calls with the values that they should give, shown before the real inputs.",
    "templates": "The wording around the instruction, and that of what a model is told about a wrong reply.",
    "attempts": "How many replies are paid for before a call fails.",
    "method": "How the value is asked for; null takes the model's best method.",
    "reasoning": "How a question is answered; null asks once.",
    "temperature": "0 for the most likely reply, above for variety; null leaves the model's own setting.",
    "max_tokens": "Upper limit of a reply, in tokens; null leaves the model's own setting.",
    "seed": "Makes a draw repeatable, where the model can; null for none.",
}

_SHARED_KINDS: dict[str, Any] = {
    "templates": Annotated[Templates, TemplatesForm()],
    "attempts": Annotated[int, Field(ge=1)],
    "method": Method | None,
    "reasoning": union_of((Annotated[Any, ReasoningForm()], None)),
    "temperature": union_of((Annotated[float, Field(ge=0, allow_inf_nan=False)], None)),
    "max_tokens": union_of((Annotated[int, Field(ge=1)], None)),
    "seed": int | None,
}
"""The very same for all functions: scopes compare the types of two variants of a function."""


class FunctionHyperparameters(ConfigModel):
    """The hyperparameters of one LLM function; the type of each function's is made by `Configuration`.

    Where only some of the descriptions or templates are given, the others stay as they are.
    """

    @model_validator(mode="before")
    @classmethod
    def _check_words(cls, data: Any) -> Any:
        for name, value in (mapping_or_none(data) or {}).items():
            check_words(f"{cls.__config_name__!r}: {name}", value)
        return data

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        values = vars(self)
        for name in self.__pydantic_fields_set__ & {*_TEXTS, "templates"}:
            values[name] = _filled(type(self).model_fields[name].default, values[name])

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        check_words(f"{type(self).__config_name__!r}: {name}", value)
        some = mapping_or_none(value)
        if some is not None and name in _TEXTS:
            value = {**self.__dict__[name], **some}
        elif some is not None and name == "templates":
            value = {**asdict(self.__dict__[name]), **some}
        super().__setattr__(name, value)


def _filled(default: Any, value: Any) -> Any:
    if isinstance(default, Templates):
        return value if isinstance(value, Templates) else replace(default, **value)
    made: NamedTexts = default.copy()
    made.update(value)
    return made


@dataclass(frozen=True, eq=False)
class Configuration:
    """The hyperparameters that a function has under some settings; worked out when they are first asked for."""

    definition: Definition
    """The stub."""
    settings: Settings
    """What shapes its calls where no scope says otherwise."""
    explicit: bool
    """Whether the one input is a model whose fields are the inputs."""

    @property
    def config_name(self) -> str:
        """The name in scopes and in JSON: `module.qualname`."""
        return config_name_of(self.definition.function)

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What calls use where no scope says otherwise, by the names of the hyperparameters."""
        own = self.settings
        return {
            "instruction": self.definition.instruction if own.instruction is None else own.instruction,
            "parameters": NamedTexts(self._parameters, {**self._said_of_parameters, **own.parameters}),
            "fields": NamedTexts(self._fields, {**self._said_of_fields, **own.fields}),
            "examples": self._examples.of(own.examples),
            "templates": ChangeableTemplates.of(own.templates),
            "attempts": own.attempts,
            "method": own.method,
            "reasoning": own.reasoning,
            "temperature": own.temperature,
            "max_tokens": own.max_tokens,
            "seed": own.seed,
        }

    @cached_property
    def differing(self) -> str:
        """What of the values is not as it is without options and scopes, as JSON; '' where nothing is."""
        plain = Configuration(self.definition, Settings(), self.explicit)
        return differing(self.values, plain.values, self._examples)

    @property
    def config_model_type(self) -> type[ConfigModel]:
        """The model of the hyperparameters; its defaults are what calls use where no scope says otherwise."""
        return self._model_type

    @cached_property
    def _model_type(self) -> type[FunctionHyperparameters]:
        kinds = self._kinds()
        fields = {name: (kinds[name], Field(value, description=_ABOUT[name])) for name, value in self.values.items()}
        words = self.definition.function.__name__.strip("_<>").split("_")
        made = create_model(
            "".join(word[:1].upper() + word[1:] for word in words) + "Hyperparameters",
            __base__=FunctionHyperparameters,
            __module__=self.definition.function.__module__,
            __doc__=f"Hyperparameters of {self.config_name}.",
            **cast("dict[str, Any]", fields),
        )
        made.__config_name__ = self.config_name
        return made

    def _kinds(self) -> dict[str, Any]:
        return {
            "instruction": str,
            "parameters": Annotated[NamedTexts, self._parameters],
            "fields": Annotated[NamedTexts, self._fields],
            "examples": Annotated[tuple[Example, ...], self._examples],
            **_SHARED_KINDS,
        }

    @cached_property
    def _examples(self) -> ExamplesForm:
        return ExamplesForm(self.definition)

    @cached_property
    def _parameters(self) -> KnownNames:
        owner = (self.definition.owner,) if self.definition.owner else ()
        return KnownNames(self.config_name, "parameter", tuple(self._said_of_parameters), owner)

    @cached_property
    def _fields(self) -> KnownNames:
        depends = bool(self.definition.variables)
        return KnownNames(self.config_name, "field", tuple(self._said_of_fields), anything=depends)

    @cached_property
    def _said_of_parameters(self) -> Mapping[str, str]:
        """What the code says of each parameter."""
        return descriptions_of(self.definition, explicit=self.explicit)

    @cached_property
    def _said_of_fields(self) -> Mapping[str, str]:
        """What the code says of each class and field, as far as no call has to tell which they are."""
        anything = dict.fromkeys(self.definition.variables, Any)
        wanted = substitute(self.definition.asked_type, anything)
        if fence_of(wanted) is not None:  # asked for as text, without a schema
            return {}
        return output_schema(wanted, where=f"return type of {self.config_name!r}").descriptions
