"""Kills a piece of work at its n-th touch of the disk, for every n, in workspaces `root/n`.

Run in a process of its own: each try is a fork of it, which sends itself SIGKILL right before the touch: a statement to
SQLite, or a call of the system that changes files. Prints how many touches there are.
"""

import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

from llm_strategy.planner.editing import Delete, Replace, Write
from llm_strategy.planner.file_store import FileStore
from llm_strategy.planner.program import Instruction, Program
from llm_strategy.planner.state import RunState

_TOUCHES = {"execute", "open", "write", "fsync", "rename", "unlink", "mkdir", "rmdir", "ftruncate"}


def begin_files(place):
    with FileStore(place) as store:
        store.apply([Write("kept.py", "old = 1\n"), Write("gone/away.py", "x\n")], step="0", key="0")


def change_files(place):
    with FileStore(place) as store:
        store.apply(
            [
                Write("new/deep/a.py", "a = 1\n"),
                Replace("kept.py", "old = 1", "new = 2"),
                Delete("gone/away.py"),
                Write("z.py", "z\n" * 1000),
            ],
            step="1",
            key="1",
        )


def begin_state(place):
    with RunState(place) as state:
        state.begin("task", "codebase", {})
        state.set_program(Program("task", instructions=(Instruction("1", "first"),)), "planned")
        state.journal_of("1").write_text("journal")


def change_state(place):
    with RunState(place) as state:
        state.note("answer", 42)
        state.close_step("1", "done")
        state.drop_journal("1")
        state.set_program(Program("task", instructions=(Instruction("2", "second"),)), "planned anew")
        state.reopen("1")


def _watch(number):
    left = [number]

    def touched(_, event, called):
        if event == "c_call" and called.__name__ in _TOUCHES:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(touched)


def main(begin, change, root):
    begin(root / "0")
    number = 0
    while True:
        number += 1
        shutil.copytree(root / "0", root / str(number))
        child = os.fork()
        if child == 0:
            failed = 1
            try:
                _watch(number)
                change(root / str(number))
                sys.setprofile(None)
                failed = 0
            finally:
                if failed:
                    traceback.print_exc()
                os._exit(failed)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.stdout.write(str(number - 1) if os.WEXITSTATUS(status) == 0 else "failed")
            return


if __name__ == "__main__":
    kind = sys.argv[1]
    main(globals()[f"begin_{kind}"], globals()[f"change_{kind}"], Path(sys.argv[2]))
