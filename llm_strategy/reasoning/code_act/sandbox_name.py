"""A sandbox as data: its name. Data never take the walls away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from llm_strategy.errors import ConfigurationError, DefinitionError
from llm_strategy.sandbox.choosing import SANDBOX_NAMES, sandbox_named

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["SandboxName", "name_of", "written_out"]

_UNSAFE = "unsafe-process"
_WRITTEN_OUT: set[str] = set()


def written_out(sandbox: object) -> None:
    """Take note of what a program uses as a sandbox. Raises DefinitionError: it is none."""
    try:
        name = sandbox if sandbox in SANDBOX_NAMES else sandbox_named(sandbox).name  # type: ignore[arg-type]
    except ConfigurationError as error:
        raise DefinitionError(f"CodeAct(sandbox={sandbox!r}): {error}") from error
    if name == _UNSAFE:
        _WRITTEN_OUT.add(_UNSAFE)


def name_of(sandbox: Any) -> str:
    """Return a sandbox as data."""
    name: str = sandbox if isinstance(sandbox, str) else sandbox.name
    return name


class SandboxName:
    """Marks an annotation for pydantic: a sandbox, which travels as its name."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _read,
            json_schema_input_schema=core_schema.literal_schema(list(SANDBOX_NAMES)),
            serialization=core_schema.plain_serializer_function_ser_schema(
                name_of, return_schema=core_schema.str_schema()
            ),
        )


def _read(given: Any) -> Any:
    if given == _UNSAFE and _UNSAFE not in _WRITTEN_OUT:
        raise DefinitionError(
            f"Settings that were stored ask for sandbox={_UNSAFE!r}, which has no walls, and this program does not. "
            "Write it out in the program, or use another one."
        )
    return given
