"""The part of the self-test that runs inside: it tries every wall and tells what happened.

This file is run in the sandbox, where this package is not: it may import the standard library only.
"""

from __future__ import annotations

import errno
import hashlib
import os
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["probe"]

_SOON = 0.2
_ATTACH = 16


def probe(plan: dict[str, Any]) -> dict[str, list[Any]]:
    """Try the walls that a plan names. Returns for each whether it held, and what was seen.

    An error that a try does not expect is no clear answer, and the wall counts as open.
    """
    answers: dict[str, list[Any]] = {}
    for wall in plan["walls"]:
        try:
            found = _TRIES[wall](plan)
        except Exception as error:  # noqa: BLE001  # whatever it is: nothing is proven
            found = f"no clear answer: {type(error).__name__}: {error}"
        answers[wall] = [not found, found]
    plan.clear()  # who comes after has no need to know what was looked for
    return answers


def _read(plan: dict[str, Any]) -> str:
    try:
        with open(plan["secret"], encoding="utf-8") as file:  # noqa: PTH123  # the plainest way in
            text = file.read()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return ""
    return f"a file outside was read ({len(text)} characters)"


def _write(plan: dict[str, Any]) -> str:
    try:
        with open(plan["target"], "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("x")
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return ""
    except OSError as error:
        return "" if error.errno == 30 else f"no clear answer: {error}"  # EROFS
    return "a file was written outside"


def _connect(plan: dict[str, Any]) -> str:
    for family, kind, address in plan["addresses"]:
        where: Any = address if isinstance(address, str) else tuple(address)
        try:
            with socket.socket(family, kind) as one:
                one.settimeout(_SOON)
                one.connect(where)
                one.send(b"x")
        except TimeoutError:
            return f"no clear answer from {where!r}"
        except OSError:
            continue
        return f"a socket reached {where!r}"
    return ""


def _environment(plan: dict[str, Any]) -> str:
    known, salt = set(plan["environment"]), plan["token"].encode()
    for name, entries in _environments(plan):
        for entry in entries:
            if salt in entry or hashlib.blake2b(entry, key=salt, digest_size=8).hexdigest() in known:
                return (
                    f"process {name} shows {entry.split(b'=')[0].decode(errors='replace')!r} of the environment outside"
                )
    return ""


def _environments(plan: dict[str, Any]) -> Iterator[tuple[str, list[bytes]]]:
    yield str(os.getpid()), [name + b"=" + value for name, value in os.environb.items()]
    for name in _processes(plan):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123
                yield name, file.read().split(b"\0")
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue


def _processes(plan: dict[str, Any]) -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except FileNotFoundError:
        return []
    except PermissionError:  # it may still be that some can be read
        return ["self", *(str(one) for one in (1, os.getpid(), os.getppid(), *plan["processes"]))]


def _signal(plan: dict[str, Any]) -> str:
    try:
        if _namespace("pid") != plan["namespaces"]["pid"]:
            return ""  # numbers of processes mean others in here
    except (FileNotFoundError, PermissionError):
        pass
    for process in plan["processes"]:
        try:
            os.kill(process, 0)
        except (ProcessLookupError, PermissionError):
            continue
        return f"process {process} outside can be signalled"
    return ""


def _other_processes(plan: dict[str, Any]) -> str:
    for name in sorted({*_processes(plan), "1", str(os.getppid()), *map(str, plan["processes"])}):
        if name not in {"self", str(os.getpid())}:
            try:
                os.close(os.open(f"/proc/{name}/mem", os.O_RDWR))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
            return f"the memory of process {name} can be written"
    return ""


def _namespaces(plan: dict[str, Any]) -> str:
    shared = [name for name, number in plan["namespaces"].items() if _namespace(name) == number]
    return f"shared with the machine: {', '.join(shared)}" if shared else ""


def _namespace(name: str) -> int:
    return os.stat(f"/proc/self/ns/{name}").st_ino  # noqa: PTH116


def _fork(plan: dict[str, Any]) -> str:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if not 0 <= hard <= plan["most_processes"]:
        return f"{hard} processes are allowed"
    resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))
    try:
        child = os.fork()
    except BlockingIOError:
        return ""
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "a process was started above the limit"


def _memory(plan: dict[str, Any]) -> str:
    import mmap

    try:
        mmap.mmap(-1, plan["most_memory"] + (64 << 20)).close()
    except (OSError, MemoryError):
        return ""
    return "more memory than the limit was given"


def _disk(plan: dict[str, Any]) -> str:
    for folder in plan["folders"]:
        room = os.statvfs(folder)
        if room.f_blocks * room.f_frsize > plan["most_disk"] or not 0 < room.f_files <= plan["most_files"]:
            return f"{folder} has {room.f_blocks * room.f_frsize} bytes and {room.f_files} files"
    return ""


def _system_calls(plan: dict[str, Any]) -> str:
    del plan
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace(_ATTACH, 0, None, None)  # there is no process 0: where nothing refuses it, that is what is said
    if ctypes.get_errno() != errno.EPERM:
        return "ptrace works"
    return "" if _status("Seccomp") == "2" else "no filter is loaded"


def _privileges(plan: dict[str, Any]) -> str:
    if os.geteuid() == 0:
        return "the code is root"
    if _status("NoNewPrivs") != "1":
        return "programs that change the user work"
    given: int = plan.get("rights", 0)
    powers = [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(_status(name), 16) & ~given]
    return f"rights of root are left ({', '.join(powers)})" if powers else ""


def _status(field: str) -> str:
    with open("/proc/self/status", encoding="utf-8") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(f"{field}:"):
                return line.split()[1]
    raise LookupError(field)


_TRIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "read": _read,
    "write": _write,
    "connect": _connect,
    "environment": _environment,
    "signal": _signal,
    "other processes": _other_processes,
    "namespaces": _namespaces,
    "fork": _fork,
    "memory": _memory,
    "disk": _disk,
    "system calls": _system_calls,
    "privileges": _privileges,
}
