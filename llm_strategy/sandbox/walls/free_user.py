"""The user that code becomes where the program runs as root: one that owns nothing and runs nothing.

The limit of processes does not hold for root, not even for the root of a user namespace that root has made. And what
belongs to nobody cannot be changed by a user who is nobody's.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from llm_strategy.errors import SandboxUnavailableError

__all__ = ["UID_MAP", "free_user"]

_FIRST, _LAST = 0x7000_0000, 0x7FFF_FFF0
"""Numbers that no system gives to users, services or containers."""
_TRIES = 50
UID_MAP = Path("/proc/self/uid_map")
"""Where the system tells which users there are here."""


def free_user(uid_map: str | None = None) -> int:
    """Return the number of a user that is nobody on this machine.

    Args:
        uid_map: The users that there are here, in the form of `/proc/self/uid_map`, which is where it is read from.

    Raises:
        SandboxUnavailableError: none was found; in a container there may be a handful of users only.
    """
    ranges = _ranges(UID_MAP.read_text(encoding="ascii") if uid_map is None else uid_map)
    if ranges:
        taken = _taken()
        for _ in range(_TRIES):
            first, last = secrets.choice(ranges)
            user = first + secrets.randbelow(last - first + 1)
            if user not in taken:
                return user
    raise SandboxUnavailableError(
        "No user is free for the code to run as: this is root, for whom no limit of processes holds, and the machine "
        "(a container?) has no other number of a user to give away. Run the program as an ordinary user."
    )


def _ranges(uid_map: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for line in uid_map.splitlines():
        first, _, count = map(int, line.split())
        last = first + count - 1
        low, high = max(first, _FIRST), min(last, _LAST)
        if low > high:  # a container: what lies high in its range, above the users that its system knows
            low, high = max(first, 1000, last - 10_000), min(last, 65_533)
        if low <= high:
            found.append((low, high))
    return found


def _taken() -> set[int]:
    import pwd

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                taken.add(process.stat().st_uid)
            except OSError:  # it has ended
                continue
    return taken
