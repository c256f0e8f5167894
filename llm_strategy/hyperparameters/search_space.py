"""The hyperparameters of several functions as one pydantic model: what an optimizer searches, or a model proposes."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.config_model import ConfigModel, config_model
from llm_strategy.hyperparameters.reading import alike, entry_from, tracked_of

if TYPE_CHECKING:
    from functools import cached_property

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


def search_space(*functions: Tracked | property | cached_property[Any]) -> type[SearchSpace]:
    """Return one model of the hyperparameters of functions, with their descriptions and bounds.

    Hyperparameters of a type that has no JSON schema (a callable, say) are left out: nobody could write a value.

    Raises:
        HyperparameterError: there are no functions, or something is no tracked function.
    """
    if not functions:
        raise HyperparameterError("A search space needs one tracked function at least.")
    kinds: dict[str, type[ConfigModel]] = {}
    for one in map(tracked_of, functions):
        if not alike(kinds.setdefault(one.config_name, one.config_model_type), one.config_model_type):
            raise HyperparameterError(f"Two functions are called {one.config_name!r}. Rename one of them.")
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
    parts = {name: [part for part in re.split(r"\W+", name) if part and part != "locals"] for name in names}
    lengths = dict.fromkeys(names, 1)
    while True:
        short = {name: "_".join(parts[name][-lengths[name] :]).strip("_") for name in names}
        often = Counter(short.values())
        unclear = [name for name in sorted(names) if often[short[name]] > 1 or not _free(short[name])]
        longer = [name for name in unclear if lengths[name] < len(parts[name])]
        if not longer:
            return {**short, **{name: f"function_{number}" for number, name in enumerate(unclear, start=1)}}
        lengths.update({name: lengths[name] + 1 for name in longer})


def _free(name: str) -> bool:
    return bool(name) and not hasattr(SearchSpace, name)


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
