"""From one sentence to a folder of files: the functions that users call."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

from llm_strategy.flow import arun, run
from llm_strategy.planner.computer import computing
from llm_strategy.planner.computer.doing import Do
from llm_strategy.planner.domains import book, codebase, domain_named
from llm_strategy.planner.opening import opened_job
from llm_strategy.planner.reporting import reporting

if TYPE_CHECKING:
    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.planner.codebase import Codebase
    from llm_strategy.planner.computer import Job
    from llm_strategy.planner.domains import Domain
    from llm_strategy.planner.options import GenerateOptions

__all__ = [
    "agenerate_book",
    "agenerate_codebase",
    "agenerate_custom",
    "generate_book",
    "generate_codebase",
    "generate_custom",
]

T = TypeVar("T")


def generate_codebase(task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]) -> Codebase:
    """Write a codebase for a task, step by step, and see that its tests pass.

    The task becomes requirements, these a program of instructions, and each instruction a small conversation with the
    model, which sees what it needs and no more. After every change the files are checked: their syntax, ruff's fatal
    rules, and their tests, run in a sandbox; what is found is told to the model until nothing is wrong. Every reply is
    written down before it is used: a run that is killed goes on with `resume=True`, and pays for nothing twice.

    Args:
        task: what is to be built, in words.
        model: who answers; None for the default model.
        **options: see `GenerateOptions`.

    Returns:
        The texts of the files by path, with a `report`. A budget that is used up, or a step that fails, is its
        `reason`, and no error: all that was made is there.

    Raises:
        InputError: the task is empty.
        WorkspaceError: the workspace cannot be used, or holds files and it was not said what to do with them.
        ConfigurationError: an option is wrong, there is no model; as SandboxUnavailableError: tests cannot be run here.
        TransportError: the model could not be reached; what was done is kept, and `resume=True` goes on there.

    Source:
        Holt et al. 2024, L2MAC: Large Language Model Automatic Computer for Extensive Code Generation
        (arXiv:2310.02003). Differences: requirements that are traced to tests, a program with conditions and loops that
        can be edited while it runs, a context of bounded size, transactions, resuming.
    """
    return _generated(codebase(), task, model, options)


async def agenerate_codebase(
    task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]
) -> Codebase:
    """Write a codebase for a task without blocking the event loop; see `generate_codebase`."""
    return await _agenerated(codebase(), task, model, options)


def generate_book(task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]) -> Codebase:
    """Write a book in Markdown, a file for each chapter; see `generate_codebase`. No tests are run."""
    return _generated(book(), task, model, options)


async def agenerate_book(task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]) -> Codebase:
    """Write a book without blocking the event loop; see `generate_book`."""
    return await _agenerated(book(), task, model, options)


def generate_custom(
    domain: Domain | str, task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]
) -> Codebase:
    """Write anything else that is made of text files; see `generate_codebase`.

    Args:
        domain: what is built and how it is judged, or the name of a known domain.
        task: what is to be built, in words.
        model: who answers; None for the default model.
        **options: see `GenerateOptions`.

    Raises:
        ConfigurationError: no domain has this name; see also `generate_codebase`.
    """
    return _generated(domain_named(domain) if isinstance(domain, str) else domain, task, model, options)


async def agenerate_custom(
    domain: Domain | str, task: str, model: ModelLike | None = None, /, **options: Unpack[GenerateOptions]
) -> Codebase:
    """Write anything made of text files without blocking the event loop; see `generate_custom`."""
    return await _agenerated(domain_named(domain) if isinstance(domain, str) else domain, task, model, options)


def _generated(domain: Domain, task: str, model: ModelLike | None, options: Any) -> Codebase:
    with opened_job(domain, task, model, cast("GenerateOptions", options)) as job, _traced(job, options):
        return run(_generating(job))


async def _agenerated(domain: Domain, task: str, model: ModelLike | None, options: Any) -> Codebase:
    import asyncio  # who is in a loop has it already

    with ExitStack() as stack:
        opening = opened_job(domain, task, model, cast("GenerateOptions", options))
        job = await asyncio.to_thread(stack.enter_context, opening)  # it tries sandboxes, which takes its time
        stack.enter_context(_traced(job, options))
        return await arun(_generating(job))


def _traced(job: Job, options: GenerateOptions) -> AbstractContextManager[object]:
    if not options.get("trace", True):
        return nullcontext()
    from llm_strategy.tracing import trace  # whoever wants none loads none

    return trace("generate", directory=job.store.folder.root / ".llm-strategy" / "traces")


def _generating(job: Job) -> Flow[Codebase]:
    reason: str = yield from computing(job)
    made: Codebase = yield Do(lambda: reporting(job, reason))
    return made
