"""The hardened body, started by an ordinary user: where these tests are run by root, by a user who is `nobody`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("bubblewrap_works")
CHECKOUT = Path(__file__).parents[3]
NOBODY = 65534
PROGRAM = """
import json, os, sys
from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap, start_walled

limits = Limits(seconds=20, memory_mib=512, processes=32)
told = {"findings": [[one.name, one.ok] for one in Bubblewrap().findings()], "host user": os.getuid()}
worker = Bubblewrap().start(Setup(limits=limits))

def ran(code):
    result = worker.run(code)
    return [result.value, result.error and result.error.kind]

told["user"] = ran("import os; os.getuid()")
told["mapped"] = ran("open('/proc/self/uid_map').read().split()")
told["rights"] = ran("[one.split()[1] for one in open('/proc/self/status') if one.startswith('Cap')]")
told["forks"] = ran('''
import os, time
made = 0
try:
    while made < 64:
        if os.fork() == 0: time.sleep(3); os._exit(0)
        made += 1
except BlockingIOError: pass
made''')
told["files"] = ran("for one in range(20000): open(f'{one}', 'w').close()")
told["first"] = [ran(f"open('/proc/1/{one}', 'rb').read(1)") for one in ("mem", "environ", "task/1/mem", "root/usr")]
worker.close()  # with the processes that sleep in it
worker = Bubblewrap().start(Setup(limits=limits))
told["memory"] = ran('''
import os, time
for _ in range(6):
    if os.fork() == 0:
        taken = bytearray(300 << 20)
        taken[::4096] = b'x' * len(taken[::4096])
        time.sleep(15); os._exit(0)
time.sleep(15)''')
worker.close()
launch = Bubblewrap().launch(limits)
from dataclasses import replace
for wall in ("--unshare-net", "--unshare-pid"):
    open_one = replace(launch, command=tuple(one for one in launch.command if one != wall))
    try:
        start_walled(open_one, Setup(limits=limits))
        told[wall] = "started"
    except SandboxUnavailableError as error:
        told[wall] = str(error)
source = launch.prelude.source.replace("    _hide_first(libc)\\n", "")
assert source != launch.prelude.source
try:
    start_walled(replace(launch, prelude=replace(launch.prelude, source=source)), Setup(limits=limits))
    told["shown"] = "started"
except SandboxUnavailableError as error:
    told["shown"] = str(error)
print(json.dumps(told))
"""


def python_of_nobody():
    """The command of a Python that this user, or nobody, can run and that finds the checkout and its packages."""
    if os.geteuid() != 0:
        return sys.executable, {}
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    for one in (sys.executable, shutil.which(minor, path="/usr/local/bin:/usr/bin")):
        if one is None:
            continue
        try:
            done = subprocess.run(
                [one, "-c", "import llm_strategy.sandbox.bubblewrap.body, pydantic, pyseccomp"],
                env=environment(),
                cwd="/",
                capture_output=True,
                check=False,
                **options,
            )
        except PermissionError:
            continue
        if done.returncode == 0:
            return one, options
    pytest.skip(f"nobody can run no {minor} that finds this checkout")
    return None


def environment():
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *packages]),
        "OPENAI_API_KEY": "a-key-that-nobody-may-see",
    }


@pytest.fixture(scope="module")
def told():
    python, options = python_of_nobody()
    done = subprocess.run(
        [python, "-c", PROGRAM], env=environment(), cwd="/", capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_has_what_it_needs(told):
    assert told["host user"] != 0
    assert all(ok for _, ok in told["findings"]), told["findings"]


def test_the_code_is_nobody_special_in_a_namespace_of_users(told):
    assert told["user"] == [1000, None]
    assert told["mapped"] == [["1000", str(told["host user"]), "1"], None]


def test_no_right_of_root_is_left(told):
    inherited, permitted, effective, _, ambient = told["rights"][0]

    assert {inherited, permitted, effective, ambient} == {"0000000000000000"}


def test_processes_are_limited(told):
    assert 20 < told["forks"][0] < 32


def test_files_are_limited(told):
    assert told["files"] == [None, "OSError"]


def test_the_first_process_of_the_namespace_shows_nothing_and_cannot_be_taken_over(told):
    assert told["first"] == [[None, "PermissionError"]] * 4


def test_a_first_process_that_could_be_taken_over_is_noticed(told):
    assert "\n  other processes: the memory of process 1 can be written" in told["shown"]


def test_memory_of_all_processes_is_limited(told):
    assert told["memory"] == [None, "MemoryLimit"]


@pytest.mark.parametrize(("off", "wall"), [("--unshare-net", "connect"), ("--unshare-pid", "namespaces")])
def test_walls_that_are_off_are_noticed(told, off, wall):
    assert f"\n  {wall}: " in told[off]
