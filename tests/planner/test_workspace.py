"""Opening a workspace: what is in the way is told before anything is paid for."""

import errno
import os
import stat
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from llm_strategy.errors import ConfigurationError, InputError, NoModelError, ProgramError, WorkspaceError
from llm_strategy.planner import Instruction, Program, generate_codebase, generate_custom, written_program
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.workspace import default_workspace
from llm_strategy.testing import ScriptedModel

ONE = Program("A tool.", instructions=(Instruction("1", "Write it."),))


@pytest.fixture
def begins(tmp_path):
    """Tries to begin a run with a model that nobody may ask."""

    def begin(task="A tool.", **options):
        options.setdefault("workspace", tmp_path / "made")
        options.setdefault("run_tests", False)
        model = ScriptedModel([])
        try:
            return generate_codebase(task, model, **options)
        finally:
            assert not model.asked

    begin.workspace = tmp_path / "made"
    return begin


@pytest.mark.parametrize("task", ["", "  \n "])
def test_an_empty_task_is_told(begins, task):
    with pytest.raises(InputError, match=r"The task is empty. Say in a sentence"):
        begins(task)
    assert not begins.workspace.exists()


def test_a_task_that_is_too_long_is_told(begins):
    with pytest.raises(InputError, match="200,001 letters"):
        begins("x" * 200_001)


def test_a_folder_with_files_is_left_alone(begins):
    begins.workspace.mkdir()
    for number in range(7):
        (begins.workspace / f"{number}.txt").write_text("mine")

    with pytest.raises(WorkspaceError, match=r"holds files already: 0.txt, 1.txt, .* and 2 more. `extend` "):
        begins()
    assert sorted(one.name for one in begins.workspace.iterdir()) == [f"{number}.txt" for number in range(7)]


def test_a_file_is_no_workspace(begins):
    begins.workspace.write_text("mine")

    with pytest.raises(WorkspaceError, match=r"is a file. Name a folder"):
        begins()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(begins):
    begins.workspace.mkdir(mode=0o500)

    with pytest.raises(WorkspaceError):
        begins()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no file system here that nobody can write to")
def test_a_place_where_no_folder_can_be_made_is_told(begins):
    told = r"/proc/made/.llm-strategy' cannot be made: '/proc' takes no new folder \(.*\). Name a workspace in a folder"
    with pytest.raises(WorkspaceError, match=told):
        begins(workspace="/proc/made")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are other ones there")
def test_what_is_kept_of_a_run_is_for_its_owner_alone(begins):
    begins(program=ONE, budget="calls=0")

    assert stat.S_IMODE((begins.workspace / ".llm-strategy").stat().st_mode) == 0o700


def test_a_disk_that_is_full_is_told(begins, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="made' cannot be written: No space left on device"):
        begins()


def test_a_run_that_is_there_is_not_overwritten(begins):
    begins(program=ONE, budget="calls=0")

    with pytest.raises(WorkspaceError, match=r"holds a run already. `resume` \(--resume\) goes on with it"):
        begins()


def test_a_run_that_is_not_there_cannot_be_resumed(begins):
    with pytest.raises(WorkspaceError, match=r"There is no run in .* to resume"):
        begins(resume=True)


def test_a_run_is_not_resumed_with_another_task(begins):
    begins(program=ONE, budget="calls=0")

    with pytest.raises(WorkspaceError, match=r"has another task: 'A tool.'"):
        begins("Something else.", resume=True)


def test_resuming_and_adding_exclude_each_other(begins):
    with pytest.raises(ConfigurationError, match="exclude each other"):
        begins(resume=True, extend=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("task: t\ninstructions:\n- {do: a, id: '1', needs: ['2']}\n- {do: b, id: '2', needs: ['1']}", "wait for each"),
        ("task: t\ninstructions: 3", "no list"),
        ("[", "no YAML"),
    ],
)
def test_a_program_file_that_is_wrong_is_told_with_its_name(begins, tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(text)

    with pytest.raises(ProgramError, match=f"mine.yaml: .*{told}"):
        begins(program=path)
    assert not begins.workspace.exists()


def test_a_program_file_that_is_not_there_is_told(begins, tmp_path):
    with pytest.raises(ProgramError, match="cannot be read"):
        begins(program=tmp_path / "none.yaml")


def test_a_program_may_be_a_file(begins, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(written_program(ONE))

    assert begins(program=str(path), budget="calls=0").report.task == "A tool."


def test_an_option_that_does_not_exist_is_told(begins):
    with pytest.raises(ConfigurationError, match="There is no option 'retries'"):
        begins(retries=3)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("workspace", 5, "is 5, and has to be the path of a folder"),
        ("settings", 3, "is 3, and has to be a PlannerSettings, or a mapping"),
        ("settings", [("turns", 1)], "has to be a PlannerSettings"),
        ("budget", 3, "is 3, and has to be a PlannerBudget, or a text such as 'tokens=20000,seconds=600'"),
        ("program", 3, "is 3, and has to be a Program, or the path of its file"),
        ("parts", 3, "is 3, and has to be a Parts"),
        ("run_tests", "no", "is 'no', and has to be True or False"),
        ("resume", 1, "is 1, and has to be True or False"),
        ("watch", "yes", "is 'yes', and has to be a function"),
    ],
)
def test_an_option_of_a_wrong_type_is_told_by_its_name(begins, name, value, told):
    with pytest.raises(ConfigurationError) as error:
        begins(**{"workspace": begins.workspace, name: value})
    assert str(error.value).startswith(f"The option {name!r} is ")
    assert told in str(error.value)
    assert not begins.workspace.exists()


@pytest.mark.parametrize("name", ["sandbox", "types"])
def test_what_the_evaluators_are_given_is_looked_at_before_anything_is_begun(begins, name):
    with pytest.raises(ConfigurationError, match="5"):
        begins(run_tests=True, **{name: 5})
    assert not begins.workspace.exists()


@pytest.mark.parametrize("task", [5, None, b"A tool."])
def test_a_task_that_is_no_text_is_told(begins, task):
    with pytest.raises(InputError, match=f"The task is {task!r}, and has to be a text"):
        begins(task)


def test_a_domain_that_is_none_is_told():
    with pytest.raises(ConfigurationError, match="The domain is 5, and has to be a Domain, or the name of a known one"):
        generate_custom(5, "A tool.", ScriptedModel([]))


def test_settings_may_be_any_mapping(begins):
    assert begins(settings=MappingProxyType({"turns": 2}), program=ONE, budget="calls=0").report.task == "A tool."


@pytest.mark.parametrize(
    ("settings", "told"), [({"turns": 0}, "turns: "), ({"tunrs": 1}, "tunrs: "), ({"edit_format": "x"}, "edit_format")]
)
def test_settings_that_are_wrong_are_told(begins, settings, told):
    with pytest.raises(ConfigurationError, match=f"settings of the planner are wrong: {told}"):
        begins(settings=settings)


@pytest.mark.parametrize("budget", ["tokens", "money=3", "calls=-1", "seconds=nan"])
def test_a_budget_that_is_wrong_is_told(begins, budget):
    with pytest.raises(ConfigurationError, match="budget"):
        begins(budget=budget)


def test_a_budget_of_whole_numbers_may_be_written_with_an_exponent():
    assert PlannerBudget.read("tokens=1e5, dollars=1e-2") == PlannerBudget(tokens=100_000, dollars=0.01)
    assert PlannerBudget.read("tokens=9_007_199_254_740_993").tokens == 9_007_199_254_740_993


@pytest.mark.parametrize("budget", ["tokens=1.5", "calls=inf", "steps=many", "tokens="])
def test_a_budget_that_has_to_be_whole_is_told_so(budget):
    with pytest.raises(ConfigurationError, match="has no whole number behind '='"):
        PlannerBudget.read(budget)


def test_without_a_model_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)

    with pytest.raises(NoModelError):
        generate_codebase("A tool.", workspace=tmp_path / "made", run_tests=False)
    assert not (tmp_path / "made").exists()


def test_without_a_sandbox_tests_cannot_be_run_and_nothing_is_begun(begins):
    with pytest.raises(ConfigurationError, match=r"run-tests|monty"):
        begins(run_tests=True, sandbox="monty")
    assert not begins.workspace.exists()


def test_a_domain_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"There is no domain 'poem'. Known are 'codebase', 'book', 'custom'"):
        generate_custom("poem", "A tool.", ScriptedModel([]), workspace=tmp_path / "made")


def test_a_workspace_is_named_after_its_task(tmp_path):
    assert default_workspace("Eine Übung, kurz!", tmp_path).name == "eine-ubung-kurz"
    assert default_workspace("...", tmp_path).name == "task"
    (tmp_path / "task").mkdir()
    assert default_workspace("???", tmp_path).name == "task-2"
