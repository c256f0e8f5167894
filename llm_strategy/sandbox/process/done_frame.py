"""What a worker says at the end of an action, checked before it becomes a result."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_strategy.errors import InputError
from llm_strategy.sandbox.process.frames import Violation, strict_object
from llm_strategy.sandbox.results import CodeError, FileChange
from llm_strategy.sandbox.workspace_path import workspace_path

__all__ = ["CallFrame", "DoneFrame", "checked"]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Error(_Frame):
    kind: Annotated[str, Field(max_length=300)]
    message: Annotated[str, Field(max_length=20_000)]
    traceback: Annotated[str, Field(max_length=40_000)]


class _Change(_Frame):
    path: str
    operation: Literal["create", "write", "delete"]
    size: Annotated[int, Field(ge=0)]


class CallFrame(_Frame):
    """A call of a tool."""

    kind: Literal["call"]
    action: int
    call: int
    tool: str
    arguments: str


class DoneFrame(_Frame):
    """The end of an action."""

    kind: Literal["done"]
    action: int
    ended: bool
    files: Annotated[list[_Change], Field(max_length=1000)]
    cpu: Annotated[float, Field(ge=0)]
    memory: Annotated[float, Field(ge=0)]
    shown: Annotated[str, Field(max_length=40_000)] = ""
    value: Any = None
    error: _Error | None = None

    @property
    def code_error(self) -> CodeError | None:
        """Why the action ended early."""
        return None if self.error is None else CodeError(self.error.kind, self.error.message, self.error.traceback)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """What became of files."""
        return tuple(FileChange(one.path, one.operation, one.size) for one in self.files if _is_inside(one.path))


def _is_inside(path: str) -> bool:
    try:
        workspace_path(path)
    except InputError:  # nobody could ask for it
        return False
    return True


def checked(frame: dict[str, Any]) -> CallFrame | DoneFrame:
    """Return a frame of an action under way. Raises Violation: it is none."""
    kind = CallFrame if frame.get("kind") == "call" else DoneFrame
    try:
        found = kind.model_validate(frame)
    except ValidationError as error:
        first = error.errors()[0]
        raise Violation(f"a frame that does not fit: {first['loc']}: {first['msg']}"[:200]) from None
    if isinstance(found, CallFrame):
        strict_object(found.arguments.encode())
    return found
