"""CPython behind Landlock: what works inside, and that nothing gets out."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from llm_strategy.errors import InputError, SandboxUnavailableError
from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.landlock.body import Landlock

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not all(one.ok for one in Landlock().findings()),
    reason="needs Linux with Landlock and libseccomp",
)

OLD = 5
"""A version of Landlock that cannot tell whose signals are whose."""


def start(abi=11, given=None, **limits):
    return Landlock(abi=abi).start(Setup(limits=Limits(**limits), files=given or {}))


@pytest.fixture(scope="module", params=[11, 2])
def worker(request):
    """A worker for code that breaks nothing, on this kernel and as on the oldest one."""
    found = start(request.param, seconds=20, memory_mib=512)
    yield found
    found.close()


@pytest.fixture
def outside(tmp_path):
    """A file and a folder that everybody may read and write, were it not for the walls."""
    tmp_path.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o777)
    file = tmp_path / "victim.txt"
    file.write_text("untouched")
    file.chmod(0o666)
    return tmp_path


def value(worker, code):
    result = worker.run(code)
    assert result.error is None, result.error
    return result.value


def refused(worker, code, kinds=("PermissionError",)):
    result = worker.run(code)
    assert result.error is not None, f"{code!r} was not refused"
    assert result.error.kind in kinds, result.error


def test_names_and_files_stay_from_one_action_to_the_next():
    worker = start(given={"in.csv": b"a\n1\n"})
    try:
        value(worker, "rows = open('in.csv').read().split(); open('out.txt', 'w').write('x')")
        assert value(worker, "rows") == ["a", "1"]
        assert worker.read_file("out.txt") == b"x"
    finally:
        worker.close()


def test_packages_of_the_environment_run_inside(worker):
    assert value(worker, "import numpy; int(numpy.arange(4).sum())") == 6


def test_other_programs_run_inside_the_same_walls(worker, outside):
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', \"open('{outside}/victim.txt')\"]).returncode"
    )
    assert value(worker, code) == 1
    assert value(worker, "import os; os.popen('echo told').read()") == "told\n"


def test_streams_may_be_paired_within(worker):
    assert value(worker, "import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1).decode()") == "x"


@pytest.mark.parametrize(
    "code",
    [
        "open('{0}/victim.txt').read()",
        "open('{0}/victim.txt', 'w')",
        "open('{0}/made.txt', 'w')",
        "import os; os.listdir('{0}')",
        "import os; os.remove('{0}/victim.txt')",
        "import os; os.rename('{0}/victim.txt', 'mine.txt')",
        "import os; os.truncate('{0}/victim.txt', 0)",
        "import os; os.chmod('{0}/victim.txt', 0o600)",
        "import os; os.utime('{0}/victim.txt', (0, 0))",
        "import os; os.symlink('{0}/victim.txt', 'link-{1}'); open('link-{1}').read()",
        "import os; os.mkdir('{0}/folder')",
        "open('/etc/passwd').read()",
        "open('/proc/1/environ').read()",
        "import os; os.listdir('/proc')",
        "open('/proc/self/environ').read()",
        "open('/dev/shm/x', 'w')",
        "open('/proc/net/tcp').read()",
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "import os; os.setpriority(os.PRIO_PROCESS, {2}, 19)",
        "import os; os.sched_setaffinity({2}, [0])",
        "import resource; resource.prlimit({2}, resource.RLIMIT_CORE)",
        "import fcntl; f = open('own', 'w'); fcntl.fcntl(f, fcntl.F_SETOWN, {2})",
        "import os; os.kill({2}, 0)",
    ],
)
def test_what_is_outside_is_out_of_reach(worker, outside, code):
    number = 1 if os.geteuid() == 0 else os.getppid()
    refused(worker, code.format(outside, os.urandom(4).hex(), number), ("PermissionError", "ProcessLookupError"))
    assert (outside / "victim.txt").read_text() == "untouched"
    assert [path.name for path in outside.iterdir()] == ["victim.txt"]


def test_the_environment_holds_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-of-the-host")
    worker = start()
    try:
        assert "planted-key-of-the-host" not in value(worker, "import os; str(dict(os.environ))")
    finally:
        worker.close()


def test_the_code_is_never_root(worker):
    assert value(worker, "import os; os.getuid() != 0 or os.geteuid()") is not False
    assert value(worker, "import os; os.getuid()") != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is free for root only")
def test_each_session_of_root_has_a_user_of_its_own():
    users = set()
    for _ in range(2):
        worker = start()
        users.add(value(worker, "import os; os.getuid()"))
        worker.close()
    assert len(users) == 2
    assert 0 not in users


def test_before_signals_were_told_apart_code_reaches_its_own_process_only():
    worker = start(OLD)
    try:
        assert value(worker, "import os; os.kill(os.getpid(), 0); 'reached'") == "reached"
        child = "import os, time; child = os.fork() or os._exit(time.sleep(5) or 0); os.kill(child, 9)"
        refused(worker, child)
    finally:
        worker.close()


def test_signals_reach_what_the_code_has_started():
    if Landlock().findings()[0].told.startswith(("version 2", "version 3", "version 4", "version 5")):
        pytest.skip("this kernel cannot tell whose signals are whose")
    new = start()
    try:
        code = "import subprocess; p = subprocess.Popen(['sleep', '20']); p.kill(); p.wait()"
        assert value(new, code) == -9
    finally:
        new.close()


def test_processes_are_counted():
    code = "import os, time\nfor _ in range(64):\n    if not os.fork():\n        time.sleep(9)\n        os._exit(0)"
    new = start(processes=8)
    try:
        refused(new, code, ("BlockingIOError",))
    finally:
        new.close()


def test_memory_of_all_processes_counts_together():
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if not os.fork():\n"
        "        held = bytearray(os.urandom(1 << 20) * 100)\n"
        "        time.sleep(20)\n"
        "        os._exit(0)\n"
        "time.sleep(20)"
    )
    worker = start(memory_mib=256)
    try:
        result = worker.run(code)
        assert result.error.kind == "MemoryLimit"
        assert result.state_lost
        assert not worker.alive
    finally:
        worker.close()


HIDDEN = """
import ctypes, os, threading, time
def work():
    time.sleep(0.1)
    held = {work}
    time.sleep(9)
for _ in range(2):
    if not os.fork():
        threading.Thread(target=work).start()
        ctypes.CDLL(None).syscall({exit}, 0)  # the first thread ends, and the process goes on
time.sleep(9)
"""


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        ("b'x' * (320 << 20)", "MemoryLimit"),  # one of them has room, with what its thread sets aside
        ("[(f := open(f'{n}', 'wb', 0), os.remove(f'{n}'), f.write(bytes(3 << 20))) for n in range(4)]", "DiskLimit"),
    ],
)
def test_a_process_whose_first_thread_has_ended_counts(work, kind):
    new = start(memory_mib=600, disk_mib=8)
    exits = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
    try:
        assert new.run(HIDDEN.replace("{work}", work).replace("{exit}", str(exits))).error.kind == kind
    finally:
        new.close()


@pytest.mark.parametrize(
    "code",
    [
        "for n in range(99): open(f'{n}', 'wb').write(bytes(1 << 20))\nimport time; time.sleep(20)",
        (
            "import os, time\nkept = []\nfor n in range(99):\n    kept.append(open(f'{n}', 'wb'))\n    os.remove(f'{n}')\n"
            "    kept[-1].write(bytes(1 << 20))\ntime.sleep(20)"
        ),
        "import os\nfor n in range(9999): open(f'{n}', 'w').close()\nimport time; time.sleep(20)",
        (
            "import os, tempfile\nfor n in range(99): open(tempfile.gettempdir() + f'/{n}', 'wb').write(bytes(1 << 20))\n"
            "import time; time.sleep(20)"
        ),
    ],
    ids=["files", "files without a name", "many files", "temporary files"],
)
def test_all_files_count_together(code):
    worker = start(disk_mib=16, files=200)
    try:
        assert worker.run(code).error.kind == "DiskLimit"
    finally:
        worker.close()


def test_one_file_has_a_size():
    worker = start(disk_mib=8)
    try:
        refused(worker, "open('x', 'wb').truncate(9 << 20)", ("OSError",))
    finally:
        worker.close()


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("how", ["close", "memory"])
def test_nothing_outlives_a_session(how, outside):
    daemon = (
        "import os, time\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if not os.fork():\n"
        "        open('daemon', 'w').write(str(os.getpid()))\n"
        "        os.execve('/bin/sleep', ['sleep', '600'], {})\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "while not os.path.exists('daemon') or not open('daemon').read(): time.sleep(0.01)\n"
        "int(open('daemon').read())"
    )
    worker = start(memory_mib=256)
    before = set(Path("/proc").iterdir())
    process = value(worker, daemon)
    assert Path(f"/proc/{process}") not in before
    assert alive(process)
    if how == "memory":
        worker.condemn("MemoryLimit", "told")
        worker.run("1")
    worker.close()
    assert not alive(process)


def test_a_start_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InputError):
        start(given={"../outside.txt": b""})
    assert not list(tmp_path.glob("llm-strategy-session-*"))


def test_its_folder_is_cleared_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    worker = start()
    value(worker, "import os; os.makedirs('a/b'); open('a/b/c', 'w').close(); os.mkdir('shut', 0)")
    assert list(tmp_path.glob("llm-strategy-session-*/workspace/a/b/c")) or os.geteuid() != 0
    worker.close()
    assert not list(tmp_path.glob("llm-strategy-session-*"))


def test_a_session_may_begin_in_a_thread_that_ends():
    found = []
    thread = threading.Thread(target=lambda: found.append(start()))
    thread.start()
    thread.join()
    time.sleep(0.05)
    try:
        assert value(found[0], "1 + 1") == 2
    finally:
        found[0].close()


def test_a_kernel_of_another_kind_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    (finding,) = Landlock().findings()
    assert not finding.ok
    with pytest.raises(SandboxUnavailableError, match="This is darwin"):
        Landlock().start(Setup())


def test_more_may_be_shown(outside):
    worker = Landlock(readable=(str(outside),)).start(Setup())
    try:
        assert value(worker, f"open('{outside}/victim.txt').read()") == "untouched"
        refused(worker, f"open('{outside}/victim.txt', 'w')")
    finally:
        worker.close()
