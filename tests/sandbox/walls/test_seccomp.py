"""The filter of system calls, loaded into processes of its own."""

import base64
import errno
import json
import platform
import subprocess
import sys

import pytest

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.walls.seccomp import seccomp_program
from llm_strategy.sandbox.walls.seccomp_rules import NEWEST, RULES, Argument, SeccompRule

pytest.importorskip("pyseccomp", exc_type=(ImportError, RuntimeError))
pytestmark = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "aarch64"}, reason="numbers of system calls are known for these two"
)

LOADED = """
import base64, ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
program = base64.b64decode(sys.argv[1])
class Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(program) // 8, program)), 0, 0) == 0
def call(number, *arguments):
    ctypes.set_errno(0)
    found = libc.syscall(ctypes.c_long(number), *(ctypes.c_ulong(one) for one in arguments))
    return ctypes.get_errno() if found == -1 else 0
"""
X86 = platform.machine() == "x86_64"
NUMBER = {
    "ptrace": 101 if X86 else 117,
    "process_vm_readv": 310 if X86 else 270,
    "keyctl": 250 if X86 else 219,
    "bpf": 321 if X86 else 280,
    "userfaultfd": 323 if X86 else 282,
    "io_uring_setup": 425,
    "mount": 165 if X86 else 40,
    "unshare": 272 if X86 else 97,
    "kexec_load": 246 if X86 else 104,
    "personality": 135 if X86 else 92,
    "socket": 41 if X86 else 198,
    "clone": 56 if X86 else 220,
    "clone3": 435,
    "memfd_create": 319 if X86 else 279,
    "ioctl": 16 if X86 else 29,
    "fchmodat": 268 if X86 else 53,
    "fchmodat2": 452,
    "openat": 257 if X86 else 56,
    "openat2": 437,
    "mknodat": 259 if X86 else 33,
    "setsockopt": 54 if X86 else 208,
    "io_setup": 206 if X86 else 0,
    "vmsplice": 278 if X86 else 75,
    "inotify_init1": 294 if X86 else 26,
    "getpid": 39 if X86 else 172,
}


def behind(filter_of_calls, program):
    command = [sys.executable, "-I", "-c", LOADED + program, base64.b64encode(filter_of_calls).decode()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def refusal(name, *arguments):
    told = behind(seccomp_program(), f"print(json.dumps(call({NUMBER[name]}, *{list(arguments)!r})))")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.parametrize(
    "name",
    ["ptrace", "process_vm_readv", "keyctl", "bpf", "userfaultfd", "io_uring_setup", "mount", "unshare", "kexec_load"],
)
def test_calls_that_were_ways_out_are_refused(name):
    assert refusal(name, 0, 0, 0, 0, 0) == errno.EPERM


@pytest.mark.parametrize("family", [2, 10, 16, 17, 38, 40, 1 | 1 << 32])
def test_sockets_of_other_kinds_than_unix_are_refused(family):
    assert refusal("socket", family, 1, 0) == errno.EACCES


def test_sockets_within_the_machine_are_left_to_the_namespace():
    assert refusal("socket", 1, 1, 0) == 0


@pytest.mark.parametrize("flag", [0x10000000, 0x20000, 0x20000000, 0x40000000, 0x4000000, 0x8000000, 0x2000000])
def test_a_process_in_a_new_namespace_is_refused(flag):
    assert refusal("clone", flag | 17, 0, 0, 0, 0) == errno.EPERM


def test_the_call_whose_flags_no_filter_sees_does_not_exist():
    assert refusal("clone3", 0, 0) == errno.ENOSYS


def test_memory_that_no_limit_counts_does_not_exist():
    assert refusal("memfd_create", 0, 0) == errno.ENOSYS


@pytest.mark.parametrize("command", [0x5412, 0x5412 | 7 << 32, 0x541C])
def test_nothing_is_typed_into_a_terminal(command):
    assert refusal("ioctl", 0, command, 0) == errno.EPERM


@pytest.mark.parametrize(("mode", "refused"), [(0o4755, True), (0o2755, True), (0o6000, True), (0o1777, False)])
@pytest.mark.parametrize("name", ["fchmodat", "fchmodat2"])
def test_no_file_gets_the_rights_of_its_owner(name, mode, refused):
    assert (refusal(name, 2**64 - 100, 0, mode, 0) == errno.EPERM) is refused


@pytest.mark.parametrize(
    ("flags", "mode", "refused"),
    [
        (0o100, 0o4755, True),
        (0o101, 0o2755, True),
        (0o20200001, 0o6000, True),
        (0, 0o4755, False),
        (0o100, 0o755, False),
    ],
)
def test_no_file_is_made_with_the_rights_of_its_owner(flags, mode, refused):
    # What is let through finds that the name lies at a bad address.
    assert (refusal("openat", 2**64 - 100, 0, flags, mode) == errno.EPERM) is refused


def test_no_file_is_made_by_calls_beside_it():
    assert refusal("mknodat", 2**64 - 100, 0, 0o100000 | 0o4755, 0) == errno.EPERM
    assert refusal("openat2", 2**64 - 100, 0, 0, 0) == errno.ENOSYS


@pytest.mark.parametrize(("option", "refused"), [(7, True), (8, True), (32, True), (33, True), (2, False)])
def test_sockets_hold_no_more_than_at_first(option, refused):
    assert (refusal("setsockopt", 2**32 - 1, 1, option, 0, 4) == errno.EPERM) is refused


def test_what_the_machine_or_a_user_has_a_number_of_is_refused():
    assert refusal("io_setup", 8, 0) == errno.EPERM
    assert refusal("inotify_init1", 0) == refusal("vmsplice", 0, 0, 0, 0) == errno.ENOSYS


@pytest.mark.parametrize("number", [NEWEST + 1, 600, 0x40000000 + 39])
def test_calls_younger_than_the_list_and_those_of_x32_do_not_exist(number):
    told = behind(seccomp_program(), f"print(call({number}, 0, 0))")

    assert told.stdout.strip() == str(errno.ENOSYS)


@pytest.mark.skipif(not X86, reason="32-bit code on a 64-bit kernel, as Intel has it")
def test_code_of_another_architecture_ends_the_process():
    # mov eax, 20 (getpid of i386); int 0x80; ret
    program = """
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print("went on")
"""
    told = behind(seccomp_program(), program)

    assert told.returncode < 0
    assert "went on" not in told.stdout


def test_programs_threads_and_pipes_go_on_as_before():
    program = """
import asyncio, subprocess, threading
async def main(): return await asyncio.to_thread(lambda: 2)
one = threading.Thread(target=print); one.start(); one.join()
print(subprocess.run(["/bin/echo", "1"], capture_output=True, text=True).stdout.strip(), asyncio.run(main()))
"""
    told = behind(seccomp_program(), program)

    assert told.stdout.split() == ["1", "2"], told.stderr


def test_a_rule_that_names_no_call_is_a_mistake():
    with pytest.raises(KeyError, match="no_such_call"):
        seccomp_program((SeccompRule("no_such_call"),))


def test_a_rule_that_the_library_refuses_is_no_filter():
    rules = (SeccompRule("ioctl", errno.EPERM, (Argument(99, 1, 1),)),)

    with pytest.raises(SandboxUnavailableError, match="libseccomp made no filter"):
        seccomp_program(rules)


def test_calls_that_this_machine_never_had_are_left_out():
    with_vm86, without = (tuple(one for one in RULES if one.call != gone) for gone in ("", "vm86"))

    assert seccomp_program(with_vm86) == seccomp_program(without)


@pytest.mark.parametrize(
    ("error", "said"),
    [(ImportError("gone"), "pip install"), (RuntimeError("no library"), "apt-get install libseccomp2")],
)
def test_a_filter_that_cannot_be_made_says_what_to_install(monkeypatch, error, said):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "pyseccomp":
                raise error

    monkeypatch.delitem(sys.modules, "pyseccomp", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])

    with pytest.raises(SandboxUnavailableError, match=said):
        seccomp_program((SeccompRule("ptrace"), SeccompRule("bpf"), SeccompRule(f"{said[:3]}")))
