"""System calls that code in a sandbox has no business with, as data.

It is a list of what is refused: the kernel interfaces that have been ways out of containers, those that reach other
processes, and those that keep memory where no limit counts it. What is younger than the list is refused as well.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

__all__ = ["NEWEST", "NUMBERS", "RULES", "Argument", "SeccompRule"]

NEWEST = 469
"""The last system call that this list has seen (`file_setattr`, Linux 6.17); all above it do not exist inside."""

NUMBERS = {
    "fchmodat2": 452,
    "statmount": 457,
    "listmount": 458,
    "setxattrat": 463,
    "open_tree_attr": 467,
    "file_setattr": 469,
}
"""Numbers that an older libseccomp cannot tell; they are the same on every architecture."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What an argument of a system call must be like for a rule to hold."""

    place: int
    """Its place, from 0."""
    mask: int
    """The bits that are looked at; 0: all of them, and they must differ from `value`."""
    value: int
    """What these bits are."""


@dataclass(frozen=True, slots=True)
class SeccompRule:
    """A system call that is refused."""

    call: str
    """Its name."""
    error: int = errno.EPERM
    """What the caller is told."""
    tests: tuple[Argument, ...] = ()
    """When it is refused; always, where there is no test."""


_NEVER = (
    # Other processes, and their memory.
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp perf_event_open "
    "migrate_pages move_pages "
    # What the whole machine has a common number of.
    "io_setup io_submit io_getevents io_pgetevents io_destroy io_cancel "
    # Interfaces of the kernel that were ways out before.
    "bpf userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register fanotify_init "
    "open_by_handle_at name_to_handle_at lookup_dcookie modify_ldt vm86 vm86old iopl ioperm map_shadow_stack "
    # File systems and namespaces.
    "mount umount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick "
    "mount_setattr statmount listmount unshare setns quotactl quotactl_fd swapon swapoff "
    # The machine.
    "kexec_load kexec_file_load init_module finit_module delete_module create_module reboot acct syslog vhangup "
    "sethostname setdomainname settimeofday clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex stime "
    "nfsservctl uselib sysfs ustat _sysctl "
    # Attributes of files that no size of the workspace counts.
    "setxattr lsetxattr fsetxattr setxattrat file_setattr"
)
_NO_MEMORY = (
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "shmctl",
    "shmdt",
    "msgget",
    "semget",
    "mq_open",
    "vmsplice",
)
"""Memory that belongs to no process: neither RLIMIT_AS nor a sum over processes sees it."""
_NOT_THERE = ("clone3", "openat2", "inotify_init", "inotify_init1")
"""Calls whose arguments lie in memory, where no filter sees them (the C library takes others instead), and those that
a user has a small number of, inside and outside together."""

_WORD = 0xFFFFFFFF
_UNIX = 1
_NAMESPACES = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
_SET_USER_AND_GROUP = (0o4000, 0o2000)
_DEVICES = (0o020000, 0o060000)
_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into the terminal of the one who started it
_MODES = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "creat": 1, "mknod": 1, "mknodat": 2}
_OPENS = {"open": 1, "openat": 2}
_MAKES_FILE = (0o100, 0o20000000)  # O_CREAT, O_TMPFILE: without them the mode means nothing
_SOCKET_BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, and both with FORCE

RULES = (
    *(SeccompRule(call) for call in _NEVER.split()),
    *(SeccompRule(call, errno.ENOSYS) for call in _NO_MEMORY),
    *(SeccompRule(call, errno.ENOSYS) for call in _NOT_THERE),
    *(SeccompRule("clone", errno.EPERM, (Argument(0, flag, flag),)) for flag in _NAMESPACES),
    # No internet, no netlink, no vsock (which no network namespace holds): sockets within the sandbox only.
    SeccompRule("socket", errno.EACCES, (Argument(0, 0, _UNIX),)),
    SeccompRule("socketpair", errno.EACCES, (Argument(0, 0, _UNIX),)),
    # What waits in a socket belongs to no process; the watch takes each for as full as it is at first.
    *(
        SeccompRule("setsockopt", errno.EPERM, (Argument(1, _WORD, 1), Argument(2, _WORD, option)))
        for option in _SOCKET_BUFFERS
    ),
    SeccompRule("personality", errno.EPERM, (Argument(0, 0, _WORD),)),
    *(SeccompRule("ioctl", errno.EPERM, (Argument(1, _WORD, command),)) for command in _TERMINAL),
    *(
        SeccompRule(call, errno.EPERM, (Argument(place, bit, bit),))
        for call, place in _MODES.items()
        for bit in _SET_USER_AND_GROUP
    ),
    *(
        SeccompRule(call, errno.EPERM, (Argument(place, made, made), Argument(place + 1, bit, bit)))
        for call, place in _OPENS.items()
        for made in _MAKES_FILE
        for bit in _SET_USER_AND_GROUP
    ),
    *(SeccompRule("mknod", errno.EPERM, (Argument(1, 0o170000, kind),)) for kind in _DEVICES),
    *(SeccompRule("mknodat", errno.EPERM, (Argument(2, 0o170000, kind),)) for kind in _DEVICES),
)
"""What the hardened body refuses."""
