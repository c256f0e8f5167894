import json
import pickle
import sqlite3

import pytest

from llm_strategy.errors import InputError, StoredDataError
from llm_strategy.planner.editing import Delete, Patch, Replace, Write
from llm_strategy.planner.file_store import EditsRefusedError, FileStore


@pytest.fixture
def store(tmp_path):
    with FileStore(tmp_path / "work") as opened:
        yield opened


def test_several_files_change_in_one_transaction(store):
    store.apply([Write("a.py", "x = 1\n"), Write("old.py", "")])

    applied = store.apply(
        [
            Replace("a.py", "x = 1", "x = 2"),
            Write("b/c.py", "y\n"),
            Delete("old.py"),
            Patch("a.py", "@@\n-x = 2\n+x = 3\n"),
        ]
    )

    assert (applied.created, applied.written, applied.deleted) == (("b/c.py",), ("a.py",), ("old.py",))
    assert {path: store.read(path) for path in store.paths()} == {"a.py": "x = 3\n", "b/c.py": "y\n"}


def test_where_one_edit_is_refused_none_is_applied_and_all_are_kept(store):
    store.apply([Write("a.py", "x = 1\n")])

    with pytest.raises(EditsRefusedError) as refused:
        store.apply([Write("b.py", "paid for\n"), Replace("a.py", "y", "z"), Write("../c.py", "")], step="7")

    assert store.paths() == ("a.py",)
    assert len(refused.value.problems) == 2
    assert "a.py" in refused.value.problems[0]
    assert "leaves the folder" in refused.value.problems[1]
    kept = store.changes()[-1]
    assert (kept.kind, kept.step, kept.number) == ("refused", "7", refused.value.change)
    assert json.loads(kept.about)["edits"][0] == {"edit": "Write", "path": "b.py", "text": "paid for\n"}
    assert pickle.loads(pickle.dumps(refused.value)).problems == refused.value.problems


@pytest.mark.parametrize(
    "text", ["1: x\n", "   three blanks\n", "a\r\nb\r\n", "no line end", "", "\ufeffbom\n", "tab\t\n\n\n"]
)
def test_bytes_are_kept_exactly(store, text):
    store.apply([Write("a.txt", text)])

    assert (store.folder.root / "a.txt").read_bytes() == text.encode()
    assert store.read("a.txt") == text


def test_every_version_can_be_read_again(store):
    for text in ("one", "two", "one"):
        store.apply([Write("a", text)], step=text)
    store.apply([Delete("a")])

    assert [store.text_of(one) for one in store.versions("a")] == [b"one", b"two", b"one", None]


def test_what_somebody_else_wrote_is_kept_before_it_is_overwritten(store):
    store.apply([Write("a", "ours")])
    (store.folder.root / "a").write_text("theirs")
    (store.folder.root / "new").write_text("theirs too")

    store.apply([Write("a", "ours again"), Write("new", "ours")])

    assert [store.text_of(one) for one in store.versions("a")] == [b"ours", b"theirs", b"ours again"]
    assert [store.text_of(one) for one in store.versions("new")] == [b"theirs too", b"ours"]
    assert [one.kind for one in store.changes()] == ["edits", "outside", "edits"]


def test_an_edit_that_changes_nothing_is_no_change(store):
    store.apply([Write("a", "x")])

    assert store.apply([Write("a", "x")]).change == 0
    assert len(store.changes()) == 1


def test_a_transaction_that_was_killed_in_its_middle_is_carried_out_when_the_store_is_opened(tmp_path, monkeypatch):
    store = FileStore(tmp_path)
    store.apply([Write("a", "old"), Write("c", "old")])
    write = store.folder.write
    written = []

    def killed(path, data):
        if written:
            raise KeyboardInterrupt
        written.append(path)
        write(path, data)

    monkeypatch.setattr(store.folder, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        store.apply([Write("a", "new"), Write("b", "new"), Delete("c")])
    store.close()
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "c").exists()

    with FileStore(tmp_path) as again:
        assert {path: again.read(path) for path in again.paths()} == {"a": "new", "b": "new"}


@pytest.mark.parametrize("path", [".llm-strategy/history.sqlite", ".GIT/config", ".git/hooks/pre-commit"])
def test_folders_of_programs_are_not_for_edits(store, path):
    with pytest.raises(EditsRefusedError, match="belongs to a program"):
        store.apply([Write(path, "x")])


def test_a_file_that_is_no_text_is_told_and_left_alone(store):
    (store.folder.root / "a.bin").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="no text"):
        store.read("a.bin")
    with pytest.raises(EditsRefusedError, match="no text"):
        store.apply([Replace("a.bin", "x", "y")])
    assert (store.folder.root / "a.bin").read_bytes() == b"\xff\xfe\x00"


def test_a_text_with_half_a_character_is_refused(store):
    with pytest.raises(EditsRefusedError, match="surrogate"):
        store.apply([Write("a", "\ud800")])


def test_words_are_found_with_their_lines(store):
    store.apply([Write("a.py", "import os\nOS = 1\n"), Write("b.md", "os\n")])

    assert [(hit.path, hit.line) for hit in store.search("os")] == [("a.py", 1), ("a.py", 2), ("b.md", 1)]
    assert [hit.path for hit in store.search("os", where="*.md")] == ["b.md"]
    assert len(store.search("os", most=2)) == 2
    assert store.search("  ") == ()


def test_a_history_of_another_program_is_not_touched(tmp_path):
    (tmp_path / ".llm-strategy").mkdir()
    path = tmp_path / ".llm-strategy/history.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoredDataError, match="no history"):
        FileStore(tmp_path)
    path.write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(StoredDataError, match="cannot be read"):
        FileStore(tmp_path)


def test_a_damaged_text_in_the_history_is_told(store):
    store.apply([Write("a", "text")])
    (version,) = store.versions("a")
    with sqlite3.connect(store.folder.root / ".llm-strategy/history.sqlite") as connection:
        connection.execute("UPDATE texts SET bytes = x'00'")
    connection.close()

    with pytest.raises(StoredDataError, match="no whole text"):
        store.text_of(version)
