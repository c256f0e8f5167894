"""The memory of all processes of a session together, which no limit of the kernel counts without a cgroup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["memory_of", "processes_below"]

_PROC = Path("/proc")


def processes_below(process: int) -> Iterator[int]:
    """Yield a process and all that it has started, in any order.

    In a PID namespace everything descends from its first process: whoever loses a parent gets that one.
    """
    waiting = [process]
    while waiting:
        one = waiting.pop()
        yield one
        try:
            for thread in (_PROC / str(one) / "task").iterdir():
                waiting += map(int, (thread / "children").read_text(encoding="ascii").split())
        except OSError:  # it ended meanwhile
            continue


def memory_of(processes: list[int], *, exact: bool) -> int:
    """Return how much memory processes hold, in KiB. Not exact: pages that several share count for each of them."""
    return sum(_share(one) if exact else _resident(one) for one in processes)


def _resident(process: int) -> int:
    try:
        return int((_PROC / str(process) / "statm").read_text(encoding="ascii").split()[1]) * _page_kib()
    except (OSError, IndexError):
        return 0


def _share(process: int) -> int:
    try:
        for line in (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except ProcessLookupError:
        return 0
    except OSError:  # it hides itself: then all that it holds counts
        return _resident(process)
    return 0


def _page_kib() -> int:
    import resource

    return resource.getpagesize() // 1024
