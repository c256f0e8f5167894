"""Templates as data: all texts by name, or some of them, which leave the others as they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from pydantic_core import core_schema

from llm_strategy.errors import HyperparameterError
from llm_strategy.function.changeable_templates import TEMPLATE_NAMES, ChangeableTemplates, checked_templates
from llm_strategy.function.named_texts import mapping_or_none
from llm_strategy.prompt import Templates, slots_of

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["TemplatesForm"]


@dataclass(frozen=True, slots=True)
class TemplatesForm:
    """Marks an annotation for pydantic: templates, which travel as an object of texts."""

    def read(self, data: Any) -> ChangeableTemplates | dict[str, str]:
        """Return templates; of an object with some of the texts, these alone.

        Raises:
            HyperparameterError: there is no such text, or it has a slot that it cannot have.
        """
        if isinstance(data, Templates):
            return ChangeableTemplates.of(data)
        given = mapping_or_none(data)
        if given is None:
            raise HyperparameterError(f"{data!r} is no Templates. Use Templates(task=...), or an object of texts.")
        texts = checked_templates(given)
        return ChangeableTemplates(**texts) if len(texts) == len(TEMPLATE_NAMES) else texts

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        texts = {
            name: core_schema.typed_dict_field(handler.generate_schema(_described(name)), required=True)
            for name in TEMPLATE_NAMES
        }
        return core_schema.no_info_plain_validator_function(
            self.read,
            json_schema_input_schema=core_schema.typed_dict_schema(texts, extra_behavior="forbid"),
            serialization=core_schema.plain_serializer_function_ser_schema(asdict, when_used="json"),
        )


def _described(name: str) -> Any:
    slots = ", ".join(f"{{{slot}}}" for slot in slots_of(name))
    return Annotated[str, Field(description=f"May hold {slots}." if slots else "Holds no braces.")]
