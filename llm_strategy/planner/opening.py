"""From the options of a call to a run that can begin: everything that can be wrong is found here, before it costs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from llm_strategy.chat import resolve
from llm_strategy.errors import ConfigurationError, ProgramError
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.computer import Job
from llm_strategy.planner.computer.placing import place, to_be_placed
from llm_strategy.planner.evaluators import Evaluators
from llm_strategy.planner.file_store import FileStore
from llm_strategy.planner.hooks import Hooks
from llm_strategy.planner.option_checks import check_call
from llm_strategy.planner.parts import Parts
from llm_strategy.planner.program import Program, edited_steps, read_program
from llm_strategy.planner.report_record import REPORT
from llm_strategy.planner.settings import PlannerSettings, planner_settings
from llm_strategy.planner.state import RunState
from llm_strategy.planner.workspace import check_planned, check_same, check_task, default_workspace, open_to

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from llm_strategy.chat import ModelLike
    from llm_strategy.planner.domains import Domain
    from llm_strategy.planner.options import GenerateOptions

__all__ = ["opened_job"]

_JUDGING = "judging"
_OF_JUDGING = ("run_tests", "sandbox", "types")


@contextmanager
def opened_job(domain: Domain, task: str, model: ModelLike | None, options: GenerateOptions) -> Generator[Job]:
    """Open a workspace for a task, and return the run that is to be made in it.

    Raises:
        InputError: the task is empty.
        WorkspaceError: the workspace cannot be used, or holds what it was not said what to do with.
        ConfigurationError: an option is wrong; there is no model; SandboxUnavailableError, MissingExtraError: something
            that the evaluators need is not here.
        ProgramError: the given program is none.
    """
    check_call(domain, task, options)
    resume, extend = bool(options.get("resume")), bool(options.get("extend"))
    if resume and extend:
        raise ConfigurationError("`resume` and `extend` exclude each other: resume the run first, then add to it.")
    task = task.strip() if resume else check_task(task)
    given = _given_program(options.get("program"))
    budget = _budget(options.get("budget"))
    parts = options.get("parts") or Parts()
    for asked in (model, *parts.models.values()):
        resolve(asked)
    workspace = Path(options.get("workspace") or default_workspace(task)).expanduser()
    open_to(workspace, resume=resume, extend=extend)
    judging = _judging(workspace, options, resume=resume)
    evaluators = _evaluators(domain, judging)
    settings = None if resume and options.get("settings") is None else _settings(options.get("settings"))
    evaluators.check()
    with ExitStack() as stack:
        state = stack.enter_context(RunState(workspace))
        store = stack.enter_context(FileStore(workspace))
        commit = _commits(store) if options.get("git") else None
        if resume:
            check_same(state, task, domain.name)
            _take_program(state, given)
        else:
            check_planned(state)
            _begin(state, domain, task, cast("PlannerSettings", settings), given)
        state.note(REPORT, None)
        state.note(_JUDGING, {name: one for name, one in judging.items() if isinstance(one, str | bool)})
        yield Job(
            task=state.task,
            domain=domain,
            settings=settings or _settings(state.settings),
            store=store,
            state=state,
            evaluators=evaluators,
            model=model,
            parts=parts,
            hooks=Hooks(options.get("ask"), options.get("confirm"), options.get("watch")),
            budget=budget,
            commit=commit,
        )


def _begin(state: RunState, domain: Domain, task: str, settings: PlannerSettings, given: Program | None) -> None:
    with state.transaction():
        state.begin(task, domain.name, settings.model_dump(mode="json"), again=state.is_begun)
        state.note("baseline", None)
        state.note("replans", 0)
        state.note("to replan", None)
        state.note("to confirm", given is not None)
        state.note("to plan", task if given is None else None)
        if given is not None:
            state.reopen(*state.outcomes)  # its steps may have the ids of earlier ones
            to_be_placed(state, given, "given")
    place(state)


def _take_program(state: RunState, given: Program | None) -> None:
    """Put a program that is given to a run that goes on into place; what failed is done again if it says otherwise."""
    if given is None:
        return
    before = state.program
    if before is not None:
        state.reopen(*edited_steps(before, given, state.outcomes))
    state.set_program(given, "given")


def _settings(given: PlannerSettings | Mapping[str, object] | None) -> PlannerSettings:
    if given is None:
        return planner_settings()
    if isinstance(given, PlannerSettings):
        return given
    try:
        return PlannerSettings.model_validate(dict(given))
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)]
        raise ConfigurationError(f"The settings of the planner are wrong: {'; '.join(lines)}.") from error


def _budget(given: PlannerBudget | str | None) -> PlannerBudget:
    if isinstance(given, PlannerBudget):
        return given
    return PlannerBudget.read(given or "")


def _given_program(given: Program | str | Path | None) -> Program | None:
    if given is None or isinstance(given, Program):
        return given
    path = Path(given).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"The program {str(path)!r} cannot be read: {error}.") from error
    try:
        return read_program(text)
    except ProgramError as error:
        raise ProgramError(f"{path}: {error}") from error


def _judging(workspace: Path, options: GenerateOptions, *, resume: bool) -> GenerateOptions:
    """Return how files are judged: as the options say, and where they say nothing as they were before."""
    before: GenerateOptions = {}
    if resume:
        with RunState.reading(workspace) as record:
            before = cast("GenerateOptions", record.get(_JUDGING) or {})
    given = cast("GenerateOptions", {name: one for name, one in options.items() if name in _OF_JUDGING})
    return {**before, **given}


def _evaluators(domain: Domain, options: GenerateOptions) -> Evaluators:
    names = [one for one in domain.evaluators if one != "tests" or options.get("run_tests", True)]
    return Evaluators(
        names, sandbox=options.get("sandbox", "auto"), types=options.get("types", ""), extra=domain.checks
    )


def _commits(store: FileStore) -> Callable[[str, str], object]:
    from llm_strategy.planner.git import GitCommits  # most runs keep no repository

    git = GitCommits(store.folder.root)
    return lambda step, message: git.commit(message, store.paths_of(step))
