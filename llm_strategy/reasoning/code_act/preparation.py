"""Requests of a run that have to do with the sandbox as a whole: it is opened before anything is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from llm_strategy.errors import InputError
from llm_strategy.reasoning.code_act.actions import FINISH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.sandbox.limits import Limits
    from llm_strategy.sandbox.protocol import Sandbox
    from llm_strategy.sandbox.session import Session
    from llm_strategy.tools import Tool

__all__ = ["OpenSession"]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open a sandbox; answered with its `Session`."""

    sandbox: str | Sandbox
    """Which one."""
    tools: tuple[Tool[..., Any], ...]
    """What the code may call."""
    limits: Limits
    """What it may use up."""
    files: tuple[str, ...]
    """Files that are copied into it."""
    tainted: bool
    """Whether it is given what is not to be trusted."""
    finish: str
    """What the code is told of `finish`."""
    folder: str = ""
    """Where files are kept at the end: made now, so that nothing is paid for where that is not possible."""

    is_preparation: ClassVar[bool] = True
    """A prompt can be looked at without it."""

    def perform(self) -> Session:
        """Open it. Raises SandboxUnavailableError; InputError where a file cannot be read."""
        from llm_strategy.sandbox.protocol import GuestFunction
        from llm_strategy.sandbox.session import Session  # a prompt is looked at without it

        session = Session(
            self.sandbox,
            tools=self.tools,
            limits=self.limits,
            files=_read(self.files, self.folder),
            functions=(GuestFunction(FINISH, ("value",), self.finish),),
            tainted=self.tainted,
        )
        try:
            session.open()
        except BaseException:
            session.close()
            raise
        return session

    async def aperform(self) -> Session:
        """Open it in a thread; where nobody waits for it any more, it is closed again."""
        import asyncio  # who is in a loop has it already

        opening = asyncio.ensure_future(asyncio.to_thread(self.perform))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close)
            raise


def _close(opening: Any) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _read(files: tuple[str, ...], folder: str) -> Mapping[str, bytes]:
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
        return {Path(one).name: Path(one).read_bytes() for one in files}
    except OSError as error:
        raise InputError(
            f"A file for the sandbox cannot be read, or there is no folder to keep files in: {error}. See CodeAct("
            "files=..., keep_files=...)."
        ) from error
