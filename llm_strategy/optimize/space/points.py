"""Points: values of leaves as one pydantic model, for a model to write.

Each function is an attribute, with one for each of its hyperparameters; those with parts have attributes of their own.
All of them may be left out: what a point does not say stays as it is. Choices that are objects have short names.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from llm_strategy.hyperparameters import SearchSpace
from llm_strategy.optimize.space.fitting import label_of, labels_of
from llm_strategy.schema.annotations import union_of
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from llm_strategy.hyperparameters import ConfigModel, Hyperparameters
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["data_of_point", "made_point", "point_model"]

_GROUPS = {
    "parameters": "What each parameter is; an empty text is left out.",
    "fields": "What each field of the value is, and each class; an empty text is left out.",
    "templates": "The wording around all of it.",
}
_ABOUT = "Better hyperparameters. What is left out, or null, stays as it is."


class _Part(BaseModel):
    """Some hyperparameters."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        validate_assignment=True,
        protected_namespaces=(),
        ser_json_inf_nan="strings",
    )


def point_model(
    leaves: Sequence[Leaf], annotations: Mapping[str, Any], scope: Callable[[Any], Hyperparameters]
) -> type[SearchSpace]:
    """Return the model of points.

    Args:
        leaves: what a point is made of.
        annotations: the types of values, by path.
        scope: makes a scope of a point.
    """
    tree: dict[str, Any] = {}
    for leaf in leaves:
        inside = tree
        *steps, last = _steps(leaf, leaves)
        for step in steps:
            inside = inside.setdefault(step, {})
        inside[last] = (union_of((_hint(leaf, annotations[leaf.path]), None)), _field(leaf))

    def entries(point: Any) -> dict[str, ConfigModel]:
        return scope(point).__config_entries__()

    made: type[SearchSpace] = create_model(
        "SearchSpace", __base__=SearchSpace, __module__=__name__, __doc__=_ABOUT, **_definitions(tree, SearchSpace)
    )
    setattr(made, "__config_entries__", entries)  # noqa: B010 (pydantic would take it for a field in the namespace)
    return made


def _steps(leaf: Leaf, leaves: Sequence[Leaf]) -> tuple[str, ...]:
    """Return how a leaf is reached in a point; what is inside of a method of reasoning stands beside the choice."""
    names = _short_names({one.function for one in leaves})
    merged: list[str] = []
    for step in leaf.route:
        if step.startswith("="):
            merged[-1] = f"{merged[-1]}_{step[1:]}"
        else:
            merged.append(step)
    return (names[leaf.function], *merged)


def _short_names(functions: Iterable[str]) -> dict[str, str]:
    """Name functions by as many of their last words as tell them apart."""
    words = {name: [word for word in name.split(".") if word != "<locals>"] for name in functions}
    lengths = dict.fromkeys(words, 1)
    while True:
        short = {name: ".".join(words[name][-length:]) for name, length in lengths.items()}
        unclear = [name for name in words if list(short.values()).count(short[name]) > 1]
        longer = [name for name in unclear if lengths[name] < len(words[name])]
        if not longer:
            return short
        lengths.update({name: lengths[name] + 1 for name in longer})


def _definitions(tree: Mapping[str, Any], kind: type[BaseModel]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, part in tree.items():
        attribute = _attribute(name, kind, made)
        alias = None if attribute == name else name
        if is_object(part):
            model = create_model(
                "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name)) or "Part",
                __base__=_Part,
                __module__=__name__,
                __doc__="",
                **_definitions(part, _Part),
            )
            made[attribute] = (model | None, Field(default=None, alias=alias, description=_GROUPS.get(name)))
        else:
            hint, about = part
            made[attribute] = (hint, Field(default=None, alias=alias, **about))
    return made


def _attribute(name: str, kind: type[BaseModel], taken: Mapping[str, Any]) -> str:
    """Return a name that an attribute can have."""
    made = re.sub(r"\W", "_", name).lstrip("_") or "part"
    if made[0].isdigit() or keyword.iskeyword(made) or hasattr(kind, made):
        made = f"the_{made}"
    while made in taken:
        made += "_2"
    return made


def _hint(leaf: Leaf, annotation: Any) -> Any:
    if leaf.choices:
        return Literal[labels_of(leaf)]
    plain: dict[str, Any] = {"text": str, "boolean": bool, "number": float, "integer": int}
    if leaf.kind not in plain:
        return annotation
    if leaf.low is None and leaf.high is None:
        return plain[leaf.kind]
    return Annotated[plain[leaf.kind], Field(ge=leaf.low, le=leaf.high)]


def _field(leaf: Leaf) -> dict[str, Any]:
    """Describe a leaf. Where the search began is shown as the default, but for texts: models are shown them anyway."""
    value = label_of(leaf, leaf.default) if leaf.choices else leaf.default
    shown = {"json_schema_extra": {"default": value}} if leaf.choices or isinstance(value, bool | int | float) else {}
    about = leaf.description
    if leaf.kind == "examples" and leaf.high is not None:
        about = f"At most {leaf.high:g}. {about}"
    return {"description": about or None, **shown}


def made_point(kind: type[SearchSpace], leaves: Sequence[Leaf], values: Mapping[str, Any]) -> SearchSpace:
    """Return values as a point; values that are null are left out."""
    data: dict[str, Any] = {}
    for leaf in leaves:
        value = values[leaf.path]
        if leaf.choices:
            value = label_of(leaf, value)
        if value is None:
            continue
        inside = data
        *steps, last = _steps(leaf, leaves)
        for step in steps:
            inside = inside.setdefault(step, {})
        inside[last] = value
    return kind.model_validate_json(TypeAdapter(dict[str, Any]).dump_json(data))


def data_of_point(point: SearchSpace, leaves: Sequence[Leaf]) -> dict[str, Any]:
    """Return the values that a point sets, as JSON data by path."""
    found: dict[str, Any] = {}
    data = point.model_dump(mode="json", by_alias=True, exclude_none=True)
    for leaf in leaves:
        value: Any = data
        for step in _steps(leaf, leaves):
            value = value.get(step) if is_object(value) else None
        if value is None:
            continue
        if leaf.choices:
            value = leaf.choices[labels_of(leaf).index(value)]
        found[leaf.path] = value
    return found
