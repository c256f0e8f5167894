"""Snapshots: going on elsewhere, and refusing what was not sealed with the key."""

import pytest

from llm_strategy.errors import InputError
from llm_strategy.sandbox import GuestFunction, HostCall, Limits, Returned, Setup
from llm_strategy.sandbox.monty.body import Monty

LIMITS = Limits(seconds=5, memory_mib=128)
FUNCTIONS = (GuestFunction("look", ("what",)),)


def snapshot_of(code, monty=Monty()):  # noqa: B008
    worker = monty.start(Setup(LIMITS, FUNCTIONS))
    assert worker.run(code).ok
    taken = worker.snapshot()
    assert worker.run("1").value == 1
    worker.close()
    return taken


@pytest.fixture(scope="module")
def taken():
    return snapshot_of("x = {'a': [1, 2]}\ndef half(n):\n    return n / 0\nask = None")


def resumed(snapshot, monty=Monty(), limits=LIMITS):  # noqa: B008
    return monty.start(Setup(limits, FUNCTIONS, snapshot=snapshot))


def test_a_session_goes_on_from_a_snapshot_with_names_functions_and_tools(taken):
    worker = resumed(taken)
    assert worker.run("x['a'].append(3)\nx").value == {"a": [1, 2, 3]}
    assert isinstance(worker.run("look(1)"), HostCall)
    assert worker.resume(Returned(5)).value == 5
    error = worker.run("half(1)").error
    assert (error.kind, error.traceback.splitlines()[-1]) == (
        "ZeroDivisionError",
        "ZeroDivisionError: division by zero",
    )
    worker.close()


def test_a_snapshot_may_be_used_many_times(taken):
    for _ in range(2):
        worker = resumed(taken)
        assert worker.run("x['a'].append(9)\nlen(x['a'])").value == 3
        worker.close()


def test_a_runaway_in_a_session_from_a_snapshot_leaves_its_names(taken):
    worker = resumed(taken, limits=LIMITS)
    assert worker.run("x = 'x' * 10**10").error.kind == "MemoryLimit"
    assert worker.run("x['a']").value == [1, 2]
    worker.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda taken: taken[:-1],
        lambda taken: taken + b"\0",
        lambda taken: taken[:-40] + bytes([taken[-40] ^ 1]) + taken[-39:],
        lambda taken: taken.replace(b'"memory_mib": 128', b'"memory_mib": 999'),
        lambda taken: taken[:60],
    ],
)
def test_a_snapshot_that_was_changed_is_not_loaded(taken, change):
    with pytest.raises(InputError, match=r"The seal of Setup\.snapshot is broken"):
        resumed(change(taken))


def test_bytes_that_are_no_snapshot_are_not_loaded():
    with pytest.raises(InputError, match="it is no snapshot of monty"):
        resumed(b"\x80\x04cos\nsystem\n")


def test_a_snapshot_of_other_limits_is_not_loaded_because_it_would_bring_them(taken):
    with pytest.raises(InputError, match=r'"memory_mib": 128.*this session is.*"memory_mib": 256'):
        resumed(taken, limits=Limits(seconds=5, memory_mib=256))


def test_with_a_key_of_the_user_snapshots_are_of_use_elsewhere_and_without_it_are_not(taken):
    mine = Monty(key=b"k" * 32)
    sealed = snapshot_of("x = 7", mine)
    worker = resumed(sealed, Monty(key=b"k" * 32))
    assert worker.run("x").value == 7
    worker.close()
    with pytest.raises(InputError, match=r"give both the same key: Monty\(key=\.\.\.\)"):
        resumed(sealed)
    with pytest.raises(InputError):
        resumed(taken, mine)
