"""What code under Landlock may touch, and which system calls it may not make, as data.

Landlock is younger than the kernels that people run, and learned its rights one by one: what a kernel cannot yet refuse
by Landlock is refused by the filter of system calls, as a whole where need be. Below version 2 there is too much of it.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from llm_strategy.sandbox.walls.seccomp_rules import RULES, Argument, SeccompRule

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ABI_KNOWN", "ABI_NEEDED", "OWN_PROCESS", "landlock_calls", "readable_paths"]

ABI_NEEDED = 2
"""The oldest version of Landlock that is enough (Linux 5.19)."""
ABI_KNOWN = 11
"""The newest one that is made use of."""
OWN_PROCESS = 0x5EC0DE01
"""Stands in the filter for the number of the worker's process, which is not known before it runs."""

_ABI_TRUNCATE, _ABI_SIGNALS = 3, 6
_SYSTEM = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec", "/usr/share"),
    *("/usr/local/bin", "/usr/local/lib", "/usr/local/share"),
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts", "/etc/mime.types"),
)

_WORD = 0xFFFFFFFF
_KIND_OF_SOCKET = 0xF
_DATAGRAMS = (2, 3, 5)
_OWNERS = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_OWNERS_OF_SOCKETS = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP

_ALWAYS = (
    # There is no network namespace: no socket but a pair of connected streams, which reaches nobody else.
    *(SeccompRule(call, errno.EACCES) for call in ("socket", "connect", "bind", "listen", "accept", "accept4")),
    *(SeccompRule("socketpair", errno.EACCES, (Argument(1, _KIND_OF_SOCKET, kind),)) for kind in _DATAGRAMS),
    # Nor is there one of processes, of messages and of memory.
    *(SeccompRule(call) for call in ("semop", "semtimedop", "semctl", "msgsnd", "msgrcv", "msgctl", "mq_unlink")),
    *(SeccompRule(call) for call in ("sched_setscheduler", "sched_setparam", "sched_setattr", "ioprio_set")),
    *(SeccompRule(call, errno.EPERM, (Argument(0, 0, 0),)) for call in ("prlimit64", "sched_setaffinity")),
    *(SeccompRule("setpriority", errno.EPERM, (Argument(place, 0, 0),)) for place in (0, 1)),
    *(SeccompRule("fcntl", errno.EPERM, (Argument(1, _WORD, command),)) for command in _OWNERS),
    *(SeccompRule("ioctl", errno.EPERM, (Argument(1, _WORD, command),)) for command in _OWNERS_OF_SOCKETS),
    # A file that was sent and not received is open nowhere, so what it holds could not be seen.
    *(SeccompRule(call) for call in ("sendmsg", "sendmmsg")),
)
_OF_OTHERS_FILES = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat"),
)
_TO_OTHERS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
_TO_ANYBODY = ("tkill", "pidfd_open", "pidfd_send_signal")


def landlock_calls(abi: int, *, own_user: bool) -> tuple[SeccompRule, ...]:
    """Return the system calls that are refused.

    Args:
        abi: The version of Landlock.
        own_user: Whether the code runs as a user that owns nothing else: modes and times of other files are then safe
            without a rule, which would refuse them for those of the workspace as well.
    """
    rules = [*RULES, *_ALWAYS]
    if not own_user:
        rules += [SeccompRule(call) for call in _OF_OTHERS_FILES]
    if abi < _ABI_TRUNCATE:
        rules.append(SeccompRule("truncate"))
    if abi < _ABI_SIGNALS:
        rules += [SeccompRule(call, errno.EPERM, (Argument(0, 0, OWN_PROCESS),)) for call in _TO_OTHERS]
        rules += [SeccompRule(call) for call in _TO_ANYBODY]
    return tuple(rules)


def readable_paths(python: Iterable[str]) -> list[str]:
    """Return the folders and files that can be read: those of the system without settings, and those of a Python."""
    return [path for path in (*_SYSTEM, *python) if os.path.exists(path)]  # noqa: PTH110
