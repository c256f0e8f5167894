"""Code that attacks the talk between worker and host: it may end its session, and nothing else."""

import pytest

from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.steps import HostCall, Returned
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

FORGED = '{"kind":"done","action":1,"ended":false,"files":[],"cpu":0,"memory":0,"value":"ESCAPED-FORGED","shown":"ESCAPED-FORGED"}'
# What follows finds the worker's own objects, as hostile code can, and speaks in its name.
INSIDE = (
    "import gc, json, os\n"
    "channel = next(o for o in gc.get_objects() if type(o).__name__ == 'Channel')\n"
    "nonce, sink = channel._nonce, channel._sink\n"
    "def frame(**told): \n"
    "    body = json.dumps({'nonce': nonce, **told}).encode()\n"
    "    os.write(sink, len(body).to_bytes(4, 'big') + body)\n"
    "def raw(body): os.write(sink, body)\n"
    "done = dict(kind='done', action=1, ended=False, files=[], cpu=0.0, memory=0.0, value='ESCAPED-FORGED')\n"
)


@pytest.fixture
def start():
    started = []

    def made(**limits):
        functions = (GuestFunction("host_write", ("path", "text")), GuestFunction("host_echo", ("value",)))
        started.append(UnsafeProcess().start(Setup(Limits(**{"seconds": 5, **limits}), functions)))
        return started[-1]

    yield made
    for one in started:
        one.close()


def lost(result):
    return result.error is not None and result.error.kind == "Lost" and result.state_lost and result.value is None


@pytest.mark.parametrize(
    "body", [FORGED.encode() + b"\n", len(FORGED).to_bytes(4, "big") + FORGED.encode(), b"\0\0\0\x02{}", b"\x40\0\0\0"]
)
def test_frames_forged_on_every_descriptor_are_not_believed(start, body):
    worker = start()
    code = f"import os\nfor fd in range(3, 1024):\n    try: os.write(fd, {body!r})\n    except OSError: pass\n'mine'"
    result = worker.run(code)
    assert lost(result)
    assert "ESCAPED" not in f"{result.value}{result.shown}{result.error}"
    assert not worker.alive


def test_frames_forged_on_the_usual_descriptors_hit_nothing(start):
    worker = start()
    code = f"import os\nfor fd in range(3, 300):\n    try: os.write(fd, {FORGED!r}.encode())\n    except OSError: pass\n'mine'"
    assert worker.run(code).value == "mine"
    assert worker.alive


@pytest.mark.parametrize(
    "attack",
    [
        "raw((1 << 30).to_bytes(4, 'big') + b'x')",
        "raw(b'\\0\\0\\0\\5hello')",
        "import pickle; body = pickle.dumps({'kind': 'done'}); raw(len(body).to_bytes(4, 'big') + body)",
        "body = b'[' * 50000; raw(len(body).to_bytes(4, 'big') + body)",
        "raw(b'\\0\\0'); os._exit(0)",
        'body = b\'{"nonce":"\' + nonce.encode() + b\'","kind":"done","kind":"done"}\'; raw(len(body).to_bytes(4, \'big\') + body)',
        "nonce = 'x' * 32; frame(**done)",
        "frame(**{**done, 'action': 99})",
        "frame(**{**done, 'action': 0})",
        "frame(**{**done, 'action': True})",
        "frame(**{**done, 'action': '1'})",
        "frame(**{**done, 'more': 1})",
        "frame(**{**done, 'cpu': 'x'})",
        "frame(**{**done, 'cpu': -1})",
        "frame(**{**done, 'error': {'kind': 1}})",
        "frame(**{**done, 'error': {'kind': 'x' * 1000, 'message': '', 'traceback': ''}})",
        "frame(**{**done, 'files': [{'path': 'x', 'operation': 'chmod', 'size': 1}]})",
        "frame(**{**done, 'files': [{'path': 'x', 'operation': 'write', 'size': -1}]})",
        "frame(**{**done, 'shown': 'x' * 1_000_000})",
        "frame(kind='call', action=1, call=1, tool='os.system', arguments='{}')",
        "frame(kind='call', action=1, call=7, tool='host_echo', arguments='{}')",
        "frame(kind='call', action=1, call=1, tool='host_echo', arguments={})",
        "frame(kind='ready', told=None)",
        "frame(kind='file', action=1, data='')",
        "frame(kind=['done'])",
        "frame(kind=None)",
        "frame()",
    ],
)
def test_what_is_no_frame_of_the_worker_ends_the_session(start, attack):
    worker = start()
    result = worker.run(f"{INSIDE}{attack}\n'mine'")
    assert lost(result)
    assert not worker.alive
    assert UnsafeProcess().start(Setup()).run("1").value == 1


def test_a_frame_that_comes_again_ends_the_session(start):
    worker = start()
    assert worker.run(f"{INSIDE}1").value == 1
    worker.run("frame(**{**done, 'action': 1}) if False else None")
    assert lost(worker.run("frame(**done); 2"))


def test_code_that_speaks_for_the_worker_says_no_more_than_it_could_anyway(start):
    worker = start()
    result = worker.run(f"{INSIDE}frame(**done)\n'mine'")
    assert result.value == "ESCAPED-FORGED"  # as if it had been the last line of the code
    assert lost(worker.run("2"))  # but the worker's own frame follows, and is one too many


def test_a_call_in_the_name_of_the_worker_is_a_call(start):
    worker = start()
    step = worker.run(
        f"{INSIDE}frame(kind='call', action=1, call=1, tool='host_echo', arguments='{{\"value\": 1}}')\nchannel.receive()['value']"
    )
    assert step == HostCall("host_echo", '{"value": 1}')
    assert worker.resume(Returned("back")).value == "back"


def test_calls_do_not_make_the_host_keep_more_and_more(start):
    worker = start()
    step = worker.run("for i in range(50): host_echo('x' * 100_000)")
    count = 0
    while isinstance(step, HostCall):
        count += 1
        step = worker.resume(Returned(None))
    assert (count, step.error) == (50, None)
    assert worker._pump._reader.rest == 0


def test_objects_that_do_something_when_they_are_read_are_not_read(start, tmp_path):
    mark = tmp_path / "mark"
    code = f"class P:\n    def __reduce__(self):\n        import os\n        return os.system, ('touch {mark}',)\nresult = P()\nresult"
    result = start().run(code)
    assert (result.value, result.error) == (None, None)
    assert not mark.exists()


def test_a_worker_that_stops_reading_does_not_stop_the_host(start):
    worker = start(seconds=1)
    worker.run("import os, signal, time\ndef stop():\n    os.kill(os.getpid(), signal.SIGSTOP)\nhost_echo(1)\nstop()")
    assert worker.resume(Returned("x" * 4_000_000)).error.kind == "TimeLimit"


def test_a_question_for_a_file_that_is_answered_wrongly_ends_the_session(start):
    from llm_strategy.errors import SandboxLostError

    worker = start()
    worker.run(
        f"{INSIDE}import threading, time\nthreading.Timer(0.2, frame, (), dict(kind='file', action=2, data='?')).start()\nos.kill"
    )
    worker.run("import time\nclass Late: pass")
    import time

    time.sleep(0.4)
    with pytest.raises(SandboxLostError, match="does not give its files"):
        worker.read_file("x")
    assert not worker.alive


def test_arguments_in_which_a_name_stands_twice_are_not_believed(start):
    code = """frame(kind='call', action=1, call=1, tool='host_echo', arguments='{"value": 1, "value": 2}')"""
    assert lost(start().run(INSIDE + code))


def test_files_outside_of_the_workspace_are_not_told(start):
    told = "[dict(path=p, operation='create', size=1) for p in ('../../etc/passwd', '/x', 'mine')]"
    result = start().run(f"{INSIDE}frame(**{{**done, 'files': {told}}})\nwhile True: pass")
    assert [one.path for one in result.files] == ["mine"]


def test_a_file_that_comes_in_crumbs_is_read_to_its_first(start):
    worker = start()
    worker.run("import os\nopen('f', 'wb').write(b'y' * 3000)\nos.pread = lambda *a: b'x'")
    assert worker.read_file("f") == b"x"
