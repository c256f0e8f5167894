"""The hardened body as a user of a session sees it: packages, files, a read-only environment, no network."""

import pytest

from llm_strategy.errors import SandboxUnavailableError, UnsupportedError
from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap

pytestmark = pytest.mark.usefixtures("bubblewrap_works")


@pytest.fixture(scope="module")
def worker():
    found = Bubblewrap().start(Setup(limits=Limits(seconds=60)))
    yield found
    found.close()


def value(worker, code):
    result = worker.run(code)
    assert result.error is None, result.error
    return result.value


def test_it_is_found_on_this_machine():
    assert all(one.ok for one in Bubblewrap().findings()), Bubblewrap().findings()


def test_names_stay_from_one_action_to_the_next(worker):
    worker.run("rows = [1, 2, 3]")

    assert value(worker, "sum(rows)") == 6


def test_files_go_in_and_come_out():
    worker = Bubblewrap().start(Setup(files={"data/in.csv": b"a,b\n1,2\n"}))
    try:
        result = worker.run("open('out.txt', 'w').write(open('data/in.csv').read().upper())")

        assert worker.read_file("out.txt") == b"A,B\n1,2\n"
        assert [(one.path, one.operation) for one in result.files] == [("out.txt", "create")]
    finally:
        worker.close()


@pytest.mark.parametrize(
    "code",
    [
        "import numpy; int(numpy.arange(10).sum()) == 45",
        "import pandas; pandas.DataFrame({'a': [1, 2]}).a.mean() == 1.5",
        "import numpy; bool(abs(numpy.linalg.inv(numpy.eye(50) * 2)[0, 0] - 0.5) < 1e-9)",
    ],
)
def test_packages_of_the_environment_run_inside(worker, code):
    assert value(worker, code) is True


def test_matplotlib_draws_into_a_file(worker):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.savefig('plot.png')"

    assert worker.run(code).error is None
    assert worker.read_file("plot.png").startswith(b"\x89PNG")


def test_pytest_runs_inside_in_a_process_of_its_own(worker):
    worker.write_file("test_it.py", b"def test_it(tmp_path):\n    (tmp_path / 'x').write_text('1')\n    assert True\n")

    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pytest', '-q', 'test_it.py']).returncode"

    assert value(worker, code) == 0


def test_threads_and_pools_of_processes_work(worker):
    code = """
import concurrent.futures as pools
with pools.ProcessPoolExecutor(2) as pool: squares = list(pool.map(abs, [-1, -2]))
with pools.ThreadPoolExecutor(2) as pool: squares += list(pool.map(abs, [-3]))
squares"""

    assert value(worker, code) == [1, 2, 3]


def test_the_user_has_a_name_and_a_home(worker):
    code = "import getpass, os, pathlib, pwd, tempfile\n[getpass.getuser(), str(pathlib.Path.home()), tempfile.gettempdir()]"

    assert value(worker, code) == ["sandbox", "/sandbox", "/sandbox"]


@pytest.mark.parametrize(
    "path",
    [
        "sys.prefix + '/x'",
        "sys.base_prefix + '/lib/x'",
        "os.__file__",
        "'/usr/x'",
        "'/x'",
        "'/etc/x'",
        "'/tmp/x'",
        "'/dev/x'",
    ],
)
def test_nothing_but_the_workspace_can_be_written(worker, path):
    result = worker.run(f"import os, sys\nopen({path}, 'a')")

    assert result.error is not None
    assert result.error.kind in {"OSError", "PermissionError", "FileNotFoundError"}


def test_programs_of_the_environment_cannot_be_replaced(worker):
    code = """
import os, sys
for act in (os.remove, os.rmdir, lambda p: os.rename(p, p + '2'), lambda p: os.chmod(p, 0o777), os.utime):
    try: act(os.path.realpath(sys.executable)); print('done', act)
    except OSError: pass"""

    assert worker.run(code).stdout == ""


def test_the_home_folder_and_the_checkout_are_not_there(worker, tmp_path):
    from pathlib import Path

    code = f"import os\n[os.path.exists(one) for one in ({str(Path.home() / '.bashrc')!r}, {__file__!r}, {str(tmp_path)!r})]"

    assert value(worker, code) == [False, False, False]


def test_what_is_asked_for_can_be_read_and_not_written(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "data.txt").write_text("given")
    worker = Bubblewrap(readable=(str(tmp_path),)).start(Setup())
    try:
        assert value(worker, f"open({str(tmp_path / 'data.txt')!r}).read()") == "given"
        assert worker.run(f"open({str(tmp_path / 'new')!r}, 'w')").error is not None
    finally:
        worker.close()


NETWORK = {
    "tcp": "socket.create_connection(('127.0.0.1', 80), 1)",
    "tcp 6": "socket.create_connection(('::1', 80), 1)",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
    "dns": "socket.getaddrinfo('example.com', 80)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW)",
    "vsock": "socket.socket(40, socket.SOCK_STREAM).connect((2, 1))",
    "unix, by path": "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
    "unix, by name": "socket.socket(socket.AF_UNIX).connect(chr(0) + '/tmp/.X11-unix/X0')",
}


@pytest.mark.parametrize("kind", NETWORK)
def test_there_is_no_network(worker, kind):
    result = worker.run(f"import socket\n{NETWORK[kind]}")

    assert result.error is not None
    assert result.error.kind in {
        "OSError",
        "PermissionError",
        "gaierror",
        "FileNotFoundError",
        "ConnectionRefusedError",
    }


def test_no_other_process_is_seen(worker):
    assert value(worker, "import os\nsorted(int(one) for one in os.listdir('/proc') if one.isdigit())[:2]") == [1, 2]


def test_a_signal_finds_nobody(worker):
    import os

    result = worker.run(f"import os\nos.kill({os.getpid() + 100000}, 0)")

    assert result.error is not None
    assert result.error.kind == "ProcessLookupError"


def test_the_rights_of_files_are_those_of_a_workspace(worker):
    result = worker.run("import os\nopen('tool', 'w').close()\nos.chmod('tool', 0o4755)")

    assert result.error is not None
    assert result.error.kind == "PermissionError"


def test_there_are_no_snapshots(worker):
    with pytest.raises(UnsupportedError, match="no snapshots"):
        worker.snapshot()


def test_two_sandboxes_know_nothing_of_each_other(worker):
    worker.run("open('mine', 'w').write('x')")
    other = Bubblewrap().start(Setup())
    try:
        assert value(other, "import os\nos.listdir('.')") == []
    finally:
        other.close()


def test_another_python_brings_its_own_packages(tmp_path):
    import venv

    tmp_path.chmod(0o755)
    for one in tmp_path.parents[:2]:
        one.chmod(0o755)
    venv.create(tmp_path / "env", symlinks=True)
    worker = Bubblewrap(python=str(tmp_path / "env/bin/python")).start(Setup())
    try:
        assert value(worker, "import sys\nsys.prefix") == str(tmp_path / "env")
        assert worker.run("import pytest").error.kind == "ModuleNotFoundError"
    finally:
        worker.close()


def test_a_python_that_is_not_there_is_refused():
    with pytest.raises(SandboxUnavailableError, match=r"python: Python '/no/such/python' did not tell where it lives"):
        Bubblewrap(python="/no/such/python").start(Setup())


@pytest.mark.parametrize("path", ["here", "/no/such/folder"])
def test_a_path_that_is_not_there_is_refused(path):
    with pytest.raises(SandboxUnavailableError, match="is no absolute path of something that is there"):
        Bubblewrap(readable=(path,)).start(Setup())
