"""The hyperparameters of several functions as one pydantic model: what an optimizer searches, or a model proposes."""

from __future__ import annotations

import re
import warnings
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.config_model import ConfigModel, config_model
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.hyperparameters.reading import entry_from
from llm_strategy.hyperparameters.registry import Tracked

__all__ = ["SearchSpace", "search_space"]


class SearchSpace(BaseModel):
    """A point of a search space; its JSON has the keys of a scope's. `Hyperparameters(point)` makes a scope of it."""

    model_config = ConfigDict(
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        validate_assignment=True,
        protected_namespaces=(),
        ser_json_inf_nan="strings",
    )

    __config_types__: ClassVar[dict[str, tuple[str, type[ConfigModel]]]] = {}

    def __config_entries__(self) -> dict[str, ConfigModel]:
        found: dict[str, ConfigModel] = {}
        for field, (name, kind) in self.__config_types__.items():
            part: ConfigModel = getattr(self, field)
            values = {one: vars(part)[one] for one in part.model_fields_set}
            found[name] = entry_from(name, kind(**values)).__deepcopy__()
        return found


def search_space(*functions: Tracked) -> type[SearchSpace]:
    """Return one model of the hyperparameters of functions, with their descriptions and bounds.

    Hyperparameters of a type that has no JSON schema (a callable, say) are left out: nobody could write a value.

    Raises:
        HyperparameterError: there are no functions, or something is no tracked function.
    """
    if not functions:
        raise HyperparameterError("A search space needs one tracked function at least.")
    for one in functions:
        if not isinstance(one, Tracked):  # pyright: ignore[reportUnnecessaryIsInstance]  # users have no type checker
            raise HyperparameterError(f"{shown(one)} is no tracked function. Decorate it with @track_hyperparameters.")
    kinds = {one.config_name: one.config_model_type for one in functions}
    fields = _field_names(list(kinds))
    definitions: dict[str, Any] = {}
    for name, kind in kinds.items():
        part = _writable(kind)
        definitions[fields[name]] = (part, Field(default_factory=part, alias=name))
    made = create_model(
        "SearchSpace", __base__=SearchSpace, __module__=__name__, __doc__="Values of hyperparameters.", **definitions
    )
    made.__config_types__ = {fields[name]: (name, kind) for name, kind in kinds.items()}
    return made


def _field_names(names: list[str]) -> dict[str, str]:
    """Short names for attributes: the name of the function, with as much of what is before it as tells it apart."""
    found: dict[str, str] = {}
    for name in names:
        parts = [part for part in re.split(r"\W+", name) if part and part != "locals"]
        for length in range(1, len(parts) + 1):
            short = "_".join(parts[-length:]).strip("_")
            if short and short not in found.values() and not hasattr(SearchSpace, short):
                break
        else:
            short = f"function_{len(found) + 1}"
        found[name] = short
    return found


def _writable(kind: type[ConfigModel]) -> type[ConfigModel]:
    fields = kind.model_fields
    kept = {name: (info.annotation, info) for name, info in fields.items() if _has_schema(kind, name)}
    return kind if len(kept) == len(fields) else config_model(kind.__config_name__, kept, module=kind.__module__)


def _has_schema(kind: type[ConfigModel], name: str) -> bool:
    info = kind.model_fields[name]
    try:
        alone = config_model(kind.__config_name__, {name: (info.annotation, info)})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a default without a JSON form is left out of the schema
            TypeAdapter(alone).json_schema()
    except PydanticUserError:
        return False
    return True
