"""Commits of a workspace, for those who want the history of their files in git as well.

A repository is not trusted: its configuration and its attributes may have come with it, or from a model, and both can
name programs to be run. So commits are put together from the bytes of the files, by commands that run nothing.

Covered: hooks, filters, file system monitors, signing, templates and transports, whatever the repository or the
configuration of the user says; what the user has staged stays staged, and is in no commit of ours; a process that is
killed leaves the commit whole or not made. Not covered: faults of git itself; other configuration of the repository
that git reads (where its objects are, say); line ends are committed as they are in the files.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import ConfigurationError, InputError, WorkspaceError
from llm_strategy.files import Folder
from llm_strategy.planner.file_store.writing import own_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["GitCommits"]

_PATIENCE: Final = 60
_SAFE: Final = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "commit.gpgSign": "false",
    "i18n.commitEncoding": "UTF-8",
    "init.defaultBranch": "main",
}
"""What each command is told, whatever a configuration says."""
_UNDER_WAY: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "index.lock")
_KEPT: Final = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""Of the environment: nothing that tells git to do something else."""
_AUTHOR: Final = "llm-strategy <llm-strategy@localhost>"


class GitCommits:
    """Commits files of a workspace, each time to the branch that is checked out there.

    Args:
        workspace: the folder. Where it has no repository of its own, and is in none, one is made.
        inside: commit to the repository around the workspace, where it is a folder in one.
        author: `Name <address>`, of all commits.

    Raises:
        ConfigurationError: the program `git` is not installed.
        WorkspaceError: the workspace is in a repository that is not its own, and `inside` does not say that this is
            meant; or git cannot use the repository.
    """

    def __init__(self, workspace: Path, *, inside: bool = False, author: str = _AUTHOR) -> None:
        found = shutil.which("git")
        if found is None:
            raise ConfigurationError(
                "Commits need the program 'git', which is not on the PATH. Install it, or run without commits."
            )
        self._program = str(Path(found).absolute())
        self._folder = Folder(workspace.absolute())
        self._environment = _environment(author)
        self.root = self._root(inside=inside)
        """The folder of the repository."""
        self._environment |= {"GIT_DIR": str(self.root / ".git"), "GIT_WORK_TREE": str(self.root)}
        self._no_hash = "0" * len(self._run("hash-object", "--stdin"))

    def _root(self, *, inside: bool) -> Path:
        workspace = self._folder.root
        own = workspace / ".git"
        if own.is_dir() and not own.is_symlink():
            return workspace
        around = next((one for one in (workspace, *workspace.parents) if os.path.lexists(one / ".git")), None)
        if around is None:
            self._run("init", "--quiet", "--template=", str(workspace))
            return workspace
        if not inside:
            raise WorkspaceError(
                f"The workspace {str(workspace)!r} belongs to the repository {str(around)!r}, which is not its own. "
                "Say that commits there are meant, or make a repository in the workspace with 'git init'."
            )
        return around

    def commit(self, message: str, paths: Iterable[str]) -> str:
        """Commit files as they are now, and nothing else; return the commit's hash.

        What is gone, or no plain file any more, is committed as deleted.

        Where they are in the last commit already, as after a run that was killed, nothing is done: ''.

        Raises:
            WorkspaceError: git refuses, or is in the middle of something; it says what.
            InputError: a path leaves the workspace, or belongs to a program.
        """
        self._check_nothing_is_under_way()
        parent = self._run("rev-parse", "--quiet", "--verify", "HEAD^{commit}", may_fail=True)
        entries = "".join(sorted(map(self._entry, set(paths)))).encode()  # what is deleted comes first
        with TemporaryDirectory(prefix="llm-strategy-") as place:
            index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
            if parent:
                self._run("read-tree", parent, more=index)
            self._stage(entries, index)
            tree = self._run("write-tree", more=index)
        if parent and tree == self._run("rev-parse", f"{parent}^{{tree}}"):
            return ""
        if not parent and not entries:
            return ""
        self._stage(entries, {})  # before the commit: killed in between, its files are staged, and nothing else is
        above = ("-p", parent) if parent else ()
        made = self._run("commit-tree", tree, *above, "-F", "-", data=message.encode(errors="replace"))
        self._run("update-ref", "-m", "llm-strategy", "HEAD", made, parent or self._no_hash)
        return made

    def _check_nothing_is_under_way(self) -> None:
        place = self._run("rev-parse", "--absolute-git-dir")
        for name in _UNDER_WAY:
            if os.path.lexists(Path(place) / name):
                raise WorkspaceError(
                    f"The repository {str(self.root)!r} is in the middle of something ({name!r} is there). Finish it, "
                    "and run again."
                )

    def _stage(self, entries: bytes, more: Mapping[str, str]) -> None:
        self._run("update-index", "-z", "--replace", "--index-info", data=entries, more=more)

    def _entry(self, path: str) -> str:
        """A line of `git update-index --index-info`; its bytes are put into the repository as they are."""
        place = self._folder.root / own_path(path)
        shown = place.relative_to(self.root).as_posix()
        try:
            data = self._folder.read(path)
            mode = "100755" if stat.S_IMODE(place.lstat().st_mode) & 0o100 else "100644"
        except (FileNotFoundError, InputError):  # the latter where a folder or a link is in its place
            return f"0 {self._no_hash}\t{shown}\0"
        return f"{mode} {self._run('hash-object', '-w', '--no-filters', '--stdin', data=data)}\t{shown}\0"

    def _run(
        self, *words: str, data: bytes = b"", more: Mapping[str, str] | None = None, may_fail: bool = False
    ) -> str:
        """Return what a command prints; '' where it may fail, and does."""
        settings = [word for name, value in _SAFE.items() for word in ("-c", f"{name}={value}")]
        try:
            done = subprocess.run(  # noqa: S603 (no shell, and no program of the repository's)
                [self._program, *settings, *words],
                input=data,
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
                cwd=self._folder.root,
                env={**self._environment, **(more or {})},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WorkspaceError(f"'git {words[0]}' could not be run to its end: {error}.") from error
        if done.returncode and not may_fail:
            said = done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
            raise WorkspaceError(f"'git {words[0]}' in {str(self._folder.root)!r} failed: {said}")
        return "" if done.returncode else done.stdout.decode(errors="replace").strip()


def _environment(author: str) -> dict[str, str]:
    name, _, address = author.partition(" <")
    if not name or not address.endswith(">"):
        raise ConfigurationError(f"The author {author!r} is none. Write 'Name <address>'.")
    who = {"NAME": name, "EMAIL": address[:-1]}
    return {
        **{key: os.environ[key] for key in _KEPT if key in os.environ},
        **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in who.items()},
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
    }
