"""What other sandboxes were seen to let through, one test for each pitfall, numbered as in the survey."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Limits, Setup
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap, start_walled
from llm_strategy.sandbox.bubblewrap.watch import processes_below

pytestmark = pytest.mark.usefixtures("bubblewrap_works")
LIMITS = Limits(seconds=20, memory_mib=512, processes=32, disk_mib=64, files=4096, output_kib=1024)


@pytest.fixture
def worker():
    found = Bubblewrap().start(Setup(limits=LIMITS))
    yield found
    found.close()


def test_pitfall_1_the_environment_of_the_program_bubblewrap_holds_no_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-that-nobody-may-see")
    worker = Bubblewrap().start(Setup(limits=LIMITS))
    try:
        result = worker.run(
            "import os\n"
            "for one in os.listdir('/proc'):\n"
            "    if one.isdigit():\n"
            "        try: print(one, open(f'/proc/{one}/environ').read())\n"
            "        except OSError as error: print(error)\n"
        )
    finally:
        worker.close()

    assert "/sandbox" in result.stdout
    assert "a-key-that-nobody-may-see" not in result.stdout


def test_pitfall_1_a_secret_in_the_environment_of_bubblewrap_is_noticed(monkeypatch):
    from dataclasses import replace

    monkeypatch.setenv("OPENAI_API_KEY", "a-key-that-nobody-may-see")
    launch = Bubblewrap().launch(LIMITS)

    with pytest.raises(SandboxUnavailableError, match="of the environment outside"):
        start_walled(replace(launch, environment={**launch.environment, **os.environ}), Setup(limits=LIMITS))


def test_pitfall_2_the_limit_of_processes_holds_whoever_starts_the_sandbox(worker):
    result = worker.run(
        "import os, time\n"
        "made = 0\n"
        "try:\n"
        "    while made < 64:\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(5); os._exit(0)\n"
        "        made += 1\n"
        "except BlockingIOError: pass\n"
        "made, os.getuid()\n"
    )

    made, user = result.value
    assert 20 < made < 32
    assert user != 0


def test_pitfall_2_threads_count_as_processes(worker):
    result = worker.run(
        "import threading, time\n"
        "for _ in range(300): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    )

    assert result.error is not None
    assert "can't start new thread" in result.error.message


def test_pitfall_3_the_memory_of_all_processes_together_is_limited(worker):
    result = worker.run(
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0:\n"
        "        taken = bytearray(300 << 20)\n"
        "        taken[::4096] = b'x' * len(taken[::4096])\n"
        "        time.sleep(15); os._exit(0)\n"
        "time.sleep(15)\n"
    )

    assert result.error is not None
    assert result.error.kind == "MemoryLimit"
    assert "All processes together held more than 512 MiB" in result.error.message
    assert not worker.alive


def test_pitfall_3_memory_that_processes_share_counts_once(worker):
    result = worker.run(
        "import os, time\n"
        "taken = bytearray(b'x') * (100 << 20)\n"
        "for _ in range(10):\n"
        "    if os.fork() == 0: time.sleep(1); os._exit(0)\n"
        "time.sleep(1.5)\n"
        "len(taken) >> 20\n"
    )

    assert result.value == 100


def test_pitfall_3_one_process_gets_an_error_and_goes_on(worker):
    result = worker.run("kept = 7\nbytearray(1 << 30)")

    assert result.error is not None
    assert result.error.kind in {"MemoryError", "MemoryLimit"}
    assert worker.run("kept").value == 7


def test_pitfall_4_many_files_are_limited_as_one_large_one_is(worker):
    many = worker.run("for one in range(64): open(f'{one}', 'wb').write(bytes(4 << 20))")
    one = worker.run("open('large', 'wb').write(bytes(100 << 20))")

    assert many.error is not None
    assert "No space left" in many.error.message
    assert one.error is not None
    assert one.error.kind == "OSError"


@pytest.mark.parametrize("folder", [".", "/sandbox", "/dev/shm"])
def test_pitfall_4_empty_files_are_limited_too_wherever_they_are(worker, folder):
    result = worker.run(f"for one in range(20000): open(f'{folder}/{{one}}', 'w').close()")

    assert result.error is not None
    assert "No space left" in result.error.message


def test_pitfall_4_a_full_workspace_can_be_emptied(worker):
    worker.run("for one in range(64): open(f'{one}', 'wb').write(bytes(4 << 20))")

    result = worker.run("import os\nfor one in os.listdir('.'): os.remove(one)\nopen('small', 'w').write('x')")

    assert result.error is None
    assert worker.read_file("small") == b"x"


def test_pitfall_5_modes_and_times_outside_cannot_be_changed(worker, tmp_path):
    outside = tmp_path / "victim"
    outside.write_text("x")
    outside.chmod(0o666)
    before = outside.stat()

    result = worker.run(
        "import os, sys\n"
        f"for path in ({str(outside)!r}, os.__file__, '/usr', '/'):\n"
        "    for act in (lambda: os.chmod(path, 0o777), lambda: os.utime(path, (1, 1)), lambda: os.chown(path, 1, 1)):\n"
        "        try: act(); print('changed', path)\n"
        "        except OSError: pass\n"
    )

    assert result.stdout == ""
    assert (outside.stat().st_mode, outside.stat().st_mtime) == (before.st_mode, before.st_mtime)


def test_pitfall_5_udp_and_unix_sockets_reach_nobody(worker):
    result = worker.run(
        "import socket\n"
        "for kind in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, 38, 40):\n"
        "    try: socket.socket(kind, socket.SOCK_DGRAM); print('made', kind)\n"
        "    except OSError: pass\n"
    )

    assert result.stdout == ""


def test_pitfall_6_a_process_in_a_session_of_its_own_ends_with_the_sandbox(worker):
    worker.run(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for number in range(3): os.close(number)\n"
        "        time.sleep(60)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    there = list(processes_below(worker.process_id))

    worker.close()

    assert len(there) >= 4
    assert waited_for(lambda: not [one for one in there if running(one)])


def test_pitfall_6_a_program_that_is_killed_leaves_nothing_running(tmp_path):
    import subprocess

    program = (
        "import sys\n"
        "from llm_strategy.sandbox import Setup\n"
        "from llm_strategy.sandbox.bubblewrap.body import Bubblewrap\n"
        "from llm_strategy.sandbox.bubblewrap.watch import processes_below\n"
        "worker = Bubblewrap().start(Setup())\n"
        "print(*processes_below(worker.process_id), flush=True)\n"
        "worker.run('while True: pass')\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    there = [int(one) for one in host.stdout.readline().split()]

    host.kill()
    host.communicate()

    assert len(there) >= 3
    assert waited_for(lambda: not [one for one in there if running(one)])


def test_pitfall_6_a_sandbox_outlives_the_thread_that_began_it():
    made = []
    thread = threading.Thread(target=lambda: made.append(Bubblewrap().start(Setup(limits=LIMITS))))
    thread.start()
    thread.join()
    try:
        assert made[0].run("1 + 1").value == 2
        time.sleep(0.1)
        assert made[0].run("2 + 2").value == 4
    finally:
        made[0].close()


def test_pitfall_7_output_is_kept_to_its_limit_while_it_comes(worker):
    result = worker.run("text = 'x' * (1 << 20)\nfor _ in range(64): print(text)")

    assert len(result.stdout) <= 1 << 20
    assert result.dropped > 60 << 20


def test_pitfall_8_code_that_ignores_every_interrupt_is_ended_from_outside():
    worker = Bubblewrap().start(Setup(limits=Limits(seconds=1)))
    try:
        result = worker.run(
            "import signal\n"
            "for one in range(1, 65):\n"
            "    try: signal.signal(one, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\n"
            "while True:\n"
            "    try:\n"
            "        while True: pass\n"
            "    except BaseException: pass\n"
        )
    finally:
        worker.close()

    assert result.error is not None
    assert result.error.kind == "TimeLimit"
    assert result.state_lost
    assert result.usage.seconds < 5


def running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def waited_for(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()
