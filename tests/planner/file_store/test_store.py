import json
import pickle
import sqlite3

import pytest

from llm_strategy.errors import InputError, StoredDataError, WorkspaceError
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


def test_the_last_change_is_told_without_reading_what_changes_hold(store):
    assert store.last_change() == 0

    store.apply([Write("a.py", "x = 1")])
    store.apply([Write("a.py", "x = 2")])
    store._versions._database.change("UPDATE changes SET about = 'no JSON' WHERE id = 1")

    assert store.last_change() == 2


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


@pytest.mark.parametrize("path", [".env", ".gitignore", ".github/workflows/test.yml", "src/.htaccess"])
def test_a_file_that_begins_with_a_dot_is_one_like_others(store, path):
    store.apply([Write(path, "secret = 1\n")])

    assert store.paths() == (path,)
    assert store.read(path) == "secret = 1\n"
    assert [hit.path for hit in store.search("secret")] == [path]


@pytest.mark.parametrize(
    "path",
    [".llm-strategy/history.sqlite", ".GIT/config", "sub/.git/hooks/pre-commit", ".venv/x.py", "a/node_modules/b.js"],
)
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


@pytest.mark.parametrize("what", ["workspace", "own folder", "link"])
def test_a_workspace_that_cannot_be_written_is_told(tmp_path, what):
    if what == "workspace":
        (tmp_path / "work").write_text("a file")
    elif what == "own folder":
        (tmp_path / "work").mkdir()
        (tmp_path / "work/.llm-strategy").write_text("a file")
    else:
        (tmp_path / "work").mkdir()
        (tmp_path / "work/.llm-strategy").symlink_to(tmp_path)
    with pytest.raises(WorkspaceError, match="is a link" if what == "link" else "cannot be (written|made)"):
        FileStore(tmp_path / "work")
    assert not (tmp_path / "history.sqlite").exists()


def test_edits_of_a_key_are_applied_once(store):
    first = store.apply([Write("a", "1"), Write("b", "1")], step="s", key="s/0/1")
    store.apply([Write("a", "2"), Delete("b")], step="s", key="s/0/2")
    count = len(store.changes())

    again = store.apply([Write("a", "1"), Write("b", "1")], step="s", key="s/0/1")

    assert again == first
    assert (store.read("a"), store.read("b"), len(store.changes())) == ("2", None, count)
    assert store.apply([Write("a", "2"), Delete("b")], key="s/0/2").deleted == ("b",)


def test_edits_of_a_key_that_were_refused_are_refused_again_as_they_were(store):
    edits = [Replace("a", "x", "y")]
    with pytest.raises(EditsRefusedError) as first:
        store.apply(edits, key="k")
    store.apply([Write("a", "x\n")])
    with pytest.raises(EditsRefusedError) as again:
        store.apply(edits, key="k")

    assert (again.value.problems, again.value.change) == (first.value.problems, first.value.change)
    assert store.apply(edits).written == ("a",)


def test_edits_of_a_key_that_changed_nothing_change_nothing_later(store):
    store.apply([Write("a", "1")])
    assert store.apply([Write("a", "1")], key="k").change == 0
    store.apply([Write("a", "2")])

    assert store.apply([Write("a", "1")], key="k").change == 0
    assert store.read("a") == "2"


def test_other_edits_under_a_key_are_applied_too(store):
    store.apply([Write("a", "1")], key="k")

    assert store.apply([Write("a", "2")], key="k").written == ("a",)
    assert store.read("a") == "2"


def test_names_with_half_a_character_are_kept_as_well_as_they_can(store):
    store.apply([Write("a", "1")], step="\ud800", key="\udfff")

    assert store.apply([Write("a", "1")], key="\udfff").created == ("a",)


def test_files_know_their_steps_and_steps_their_files(store):
    store.apply([Write("a", "1"), Write("b", "1")], step="1")
    store.apply([Delete("a"), Write("b", "2")], step="4[x/y]/2")
    store.apply([Write("c", "1")])

    assert store.steps_of_files() == {"a": {"1", "4[x/y]/2"}, "b": {"1", "4[x/y]/2"}}
    assert store.paths_of("1") == ("a", "b")
    assert store.paths_of("2") == ()


def test_a_file_and_a_folder_of_one_name_are_refused_together(store):
    with pytest.raises(EditsRefusedError, match="needs a folder 'a'"):
        store.apply([Write("a/b", "x"), Write("a", "x")])
    assert store.apply([Write("a", "x"), Delete("a"), Write("a/b", "x")]).created == ("a/b",)


def test_where_a_file_cannot_be_written_the_others_are_put_back_and_what_was_paid_for_is_kept(store, monkeypatch):
    store.apply([Write("a", "old"), Write("c", "old")])
    write = store.folder.write

    def refusing(path, data):
        if path == "d/e":
            raise PermissionError(13, "Permission denied")
        write(path, data)

    monkeypatch.setattr(store.folder, "write", refusing)
    edits = [Write("a", "new"), Write("b", "new"), Delete("c"), Write("d/e", "new")]
    with pytest.raises(WorkspaceError, match=r"Permission denied.* history, as change 2; no file was changed"):
        store.apply(edits, key="k")

    assert {path: store.read(path) for path in store.paths()} == {"a": "old", "c": "old"}
    failed = store.changes()[-1]
    assert (failed.kind, failed.data()["edits"][1]["text"]) == ("failed", "new")
    assert [store.text_of(one) for one in store.versions("a")] == [b"old"]
    monkeypatch.undo()
    assert store.apply(edits, key="k").created == ("b", "d/e")


def test_where_nothing_can_be_put_back_the_rest_follows_when_it_can(store, monkeypatch):
    store.apply([Write("a", "old")])
    write, full = store.folder.write, []

    def filling(path, data):
        if full:
            raise OSError(28, "No space left on device")
        full.append(path)
        write(path, data)

    monkeypatch.setattr(store.folder, "write", filling)
    with pytest.raises(WorkspaceError, match=r"No space left.* follows when it can be written"):
        store.apply([Write("a", "new"), Write("b", "new")], key="k")
    monkeypatch.undo()

    assert store.apply([Write("a", "new"), Write("b", "new")], key="k").created == ("b",)
    assert (store.read("a"), store.read("b")) == ("new", "new")


def test_a_folder_that_somebody_puts_in_place_of_a_file_meanwhile_stays(store, monkeypatch):
    monkeypatch.setattr(store.folder, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.apply([Write("a", "new"), Write("b", "new")])
    monkeypatch.undo()
    (store.folder.root / "b").mkdir()
    store.apply([Write("c", "new")])

    assert store.paths() == ("c",)
    assert [change.kind for change in store.changes()] == ["failed", "edits"]


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", "../out", "./a", "sub/.git/config"])
def test_a_history_that_would_have_other_files_written_is_refused(store, path):
    store.apply([Write("a", "x")])
    with sqlite3.connect(store.folder.root / ".llm-strategy/history.sqlite") as connection:
        connection.execute("UPDATE versions SET path = ?", (path,))
        connection.execute("UPDATE changes SET done = 0")
    connection.close()
    with pytest.raises(StoredDataError, match="history holds"):
        FileStore(store.folder.root)


@pytest.mark.parametrize(("about", "match"), [("{", "no JSON"), ("{}", "says not why"), ("[]", None)])
def test_a_damaged_refusal_in_the_history_is_told(store, about, match):
    with pytest.raises(EditsRefusedError):
        store.apply([Delete("a")], key="k")
    with sqlite3.connect(store.folder.root / ".llm-strategy/history.sqlite") as connection:
        edits = store.changes()[0].data()["edits"]
        text = about if about != "{}" else json.dumps({"edits": edits})
        connection.execute("UPDATE changes SET about = ?", (text,))
    connection.close()
    with pytest.raises(StoredDataError if match else EditsRefusedError, match=match):
        store.apply([Delete("a")], key="k")


def test_a_damaged_text_in_the_history_is_told(store):
    store.apply([Write("a", "text")])
    (version,) = store.versions("a")
    with sqlite3.connect(store.folder.root / ".llm-strategy/history.sqlite") as connection:
        connection.execute("UPDATE texts SET bytes = x'00'")
    connection.close()

    with pytest.raises(StoredDataError, match="no whole text"):
        store.text_of(version)
