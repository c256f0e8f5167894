"""Where an attack is shot at: canaries outside of the sandbox, and what is seen to happen to them."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

DECOY = """
import os, signal, sys
def note(number, frame): os.write(1, b"!")
signal.signal(signal.SIGUSR1, note); signal.signal(signal.SIGURG, note)
os.write(1, b"."); sys.stdin.read()
"""


class Range:
    """One place for all attacks of a process: listeners and a decoy; files are laid anew for each attack."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.base = Path(tempfile.mkdtemp(prefix="attacks-"))
        self.base.chmod(0o755)
        self._decoy = subprocess.Popen(
            [sys.executable, "-I", "-c", DECOY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENAI_API_KEY": token},
            process_group=0,
        )
        assert os.read(self._decoy.stdout.fileno(), 1) == b"."
        os.set_blocking(self._decoy.stdout.fileno(), False)
        self.laid = 0

    @property
    def decoy(self) -> int:
        return self._decoy.pid

    def lay(self, row: dict) -> "Target":
        self.laid += 1
        return Target(self, row, self.base / str(self.laid))

    def decoy_signalled(self) -> bool:
        try:
            return bool(os.read(self._decoy.stdout.fileno(), 64))
        except BlockingIOError:
            return self._decoy.poll() is not None

    def close(self) -> None:
        self._decoy.kill()
        self._decoy.communicate()
        shutil.rmtree(self.base, ignore_errors=True)


class Target:
    """The canaries of one attack."""

    def __init__(self, place: Range, row: dict, folder: Path) -> None:
        self.place, self.row = place, row
        self.mark, self.outside = folder / "mark", folder / "outside"
        (self.outside / "tree").mkdir(parents=True)
        self.mark.mkdir()
        for open_to_all in (folder, self.mark, self.outside, self.outside / "tree"):
            open_to_all.chmod(0o777)
        for name in ("secret.txt", "victim.txt", "victim2.txt", "tree/f"):
            file = self.outside / name
            file.write_text(place.token if name == "secret.txt" else f"as laid: {name}\n")
            file.chmod(0o666)
        self.listeners = self._listen()
        self.before = self._state()
        place.decoy_signalled()

    def code(self) -> str:
        """The code of the attack, aimed."""
        code = self.row["code"]
        for name, value in (
            ("__MARK__", self.mark),
            ("__OUTSIDE__", self.outside),
            ("__WS__", "."),
            ("__PORT__", self.listeners[0].getsockname()[1]),
            ("__HOSTPID__", self.place.decoy),
        ):
            code = code.replace(name, str(value))
        return code

    def hit(self) -> bool:
        """Whether a listener was reached."""
        found = False
        for one in self.listeners:
            try:
                one.recv(1) if one.type == socket.SOCK_DGRAM else one.accept()[0].close()
                found = True
            except OSError:
                continue
        return found

    def marked(self) -> bool:
        return (self.mark / self.row["id"]).exists()

    def changed(self) -> bool:
        return self._state() != self.before

    def close(self) -> None:
        for one in self.listeners:
            one.close()

    def _listen(self) -> list[socket.socket]:
        path = self.outside / "canary.sock"
        tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(tcp.getsockname())
        unix.bind(str(path))
        unix.listen()
        path.chmod(0o777)
        for one in (tcp, udp, unix):
            one.setblocking(False)
        return [tcp, udp, unix]

    def _state(self) -> list[tuple]:
        found = []
        for path in sorted(self.outside.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found.append((str(path), about.st_mode, about.st_uid, about.st_nlink, content))
        return found


@dataclass
class Census:
    """What the descendants of this process add up to, at most, while it is watched."""

    ignored: frozenset[int]
    processes: int = 0
    tasks: int = 0
    rss_mib: float = 0.0
    disk_mib: float = 0.0
    seen: dict[int, str] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def everybody(self) -> list[int]:
        """All descendants that there are now."""
        return _descendants(os.getpid())

    def survivors(self, seconds: float = 2.0) -> list[int]:
        """Those that live on after some time."""
        end = time.monotonic() + seconds
        while True:
            left = [one for one, born in self.seen.items() if _born(one) == born]
            left += [one for one in _descendants(os.getpid()) if one not in self.ignored and one not in left]
            left = [one for one in left if not _zombie(one)]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.05)

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.look()

    def look(self) -> None:
        found = [one for one in _descendants(os.getpid()) if one not in self.ignored and not _zombie(one)]
        for one in found:
            self.seen.setdefault(one, _born(one))
        stats = [_numbers(one) for one in found]
        self.processes = max(self.processes, len(found))
        self.tasks = max(self.tasks, sum(tasks for tasks, _ in stats))
        if sum(rss for _, rss in stats) > 256:
            self.rss_mib = max(self.rss_mib, sum(_share(one) for one in found))
        self.disk_mib = max([self.disk_mib, *(_workspace(one) for one in found)])


def _descendants(process: int) -> list[int]:
    found, waiting = [], [process]
    while waiting:
        for task in _listed(f"/proc/{waiting.pop()}/task"):
            children = [int(one) for one in _read(f"{task}/children").split()]
            found += children
            waiting += children
    return found


def _listed(folder: str) -> list[str]:
    try:
        return [str(one) for one in Path(folder).iterdir()]
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _fields(process: int) -> list[str]:
    return _read(f"/proc/{process}/stat").rpartition(")")[2].split()


def _born(process: int) -> str:
    fields = _fields(process)
    return fields[19] if fields else ""


def _zombie(process: int) -> bool:
    fields = _fields(process)
    return not fields or fields[0] in "ZX"


def _numbers(process: int) -> tuple[int, float]:
    fields = _fields(process)
    return (int(fields[17]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20) if fields else (0, 0.0)


def _share(process: int) -> float:
    for line in _read(f"/proc/{process}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return _numbers(process)[1]


def _workspace(process: int) -> float:
    """How much lies on the file system of a process's folder, where it is one of its own."""
    try:
        here = Path(f"/proc/{process}/cwd")
        if here.stat().st_dev == Path("/").stat().st_dev:
            return sum(one.stat().st_size for one in here.iterdir() if one.is_file()) / 2**20
        room = os.statvfs(f"/proc/{process}/cwd/.")
        return (room.f_blocks - room.f_bfree) * room.f_frsize / 2**20 if room.f_blocks < 1 << 20 else 0.0
    except OSError:
        return 0.0


def new_token() -> str:
    return f"token-{secrets.token_hex(12)}"


def adopt_orphans() -> None:
    """Become the parent of every process below that loses its own, so that none gets out of sight."""
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
