import os
import shutil
import subprocess
import sys

import pytest

from llm_strategy.errors import ConfigurationError, InputError, WorkspaceError
from llm_strategy.planner.git import GitCommits

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def git(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "home").mkdir()

    def call(*words, where=tmp_path / "work"):
        where.mkdir(exist_ok=True)
        settings = ("-c", "user.name=User", "-c", "user.email=user@localhost")
        done = subprocess.run(["git", *settings, *words], cwd=where, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return call


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def test_a_workspace_without_a_repository_gets_one_and_each_step_is_a_commit(git, work):
    commits = GitCommits(work)
    (work / "src").mkdir()
    (work / "src/app.py").write_bytes(b"x = 1\r\n")
    (work / "run.sh").write_text("echo\n")
    (work / "run.sh").chmod(0o755)
    first = commits.commit("1: Write it\n\nAll of it.", ["src/app.py", "./run.sh"])
    (work / "src/app.py").unlink()
    (work / "other.py").write_text("")
    second = commits.commit("2: Delete it", ["src/app.py"])

    assert git("log", "--format=%H %s %an <%ae>").splitlines() == [
        f"{second} 2: Delete it llm-strategy <llm-strategy@localhost>",
        f"{first} 1: Write it llm-strategy <llm-strategy@localhost>",
    ]
    assert git("cat-file", "blob", f"{first}:src/app.py") == "x = 1"
    assert git("ls-tree", "-r", "--format=%(objectmode) %(path)", first).splitlines() == [
        "100755 run.sh",
        "100644 src/app.py",
    ]
    assert git("ls-tree", "-r", "--name-only", second) == "run.sh"
    assert git("status", "--short").splitlines() == ["?? other.py"]


def test_what_is_committed_already_is_not_committed_again(git, work):
    commits = GitCommits(work)
    (work / "a").write_text("a")

    assert commits.commit("nothing", []) == ""
    assert commits.commit("first", ["a"])
    assert commits.commit("first", ["a"]) == ""
    assert GitCommits(work).commit("gone before", ["never"]) == ""
    assert git("rev-list", "--count", "HEAD") == "1"


def test_a_file_that_becomes_a_folder_is_committed_as_such(git, work):
    commits = GitCommits(work)
    (work / "a").write_text("a")
    commits.commit("file", ["a"])
    (work / "a").unlink()
    (work / "a").mkdir()
    (work / "a/b").write_text("b")

    commits.commit("folder", ["a/b", "a"])

    assert git("ls-tree", "-r", "--name-only", "HEAD") == "a/b"
    assert git("status", "--short") == ""


def test_what_the_user_has_staged_stays_staged_and_is_not_committed(git, work):
    git("init", "-q")
    (work / "theirs").write_text("1")
    git("add", "theirs")
    git("commit", "-qm", "theirs")
    (work / "theirs").write_text("2")
    (work / "new").write_text("")
    git("add", "theirs", "new")
    (work / "ours").write_text("")

    GitCommits(work).commit("ours", ["ours"])

    assert git("diff", "--cached", "--name-only").splitlines() == ["new", "theirs"]
    assert git("show", "--name-only", "--format=%s", "HEAD").splitlines() == ["ours", "", "ours"]


def test_nothing_that_a_repository_or_the_user_has_set_up_is_run(git, work, tmp_path):
    trap = tmp_path / "trap.sh"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/sprung\ncat\n')
    trap.chmod(0o755)
    git("init", "-q")
    for hook in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        shutil.copy(trap, work / ".git/hooks" / hook)
    commands = (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.process",
        "gpg.program",
        "core.editor",
        "core.pager",
    )
    for name in commands:
        git("config", name, str(trap))
        git("config", "--global", name, str(trap))
    git("config", "--global", "core.hooksPath", str(work / ".git/hooks"))
    git("config", "--global", "init.templateDir", str(tmp_path))
    git("config", "commit.gpgSign", "true")
    (work / ".gitattributes").write_text("* filter=trap text=auto\n")
    (work / "a.txt").write_bytes(b"a\r\n")
    (tmp_path / "sprung").unlink(missing_ok=True)

    made = GitCommits(work).commit("safe", [".gitattributes", "a.txt"])

    assert not (tmp_path / "sprung").exists()
    blob = subprocess.run(["git", "cat-file", "blob", f"{made}:a.txt"], cwd=work, capture_output=True, check=True)
    assert blob.stdout == b"a\r\n"
    subprocess.run(["git", "status"], cwd=work, capture_output=True, check=True)
    assert (tmp_path / "sprung").exists()  # the traps work


def test_a_repository_around_the_workspace_is_left_alone_unless_it_is_meant(git, work, tmp_path):
    git("init", "-q", where=tmp_path)
    work.mkdir()
    (work / "a").write_text("a")

    with pytest.raises(WorkspaceError, match="belongs to the repository"):
        GitCommits(work)
    assert not (work / ".git").exists()
    commits = GitCommits(work, inside=True)
    commits.commit("inside", ["a"])

    assert commits.root == tmp_path
    assert git("ls-tree", "-r", "--name-only", "--full-tree", "HEAD") == "work/a"


def test_a_repository_that_a_file_or_a_link_points_to_is_not_the_workspaces_own(git, work, tmp_path):
    git("init", "-q", where=tmp_path / "other")
    work.mkdir()
    (work / ".git").write_text(f"gitdir: {tmp_path}/other/.git\n")
    with pytest.raises(WorkspaceError, match="belongs to"):
        GitCommits(work)
    (work / "a").write_text("a")
    assert GitCommits(work, inside=True).commit("meant", ["a"]) == git("rev-parse", "HEAD", where=tmp_path / "other")
    (work / ".git").unlink()
    (work / ".git").symlink_to(tmp_path / "other/.git")
    with pytest.raises(WorkspaceError, match="belongs to"):
        GitCommits(work)


def test_the_environment_does_not_say_where_to_commit(git, work, tmp_path, monkeypatch):
    git("init", "-q", where=tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/index"))
    commits = GitCommits(work)
    (work / "a").write_text("")

    assert commits.commit("ours", ["a"])
    assert not (tmp_path / "other/index").exists()


def test_branches_that_are_checked_out_and_heads_without_one_are_followed(git, work):
    commits = GitCommits(work)
    (work / "a").write_text("1")
    first = commits.commit("1", ["a"])
    git("checkout", "-q", "--detach")
    (work / "a").write_text("2")
    second = commits.commit("2", ["a"])

    assert git("rev-parse", "HEAD", "main").splitlines() == [second, first]


@pytest.mark.skipif(sys.platform == "win32", reason="objects of SHA-256 are tried on one system")
def test_a_repository_with_long_hashes_is_committed_to(git, work):
    git("init", "-q", "--object-format=sha256")
    (work / "a").write_text("")
    commits = GitCommits(work)

    assert len(commits.commit("1", ["a"])) == 64
    (work / "a").unlink()
    assert len(commits.commit("2", ["a"])) == 64


def test_where_something_is_under_way_nothing_is_committed(git, work):
    commits = GitCommits(work)
    (work / ".git/MERGE_HEAD").write_text("")
    with pytest.raises(WorkspaceError, match=r"in the middle of something.*MERGE_HEAD"):
        commits.commit("1", [])


def test_what_git_refuses_is_told(git, work):
    commits = GitCommits(work)
    (work / ".git/HEAD").write_text("nonsense")
    with pytest.raises(WorkspaceError, match=r"git rev-parse' in .* failed"):
        commits.commit("1", [])


def test_a_git_that_cannot_be_run_is_told(work, tmp_path, monkeypatch):
    (tmp_path / "git").write_text("#!/nowhere/at/all\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkspaceError, match="could not be run"):
        GitCommits(work)


@pytest.mark.parametrize("path", ["../a", ".git/hooks/pre-commit", ".llm-strategy/run.sqlite"])
def test_paths_that_are_not_for_edits_are_not_for_commits(git, work, path):
    with pytest.raises(InputError):
        GitCommits(work).commit("1", [path])


def test_without_git_that_is_said(work, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ConfigurationError, match="which is not on the PATH"):
        GitCommits(work)


def test_an_author_has_an_address(work):
    with pytest.raises(ConfigurationError, match="Write 'Name <address>'"):
        GitCommits(work, author="Nobody")
