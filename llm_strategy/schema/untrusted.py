"""`Untrusted[T]`: arguments and fields whose values come from somebody who may want to give the model orders.

To a type checker `Untrusted[str]` is `str`. At run time the annotation carries a mark: LLM functions show such a value
as data in a block of its own, pydantic marks the texts in it, and what is made of them is known as untrusted.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic_core import CoreSchema, core_schema

from llm_strategy.schema.marks import Mark
from llm_strategy.schema.taint import distrust

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["Untrusted", "UntrustedMark"]

T = TypeVar("T")


class UntrustedMark(Mark):
    """What `Untrusted` adds to an annotation. All of them are equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntrustedMark)

    def __hash__(self) -> int:
        return hash(UntrustedMark)

    def __repr__(self) -> str:
        return "untrusted"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        mark = partial(distrust, annotation=source)
        return core_schema.no_info_after_validator_function(mark, handler(source))


Untrusted = Annotated[T, UntrustedMark()]
"""A value that is read and never obeyed: `Untrusted[str]`, `Untrusted[Email]`, `list[Untrusted[str]]`."""
