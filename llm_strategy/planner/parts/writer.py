"""The writer: carries out one instruction at a time, and sees no more than that needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_strategy.prompt import Templates
from llm_strategy.schema import Verbatim  # noqa: TC001 (the return type is looked at)
from llm_strategy.strategy import llm_strategy

__all__ = ["FileText", "Replacement", "WorkData", "Writer"]


@dataclass(frozen=True, slots=True)
class FileText:
    """A whole file."""

    path: str
    """Where, below the workspace."""
    text: str
    """All of it."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A change of a file that is there."""

    path: str
    """Which file."""
    search: str
    """Whole lines of the file, to the letter, that are there once."""
    replacement: str
    """What stands there afterwards."""


@dataclass(frozen=True, slots=True)
class WorkData:
    """What is to be done to the files."""

    files: list[FileText] = field(default_factory=list[FileText])
    """Files that are new, or written anew as a whole."""
    replacements: list[Replacement] = field(default_factory=list[Replacement])
    """Changes of files that are there."""
    deletions: list[str] = field(default_factory=list[str])
    """Paths of files to be removed."""
    read: list[str] = field(default_factory=list[str])
    """Paths of files that you need to see first."""
    find: list[str] = field(default_factory=list[str])
    """Words to be searched in all files."""
    finished: bool = True
    """Whether the instruction is carried out with this."""


@llm_strategy(templates=Templates(task="{instruction}"), attempts=1)
class Writer:
    """Writes files."""

    @staticmethod
    def work(  # noqa: PLR0913 (each one is a part of the prompt)
        *,
        product: str,
        advice: str,
        task: str,
        overview: str,
        files: str,
        position: str,
        ahead: str,
        requirements: str,
        instruction: str,
        feedback: str,
        form: str,
    ) -> Verbatim:
        """You build a product step by step. Carry out the current instruction, and nothing else, by writing files.

        The overview lists the files that are there; the texts of some are shown. Reply in the form that is told, with
        complete, working files: no placeholders, nothing left out. Where the feedback tells what is wrong with your
        last reply or with the files, mend that: the product, or a test that asks for something else than the task.
        """
        raise NotImplementedError

    @staticmethod
    def work_briefly(*, advice: str, task: str, files: str, feedback: str, instruction: str, form: str) -> Verbatim:
        """You write complete, working files, as a careful engineer does: no placeholders, nothing left out.

        Where the feedback tells what is wrong with the files, mend that.
        """
        raise NotImplementedError

    @staticmethod
    def work_as_data(  # noqa: PLR0913 (each one is a part of the prompt)
        *,
        product: str,
        advice: str,
        task: str,
        overview: str,
        files: str,
        position: str,
        ahead: str,
        requirements: str,
        instruction: str,
        feedback: str,
    ) -> WorkData:
        """You build a product step by step. Carry out the current instruction, and nothing else, by writing files.

        The overview lists the files that are there; the texts of some are shown. Give complete, working files: no
        placeholders, nothing left out. Where the feedback tells what is wrong with your last reply or with the files,
        mend that: the product, or a test that asks for something else than the task.
        """
        raise NotImplementedError

    @staticmethod
    def note(instruction: str, happened: str) -> str:
        """Sum up in two sentences, for whoever goes on with the instruction, what was tried and what is left to do.

        Args:
            instruction: what is to be done.
            happened: what was tried so far, and what came of it.
        """
        raise NotImplementedError
