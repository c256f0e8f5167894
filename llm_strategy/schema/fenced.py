"""Text types that are asked for as they stand, or as a fenced block, instead of a JSON string.

Models write code and long text far better as it stands than with every quote and line break escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["Code", "Fence", "FencedText", "Markdown", "PythonCode", "Verbatim", "fence_of"]


class FencedText(str):
    """Text that a model writes in a fenced block; a plain `str` in every other respect."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


class Code(FencedText):
    """Source code. Say which language with `Annotated[Code, Fence("sql")]`.

    >>> Code("SELECT 1").lower()
    'select 1'
    """

    __slots__ = ()


class Markdown(FencedText):
    """Long text with Markdown marks: an article, a report, a letter."""

    __slots__ = ()


class Verbatim(FencedText):
    """The whole reply as it stands, but for a block of thinking in front of it. The instruction says what its form is.

    For replies of several parts, such as files with their names, which the caller reads.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fence:
    """The info string of the fenced block that a `Code` or `Markdown` value is asked for in."""

    language: str
    """What stands behind the opening backticks, such as `python`."""
    whole: bool = False
    """Whether there is no block: the reply as a whole is the value."""


PythonCode = Annotated[Code, Fence("python")]
"""Python source code."""


def fence_of(annotation: Any) -> Fence | None:
    """Return the fence that a value of this type is asked for in, or None where JSON is asked for.

    >>> fence_of(PythonCode)
    Fence(language='python', whole=False)
    >>> fence_of(str) is None
    True
    """
    if get_origin(annotation) is Annotated:
        inner, *extras = get_args(annotation)
        fence = fence_of(inner)
        return next((extra for extra in extras if isinstance(extra, Fence)), fence) if fence else None
    if not (isinstance(annotation, type) and issubclass(annotation, FencedText)):
        return None
    return Fence("markdown" if issubclass(annotation, Markdown) else "", whole=issubclass(annotation, Verbatim))
