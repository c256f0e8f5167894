"""What is left of a transaction when its process is killed, at any moment of it."""

from collections import Counter
from contextlib import suppress

from llm_strategy.planner.editing import Delete, Replace, Write
from llm_strategy.planner.file_store import EditsRefusedError, FileStore

BEFORE = {"kept.py": "old = 1\n", "gone/away.py": "x\n"}
AFTER = {"kept.py": "new = 2\n", "new/deep/a.py": "a = 1\n", "z.py": "z\n" * 1000}
EDITS = [
    Write("new/deep/a.py", "a = 1\n"),
    Replace("kept.py", "old = 1", "new = 2"),
    Delete("gone/away.py"),
    Write("z.py", "z\n" * 1000),
]


def texts(store):
    return {path: store.read(path) for path in store.paths()}


def test_wherever_it_is_killed_all_of_it_is_there_or_nothing_and_the_same_edits_come_once(killed_everywhere):
    found = Counter()
    for place in killed_everywhere("files"):
        in_between = {path: (place / path).exists() for path in (*BEFORE, *AFTER)}
        with FileStore(place) as store:
            there = texts(store)
            assert there in (BEFORE, AFTER)
            assert not list(place.rglob(".llm-strategy-*"))
            whole = in_between == {path: path in there for path in in_between}
            found["after" if there == AFTER else "before", whole] += 1

            again = store.apply(EDITS, step="1", key="1")

            assert (again.created, again.written, again.deleted) == (
                ("new/deep/a.py", "z.py"),
                ("kept.py",),
                ("gone/away.py",),
            )
            assert texts(store) == AFTER
            assert [(change.kind, change.key) for change in store.changes()] == [("edits", "0"), ("edits", "1")]
    assert found["before", True] > 5
    assert found["after", True] > 5
    assert found["after", False] > 5  # it was killed between two files
    assert not found["before", False]


COUNT = """
import sys
from pathlib import Path
from llm_strategy.planner.editing import Replace, Write
from llm_strategy.planner.file_store import EditsRefusedError, FileStore

with FileStore(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    done = 0
    while done < 15:
        line = store.read("count.txt").strip()
        # Each writes lines of its own: an edit whose replacement is there already would count as applied.
        more = f"{int(line.split()[0]) + 1} {sys.argv[2]}"
        try:
            store.apply([Replace("count.txt", line, more), Write(f"{sys.argv[2]}/{done}.txt", "x")])
            done += 1
        except EditsRefusedError:
            pass
print("done", flush=True)
"""


def test_transactions_of_several_processes_take_turns(python, tmp_path):
    with FileStore(tmp_path) as store:
        store.apply([Write("count.txt", "1000 by nobody\n")])
        processes = [python(COUNT, tmp_path, name) for name in "ab"]
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate()[0] for process in processes]

        assert said == ["done\n", "done\n"]
        assert store.read("count.txt").split()[0] == "1030"
        assert len(store.paths()) == 31
        assert sum(change.kind == "edits" for change in store.changes()) == 31


def test_a_change_of_a_dead_process_never_overwrites_a_later_one(tmp_path, monkeypatch):
    dead = FileStore(tmp_path)
    dead.apply([Write("a", "old")])
    monkeypatch.setattr(dead.folder, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with suppress(KeyboardInterrupt):
        dead.apply([Write("a", "dead"), Write("b", "dead")])
    monkeypatch.undo()
    dead.close()
    (tmp_path / "a").write_text("somebody's")

    with FileStore(tmp_path) as store:
        assert texts(store) == {"a": "somebody's", "b": "dead"}
        with suppress(EditsRefusedError):
            store.apply([Replace("a", "dead", "x")])
        store.apply([Write("a", "later")])
        assert [store.text_of(one) for one in store.versions("a")] == [b"old", b"dead", b"somebody's", b"later"]
    with FileStore(tmp_path) as store:
        assert texts(store) == {"a": "later", "b": "dead"}
