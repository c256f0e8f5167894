"""The parts of the sandbox of Landlock that need no session."""

import os
import struct
import subprocess
import sys

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Finding, Limits
from llm_strategy.sandbox.landlock import inside as landlock_inside
from llm_strategy.sandbox.landlock import needs as landlock_needs
from llm_strategy.sandbox.landlock.folder import make_folder, remove_folder
from llm_strategy.sandbox.landlock.needs import (
    kernel_abi,
    library_folder,
    needs_read_all,
    tasks_of_user,
    tried,
    user_told,
)
from llm_strategy.sandbox.landlock.rules import OWN_PROCESS, landlock_calls, readable_paths
from llm_strategy.sandbox.landlock.watch import Watch, nameless_bytes, tasks_of
from llm_strategy.sandbox.process.disk_use import over_limit

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def calls(abi, *, own_user):
    return {rule.call for rule in landlock_calls(abi, own_user=own_user)}


def test_what_landlock_does_not_know_yet_the_filter_refuses():
    newest = calls(11, own_user=True)
    assert {"socket", "connect", "ptrace", "inotify_init1", "semop"} <= newest
    assert not {"kill", "truncate", "pidfd_open"} & newest
    assert {"kill", "tgkill", "pidfd_open"} <= calls(5, own_user=True)
    assert "truncate" not in calls(3, own_user=True)
    assert "truncate" in calls(2, own_user=True)


def test_a_user_who_owns_other_things_cannot_change_modes_and_times():
    always = {rule.call for rule in landlock_calls(11, own_user=False) if not rule.tests}
    assert {"chmod", "fchmodat2", "fchown", "utimensat"} <= always
    assert "utimensat" not in calls(11, own_user=True)


def test_what_is_not_there_is_not_allowed(tmp_path):
    found = readable_paths([str(tmp_path), str(tmp_path / "missing")])
    assert str(tmp_path) in found
    assert str(tmp_path / "missing") not in found
    assert "/usr/lib" in found
    assert not {"/etc", "/home", "/usr", "/proc"} & set(found)


def test_the_mark_in_the_filter_becomes_the_number_of_the_process():
    program = struct.pack("=HBBI", 0x15, 1, 2, OWN_PROCESS) + struct.pack("=HBBI", 0x06, 0, 0, OWN_PROCESS)
    filled = list(struct.iter_unpack("=HBBI", landlock_inside._filled(program, OWN_PROCESS)))
    assert filled == [(0x15, 1, 2, os.getpid()), (0x06, 0, 0, OWN_PROCESS)]


def test_a_file_that_grows_beyond_the_limit_is_a_hole(tmp_path):
    assert landlock_inside._file_size(str(tmp_path), 1024) == [False, "a file became larger than the limit"]
    assert landlock_inside._file_size(str(tmp_path / "missing"), 1024) == [True, ""]
    assert not list(tmp_path.iterdir())


def test_a_folder_is_removed_whatever_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = make_folder(None)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    (made.workspace / "link").symlink_to(kept, target_is_directory=True)
    (made.workspace / "shut").mkdir(mode=0)
    (made.temporary / "file").write_text("x")
    here = os.open(made.workspace, os.O_RDONLY)
    for _ in range(1200):  # too deep for a path, and for a recursion
        os.mkdir("deeper", dir_fd=here)
        below = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_folder(made.whole)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").read_text() == "x"
    remove_folder(made.whole)


@pytest.fixture
def as_nobody():
    """Become a user whom modes hold for, if this is root."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_a_folder_of_an_ordinary_user_is_removed_with_folders_that_allow_nothing(tmp_path, monkeypatch, as_nobody):
    del as_nobody
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    made = make_folder(None)
    (made.workspace / "a" / "b").mkdir(parents=True)
    (made.workspace / "a" / "b" / "shut").mkdir(mode=0)
    (made.workspace / "a").chmod(0)
    made.remove()
    made.remove()
    assert not made.whole.exists()


def test_what_cannot_be_listed_is_too_much(monkeypatch, as_nobody):
    del as_nobody
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    made = make_folder(None)
    assert over_limit(made.whole, Limits()) == ""
    (made.workspace / "shut").mkdir(mode=0o300)
    assert "could not be looked at (Permission denied)" in over_limit(made.whole, Limits())
    made.remove()


def test_a_path_that_is_too_long_to_be_looked_at_is_too_much(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    told = over_limit(tmp_path, Limits())
    remove_folder(tmp_path)
    assert "could not be looked at (File name too long)" in told


def test_a_mapped_file_without_a_name_counts(tmp_path, monkeypatch):
    import ctypes

    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    with (tmp_path / "file").open("w+b") as file:
        file.write(bytes(1 << 20))
        file.flush()
        place = libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
        (tmp_path / "file").unlink()
    try:
        assert nameless_bytes([os.getpid()], tmp_path) >= 1 << 20
        assert nameless_bytes([os.getpid()], tmp_path / "other") < 1 << 20
        refused = PermissionError(13, "Permission denied")

        def refuses(path):
            raise refused if "map_files" in str(path) else FileNotFoundError(path)

        monkeypatch.setattr(os, "stat", refuses)
        assert nameless_bytes([os.getpid()], tmp_path) >= 1 << 40
    finally:
        libc.munmap(place, 4096)


def test_what_the_system_does_not_tell_is_too_much(tmp_path, monkeypatch):
    def refuses(path):
        raise OSError(24, "Too many open files")

    watch = Watch(Limits(memory_mib=1 << 20), tmp_path)
    monkeypatch.setattr(os, "listdir", refuses)
    kind, told = watch.too_much(os.getpid())
    assert (kind, "could not be looked at (Too many open files)" in told) == ("MemoryLimit", True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_the_folder_of_another_user_is_his(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = make_folder(54321)
    assert made.workspace.stat().st_uid == made.temporary.stat().st_uid == 54321
    assert made.whole.stat().st_uid == 0
    assert made.whole.stat().st_mode & 0o777 == 0o711


@pytest.fixture
def landlockpy():
    return pytest.importorskip("landlockpy")


@pytest.mark.parametrize(("version", "told"), [(0, "has no Landlock"), (1, "version 1 here, and version 2 is needed")])
def test_a_kernel_that_is_too_old_is_told(landlockpy, monkeypatch, version, told):
    monkeypatch.setattr(landlockpy, "abi_version", lambda: version)
    with pytest.raises(SandboxUnavailableError, match=told):
        kernel_abi()


def test_a_library_that_is_missing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "landlockpy", None)
    with pytest.raises(SandboxUnavailableError, match="pip install 'llm-strategy"):
        library_folder()


def test_what_could_not_be_asked_is_a_finding():
    def ask():
        raise PermissionError("not here")

    assert tried("kernel", ask) == Finding("kernel", ok=False, told="not here")
    assert tried("kernel", lambda: "it is there") == Finding("kernel", ok=True, told="it is there")


def test_what_others_cannot_read_needs_a_right_of_root(tmp_path):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    open_one, shut = tmp_path / "open", tmp_path / "shut"
    for folder in (open_one, shut):
        folder.mkdir()
        (folder / "python").write_text("")
    shut.chmod(0o700)
    (open_one / "link").symlink_to(shut / "python")
    assert not needs_read_all(["/usr/lib", str(open_one / "python")])
    assert needs_read_all([str(shut / "python")])
    assert needs_read_all([str(open_one / "link")])


def test_root_without_its_rights_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(landlock_needs, "_rights", lambda: 0b1000)
    with pytest.raises(SandboxUnavailableError, match="root without CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID"):
        user_told([])
    monkeypatch.setattr(landlock_needs, "_rights", lambda: 0b1_1110_0001)
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    with pytest.raises(SandboxUnavailableError, match="only root can read it"):
        user_told([str(shut)])
    assert user_told(["/usr/lib"]).endswith("who owns nothing")


def test_an_ordinary_user_is_told_how_many_processes_run(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert tasks_of_user() >= 1
    for entry in ("12/task/12", "12/task/15", "40/task/40", "77", "self/task/1"):  # 77 ends while it is looked at
        (tmp_path / entry).mkdir(parents=True)
    monkeypatch.setattr(landlock_needs, "_PROC", tmp_path)
    assert user_told([]) == "that of this process, which runs 3 processes and threads"


def test_threads_and_nameless_files_are_counted(tmp_path):
    before = nameless_bytes([os.getpid()], tmp_path)
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(1 << 20))
        file.flush()
        (tmp_path / "file").unlink()
        assert nameless_bytes([os.getpid(), 1 << 30], tmp_path) - before >= 1 << 20
    assert tasks_of([os.getpid(), 1 << 30]) >= 1


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        ({"memory_mib": 1}, "MemoryLimit"),
        ({"memory_mib": 1 << 20, "processes": 1}, None),
        ({"memory_mib": 1 << 20, "files": 2}, "DiskLimit"),
        ({"memory_mib": 1 << 20, "files": 3}, None),
    ],
)
def test_what_is_too_much_is_told(tmp_path, limits, kind):
    for name in "abc":
        (tmp_path / name).write_text("x")
    # A process of its own: this one has as many threads as other tests have left.
    with subprocess.Popen([sys.executable, "-c", "print(1, flush=True); input()"], stdin=-1, stdout=-1) as other:
        assert other.stdout.readline() == b"1\n"
        found = Watch(Limits(**limits), tmp_path).too_much(other.pid)
        other.communicate(b"\n")
    assert (found and found[0]) == kind


def test_too_many_threads_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("llm_strategy.sandbox.landlock.watch._SPARE_TASKS", -1)
    found = Watch(Limits(memory_mib=1 << 20, processes=1), tmp_path).too_much(os.getpid())
    assert found == ("ProcessLimit", "There are more than 1 processes: the sandbox was ended.")
