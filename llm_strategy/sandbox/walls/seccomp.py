"""The filter of system calls, as the program that the kernel runs before each of them.

Made by libseccomp for the architecture of this machine. Calls of another one (32-bit code on a 64-bit kernel) end the
process, so no second table of numbers leads around the list; numbers above the list (x32 among them) do not exist.

Not covered: mistakes inside the system calls that are left.
"""

from __future__ import annotations

import errno
import functools
import struct
import tempfile
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox.walls.seccomp_rules import NEWEST, NUMBERS, RULES

if TYPE_CHECKING:
    from llm_strategy.sandbox.walls.seccomp_rules import SeccompRule

__all__ = ["seccomp_program"]

_LOAD_NUMBER, _JUMP_AT_LEAST, _RETURN = 0x20, 0x35, 0x06
_FAIL_WITH = 0x00050000
_UNKNOWN = -1


@functools.cache
def seccomp_program(rules: tuple[SeccompRule, ...] = RULES) -> bytes:
    """Return the filter for `prctl(PR_SET_SECCOMP)`: instructions of 8 bytes each.

    Raises:
        SandboxUnavailableError: pyseccomp or libseccomp is missing, or cannot make it.
    """
    lib = _library()
    try:
        made = lib.SyscallFilter(lib.ALLOW)
        made.set_attr(lib.Attr.ACT_BADARCH, lib.KILL_PROCESS)
        for rule in rules:
            _add(lib, made, rule)
        with tempfile.TemporaryFile() as file:
            made.export_bpf(file)
            file.seek(0)
            return _nothing_newer() + file.read()
    except OSError as error:
        raise SandboxUnavailableError(f"libseccomp made no filter of system calls: {error}.") from error


def _library() -> Any:
    try:
        import pyseccomp  # type: ignore[import-untyped]
    except ImportError as error:
        raise SandboxUnavailableError(
            f"There is no filter of system calls: {error}. Install it with: pip install 'llm-strategy[sandbox]'"
        ) from error
    except (RuntimeError, OSError) as error:
        raise SandboxUnavailableError(
            f"There is no filter of system calls: {error}. Install libseccomp (Debian: apt-get install libseccomp2)."
        ) from error
    return pyseccomp


def _add(lib: Any, made: Any, rule: SeccompRule) -> None:
    number = lib.resolve_syscall(lib.Arch.NATIVE, rule.call)
    if number == _UNKNOWN:
        number = NUMBERS[rule.call]
    if number < 0:  # a call that this architecture never had
        return
    tests = [
        lib.Arg(one.place, lib.MASKED_EQ, one.mask, one.value) if one.mask else lib.Arg(one.place, lib.NE, one.value)
        for one in rule.tests
    ]
    made.add_rule(lib.ERRNO(rule.error), number, *tests)


def _nothing_newer() -> bytes:
    # The library compares arguments, not numbers; these three instructions stand before its own. Jumps are relative.
    return (
        struct.pack("=HBBI", _LOAD_NUMBER, 0, 0, 0)
        + struct.pack("=HBBI", _JUMP_AT_LEAST, 0, 1, NEWEST + 1)
        + struct.pack("=HBBI", _RETURN, 0, 0, _FAIL_WITH | errno.ENOSYS)
    )
