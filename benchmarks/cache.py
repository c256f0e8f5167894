"""One cache for many processes, and for files that are not as they should be.

python -m benchmarks.cache [--quick]

8 processes, each with threads and tasks, ask the same 1,000 questions of a real HTTP server in a process of its own,
which counts: exactly one request a question, and no error of a lock. Then the same with files that are damaged, full,
locked or read-only: every call is answered, and one warning says what is wrong.
"""

import asyncio
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

DELAY = 0.02
"""Seconds that the server thinks about a reply."""
CALLS = 40
"""Calls with each file that is not as it should be."""


def main() -> int:
    quick = "--quick" in sys.argv
    processes, keys = (4, 250) if quick else (8, 1000)
    table = Table("file", "calls", "answered", "requests", "repeated", "warnings", "seconds", "")
    passed = []
    with tempfile.TemporaryDirectory() as folder, server() as base:
        Path(folder).chmod(0o755)
        row, good = crowd(base, Path(folder) / "crowd.db", processes, keys)
        table.add_row(*row, "ok" if good else "short")
        passed.append(good)
        known = Path(folder) / "known.db"
        warm = finished(started("--spoiled", "warm", f"{base}/spoiled", str(known)))
        assert (warm["answered"], warm["warnings"]) == (CALLS, []), warm
        for name, prepare in FILES.items():
            row, good = spoiled(base, known, name, prepare)
            table.add_row(*row, "ok" if good else "short")
            passed.append(good)
    Console(width=118).print(table)
    done = f"{sum(passed)} of {len(passed)} files as they should be, {row_of_crowd(table)}"
    print(f"cache: {done} (goal all, 1 request a key) {'ok' if all(passed) else 'short'}")
    return 0 if all(passed) else 1


def row_of_crowd(table: Table) -> str:
    requests, repeated = (next(iter(table.columns[at].cells)) for at in (3, 4))
    return f"{requests} requests of which {repeated} repeated"


# --- many processes, one file


def crowd(base: str, path: Path, processes: int, keys: int):
    session, began = "crowd", time.perf_counter()
    commands = [[str(number), f"{base}/{session}", str(path), str(keys)] for number in range(processes)]
    workers = [started("--worker", *command) for command in commands]
    outcomes = [finished(worker) for worker in workers]
    seconds = time.perf_counter() - began
    counts = counted(base, session)
    calls = sum(one["calls"] for one in outcomes)
    answered = sum(one["answered"] for one in outcomes)
    warned = [text for one in outcomes for text in one["warnings"]]
    repeated = sum(number - 1 for number in counts.values())
    row = [f"{processes} processes x {keys} keys", calls, answered, sum(counts.values()), repeated, len(warned)]
    good = answered == calls and len(counts) == keys and not repeated and not warned
    for text in {*warned, *(error for one in outcomes for error in one["errors"])}:
        print(text)
    return [*map(str, row), f"{seconds:.1f}"], good


def worker(number: int, base: str, path: str, keys: int) -> None:
    """Ask every question once: half of them in threads, half in tasks, and each twentieth in both."""
    ask, aask = functions(base)
    order = list(range(keys))
    random.Random(number).shuffle(order)
    in_threads = [key for key in order if (key + number) % 2 or key % 20 == 0]
    in_tasks = [key for key in order if not (key + number) % 2 or key % 20 == 0]
    result = Outcome()

    async def tasks() -> None:
        places = asyncio.Semaphore(8)

        async def one(key: int) -> None:
            async with places:
                await result.atake(key, aask(key))

        await asyncio.gather(*map(one, in_tasks))

    with caching_here(path), ThreadPoolExecutor(5) as pool:
        from llm_strategy import carried

        waiting = [pool.submit(carried(result.take), key, ask) for key in in_threads]
        pool.submit(carried(asyncio.run), tasks()).result()
        for one in waiting:
            one.result()
    print(result.told())


def caching_here(path: str):
    from llm_strategy import caching

    return caching(path)


def functions(base: str) -> tuple[Callable, Callable]:
    from langchain_openai import ChatOpenAI

    from llm_strategy import llm_function

    model = ChatOpenAI(model="m", base_url=f"{base}/v1", api_key="none", max_retries=0)

    @llm_function(method="prompt")
    def say(model, key: int) -> int:
        """Say the key."""
        raise NotImplementedError

    waiting = say

    @llm_function(method="prompt")
    async def say(model, key: int) -> int:
        """Say the key."""
        raise NotImplementedError

    assert waiting.prompt(1) == say.prompt(1)
    return partial(waiting, model), partial(say, model)


class Outcome:
    """What became of the calls of one process."""

    def __init__(self) -> None:
        self.outcomes: list[bool] = []
        self.errors: list[str] = []
        self.warnings: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.warnings.append(record.getMessage())
        logging.getLogger("llm_strategy.cache").addHandler(handler)

    def take(self, key: int, ask: Callable) -> None:
        try:
            self.outcomes.append(ask(key) == key)
        except Exception as error:
            self.failed(error)

    async def atake(self, key: int, asked) -> None:
        try:
            self.outcomes.append(await asked == key)
        except Exception as error:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        self.outcomes.append(False)
        self.errors.append(f"{type(error).__name__}: {error}")

    def told(self) -> str:
        told = {"calls": len(self.outcomes), "answered": sum(self.outcomes)}
        return json.dumps({**told, "errors": self.errors, "warnings": self.warnings})


# --- files that are not as they should be


def spoiled(base: str, known: Path, name: str, prepare: Callable):
    """A cache with replies is spoiled; a process goes on with it, and asks for known replies and for new ones."""
    folder, session = known.parent / name.replace(" ", "-"), "spoiled"
    folder.mkdir()
    folder.chmod(0o777)
    path = folder / "calls.db"
    path.write_bytes(known.read_bytes())
    path.chmod(0o666)
    before = sum(counted(base, session).values())
    began = time.perf_counter()
    holder = prepare(path)
    outcome = finished(started("--spoiled", name, f"{base}/{session}", str(path)))
    seconds = time.perf_counter() - began
    if isinstance(holder, sqlite3.Connection):
        holder.close()
    for each in (folder, *folder.iterdir()):
        each.chmod(0o777)
    requests = sum(counted(base, session).values()) - before
    warnings = outcome["warnings"]
    wanted = 0 if name in {"zero length", "torn write-ahead log"} else 1
    reads = name in {"torn write-ahead log", "full (limit on sizes)"} or name.startswith("read-only")
    row = [name, outcome["calls"], outcome["answered"], requests, "-", len(warnings), f"{seconds:.1f}"]
    for text in [*outcome["errors"][:1], *(warnings if len(warnings) != wanted else [])]:
        print(f"{name}: {text}")
    return list(map(str, row)), (
        outcome["answered"] == outcome["calls"] == CALLS
        and len(warnings) == wanted
        and requests == (CALLS // 2 if reads else CALLS)
    )


def call_with_spoiled(name: str, base: str, path: str) -> None:
    if name.startswith("read-only"):
        drop_rights(base)
    if name == "full (limit on sizes)":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(path).stat().st_size + 40_000,) * 2)
    if name == "locked":
        from llm_strategy.flow.cache import database

        database.PATIENCE = 1.0  # not to wait for longer than a benchmark may
    ask, aask = functions(base)
    result = Outcome()
    new = 0 if name == "warm" else CALLS // 2  # half of the questions are known

    async def tasks() -> None:
        await asyncio.gather(*(result.atake(key, aask(key)) for key in range(new, new + CALLS, 2)))

    with caching_here(path):
        for key in range(new + 1, new + CALLS, 2):
            result.take(key, ask)
        asyncio.run(tasks())
    print(result.told())


def drop_rights(base: str) -> None:
    """Be somebody else than root, who may write to any file; all that is needed later is loaded before."""
    if os.geteuid() != 0:
        return
    ask, aask = functions(f"{base}-before")
    with tempfile.TemporaryDirectory() as folder, caching_here(f"{folder}/calls.db"):
        ask(0)
        asyncio.run(aask(1))
    os.setgid(65534)
    os.setuid(65534)


def random_bytes(path: Path) -> None:
    noise, data = random.Random(7), bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 400] = noise.randbytes(400)
    path.write_bytes(data)


def half_a_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def torn_log(path: Path) -> None:
    """Leave what a crash leaves: a log whose last page was not written to its end."""
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("UPDATE replies SET hits = hits + 1")
    copies = {end: path.with_name(path.name + end).read_bytes() for end in ("", "-wal")}
    writer.close()
    path.write_bytes(copies[""])
    path.with_name(f"{path.name}-wal").write_bytes(copies["-wal"][: len(copies["-wal"]) // 2 + 100])


def of_another(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text TEXT)")
    other.commit()
    other.close()


def strange_tables(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TRIGGER ours AFTER DELETE ON leases BEGIN DELETE FROM replies; END")
    other.commit()
    other.close()


def locked(path: Path) -> sqlite3.Connection:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    return other


def read_only(path: Path) -> None:
    path.chmod(0o444)


def read_only_folder(path: Path) -> None:
    path.chmod(0o444)
    path.parent.chmod(0o555)


FILES: dict[str, Callable] = {
    "random bytes in its pages": random_bytes,
    "cut off in the middle": half_a_file,
    "torn write-ahead log": torn_log,
    "zero length": lambda path: path.write_bytes(b""),
    "not a database": lambda path: path.write_text("These are my notes.\n" * 1000),
    "of another program": of_another,
    "with a trigger of somebody else": strange_tables,
    "full (limit on sizes)": lambda _: None,
    "locked": locked,
    "read-only file": read_only,
    "read-only folder": read_only_folder,
}


# --- processes


def started(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "benchmarks.cache", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen) -> dict:
    out, err = process.communicate(timeout=600)
    if process.returncode:
        raise SystemExit(f"A process failed:\n{err}")
    return json.loads(out.splitlines()[-1])


@contextmanager
def server() -> Iterator[str]:
    process = started("--server")
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.communicate()


def counted(base: str, session: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{base}/stats/{session}") as reply:
        return json.load(reply)


async def serve() -> None:
    """Answer each question with the number in it, and count by session and question."""
    counts: dict[str, dict[str, int]] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                _, session, *rest = lines[0].split(" ")[1].split("/")
                if session == "stats":
                    data = json.dumps(counts.get(rest[0], {}))
                else:
                    sizes = [line.split(":")[1] for line in lines if line.lower().startswith("content-length:")]
                    data = await replied(session, json.loads(await reader.readexactly(int(sizes[0]))))
                head_out = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
                writer.write((head_out + data).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def replied(session: str, body: dict) -> str:
        key = body["messages"][-1]["content"].rpartition("key:")[2].strip()
        seen = counts.setdefault(session, {})
        seen[key] = seen.get(key, 0) + 1
        await asyncio.sleep(DELAY)
        message = {"role": "assistant", "content": key}
        usage = {"prompt_tokens": 40, "completion_tokens": 2, "total_tokens": 42}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json.dumps(
            {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        )

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    if "--server" in sys.argv:
        asyncio.run(serve())
    elif "--worker" in sys.argv:
        worker(int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
    elif "--spoiled" in sys.argv:
        call_with_spoiled(*sys.argv[2:])
    else:
        sys.exit(main())
