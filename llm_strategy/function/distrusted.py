"""Which inputs of a call are not trusted, and what becomes of its value then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from pydantic import BaseModel
from typing_extensions import TypeIs

from llm_strategy.chat import Answer
from llm_strategy.chat.distrusted import distrusted_answer
from llm_strategy.flow import Emit
from llm_strategy.schema import distrust, is_untrusted
from llm_strategy.schema.marks import field_types, is_marked
from llm_strategy.schema.members import has_members

if TYPE_CHECKING:
    from llm_strategy.chat import Question
    from llm_strategy.flow import Flow
    from llm_strategy.function.shapes import Shape

__all__ = ["distrusted", "owner_is_untrusted", "untrusted_inputs"]

T = TypeVar("T")


def untrusted_inputs(shape: Shape[Any], values: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the inputs that are declared as untrusted, or whose values are known to be."""
    found = {name for name, value in values.items() if _is_untrusted(shape.inputs[name].annotation, value)}
    return frozenset(found) if not (found and shape.explicit) else _untrusted_fields(shape, values)


def _is_untrusted(annotation: Any, value: Any) -> bool:
    return is_marked(annotation) or is_untrusted(value)


def _untrusted_fields(shape: Shape[Any], values: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of the one argument that are not trusted, by their names in the prompt."""
    ((name, value),) = values.items()
    if not isinstance(value, BaseModel):
        return frozenset({name, *cast("Mapping[str, Any]", value)} if isinstance(value, Mapping) else {name})
    whole = is_marked(shape.inputs[name].annotation)
    kinds = field_types(cast("Any", type(value)))
    fields = type(value).model_fields
    return frozenset(
        str(fields[one].validation_alias or fields[one].alias or one)
        for one, part in value.__dict__.items()
        if one in fields and (whole or _is_untrusted(kinds[one], part))
    )


def owner_is_untrusted(owner: object) -> bool:
    """Return whether what a method is called on holds anything untrusted that is shown."""
    if owner is None or isinstance(owner, type):
        return False
    shown = owner if has_members(type(owner)) else getattr(owner, "__dict__", owner)
    return is_untrusted(owner) or is_untrusted(shown)


def distrusted(question: Question[Any], flow: Flow[T], *, items: bool = False) -> Flow[T]:
    """Run the flow of a call; where it is shown untrusted data, mark what it emits and what it returns."""
    if not question.prompt.is_untrusted:
        return flow
    annotation = question.prompt.output.annotation
    emitted = next(iter(get_args(annotation)), Any) if items else annotation
    return _marked(flow, annotation, emitted)


def _marked(flow: Flow[T], annotation: Any, emitted: Any) -> Flow[T]:
    answer: Any = None
    step: Any = flow.send
    while True:
        try:
            wanted = step(answer)
        except StopIteration as done:
            result: object = done.value
            return cast("T", distrusted_answer(result, annotation) if _is_answer(result) else result)
        if isinstance(wanted, Emit):
            wanted = Emit(distrust(wanted.value, emitted))
        try:
            answer = yield wanted
            step = flow.send
        except GeneratorExit:
            flow.close()
            raise
        except BaseException as error:  # noqa: BLE001 (what a request raises is raised in the flow that asked)
            answer, step = error, flow.throw


def _is_answer(result: object) -> TypeIs[Answer[Any]]:
    return isinstance(result, Answer)
