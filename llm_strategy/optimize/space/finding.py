"""The leaves that the hyperparameters of a function have: their parts, down to single texts, numbers and choices."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from llm_strategy.function.configuration import FunctionHyperparameters
from llm_strategy.function.reasoning import Reasoning
from llm_strategy.function.reasoning_forms import read_reasoning, reasoning_data
from llm_strategy.optimize.space.annotations import meaning_of
from llm_strategy.optimize.space.fitting import alike
from llm_strategy.optimize.space.leaf import Leaf
from llm_strategy.optimize.space.routes import condition, path_of, taken
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import DataclassInstance

    from llm_strategy.hyperparameters import ConfigModel

__all__ = ["Found", "found_in", "methods_in"]

_METHODS = ("ChainOfThought", "SelfConsistency")
"""Methods of reasoning that need nothing but a model: what there is to choose from where nobody says more."""
_USUAL = ("instruction", "parameters", "fields")
_SOME_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A leaf that there is."""

    leaf: Leaf
    """The leaf."""
    annotation: Any
    """The type of its values."""
    usual: bool
    """Whether it is searched where nobody says what is."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where parts are looked for."""

    function: str
    route: tuple[str, ...]
    usual: bool
    description: str = ""

    def at(self, step: str, description: str = "") -> _Place:
        return _Place(self.function, (*self.route, step), self.usual, description)


def found_in(kind: type[ConfigModel], values: Mapping[str, Any], examples: int) -> Iterator[Found]:
    """Yield the leaves of a function.

    Args:
        kind: the model of its hyperparameters.
        values: their values as JSON data; what has no JSON form is left out.
        examples: how many few-shot examples there may be.
    """
    is_llm = issubclass(kind, FunctionHyperparameters)
    for name, field in kind.model_fields.items():
        if name not in values:
            continue
        annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        usual = not is_llm or name in _USUAL or (name == "examples" and examples > 0)
        where = _Place(kind.__config_name__, (name,), usual, (field.description or "").partition("; null")[0])
        if is_llm and name in {"parameters", "fields", "templates"}:
            yield from _texts(where, values[name])
        elif is_llm and name == "examples":
            high = examples or max(_SOME_EXAMPLES, len(values[name]))
            yield _found(where, annotation, values[name], kind="examples", low=0, high=high)
        elif is_llm and name == "reasoning":
            yield _found(where, annotation, values[name], kind="choice", choices=_methods(values[name]))
        else:
            yield from _parts(where, annotation, values[name])


def _found(where: _Place, annotation: Any, value: Any, **about: Any) -> Found:
    path = path_of(where.function, where.route)
    leaf = Leaf(path, default=value, description=where.description, route=where.route, **about)
    return Found(leaf, annotation, where.usual)


def _texts(where: _Place, texts: Mapping[str, str]) -> Iterator[Found]:
    for name, text in texts.items():
        yield _found(where.at(name), str, text, kind="text")


def _methods(now: Any) -> tuple[Any, ...]:
    """Return what there is to choose from where nobody says it: each method once, that in use as it is."""
    used = now["method"] if is_object(now) else ""
    others = [reasoning_data(read_reasoning({"method": name})) for name in _METHODS if name != used]
    return (now, *([None] if now is not None else []), *others)


def methods_in(leaf: Leaf) -> Iterator[Found]:
    """Yield the leaves inside of the methods of reasoning that a leaf has to choose from.

    Where a method is there more than once, what tells its choices apart is no leaf.
    """
    where = _Place(leaf.function, leaf.route, usual=False)
    choices: list[Any] = [choice for choice in (leaf.default, *leaf.choices) if is_object(choice)]
    seen: set[str] = set()
    for choice in choices:
        if choice["method"] not in seen:
            seen.add(choice["method"])
            twins = [one for one in choices if one["method"] == choice["method"]]
            for one in _method(where, choice):
                values = [taken(twin, one.leaf.route[len(leaf.route) :]) for twin in twins]
                if all(alike(value, one.leaf.default) for value in values):
                    yield one


def _method(where: _Place, data: Mapping[str, Any]) -> Iterator[Found]:
    method = read_reasoning(data)
    kind = cast("Any", type(method))
    inside = where.at(condition(kind.__name__))
    for name, hint in _fields_of(kind).items():
        if name in data:
            value = data[name]
            if is_object(value) and callable(getattr(getattr(method, name), "solve", None)):
                yield from _method(inside.at(name), value)
            else:
                yield from _parts(inside.at(name), hint, value)


def _fields_of(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind, localns={"Reasoning": Reasoning}, include_extras=True)
    return {one.name: hints[one.name] for one in dataclasses.fields(cast("type[DataclassInstance]", kind)) if one.init}


def _parts(where: _Place, annotation: Any, value: Any) -> Iterator[Found]:
    """Yield the parts of a value of a type that has fields; the value itself, where it has none."""
    meaning = meaning_of(annotation)
    inside = list(_members(where, meaning.annotation, value)) if is_object(value) else []
    if inside:
        yield from inside
        return
    about = {"low": meaning.low, "high": meaning.high, "choices": meaning.choices}
    yield _found(where, annotation, value, kind=meaning.kind, **about)


def _members(where: _Place, kind: Any, value: Mapping[str, Any]) -> Iterator[Found]:
    if not isinstance(kind, type):
        return
    for names, hint, about in _typed_fields(kind):
        key = next((name for name in names if name in value), None)
        if key is not None:
            yield from _parts(where.at(key, description=about), hint, value[key])


def _typed_fields(kind: type[Any]) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
    """Yield the names, the type and the description of each field of a type that has any."""
    if issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            hint = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            yield (field.alias, field.serialization_alias, name), hint, field.description or ""
    elif dataclasses.is_dataclass(kind):
        defaults = {one.name: one.default for one in dataclasses.fields(kind)}
        for name, hint in _fields_of(kind).items():
            note = defaults[name]
            if isinstance(note, FieldInfo):
                yield (name,), Annotated[hint, note], note.description or ""
            else:
                yield (name,), hint, ""
