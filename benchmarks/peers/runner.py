"""Runs the workers of the shared benchmark, ours among them, in a temporary copy of its folder."""

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from benchmarks.loopback import SHARED

OURS = ("llm_strategy", "llm_strategy_tools", "llm_strategy_prompt")
PLAIN = "openai_raw"
BUSY = 2
"""How many processes keep the machine busy in the busy variant."""

PACKAGE_IMPORTS = {
    "llm_strategy": "from llm_strategy import llm_function, llm_strategy",
    "openai_raw": "from openai import OpenAI",
    "langchain_json_schema": "from langchain_openai import ChatOpenAI",
    "instructor_tools": "import instructor; instructor.from_openai",
    "magentic": "from magentic import prompt, OpenaiChatModel",
    "pydantic_ai": "from pydantic_ai import Agent",
    "mirascope": "from mirascope import llm; llm.call",
    "marvin": "import marvin; marvin.fn",
    "dspy": "import dspy; dspy.Predict",
    "llm_strategy_original": "from llm_strategy import llm_function",
}
"""What a user writes to have the package, with everything that it defers deferred."""


class Runner:
    """Measures peers; a context manager that owns the server and the folder."""

    def __init__(self, venvs: Path, *, quick: bool):
        self.venvs, self.quick = venvs.resolve(), quick
        self.folder = Path(tempfile.mkdtemp(prefix="llm-strategy-peers-"))
        shutil.copytree(SHARED / "bench", self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        for name in OURS:
            shutil.copy(Path(__file__).parent / f"{name}.py", self.folder / "peers")
        sys.path.insert(0, str(self.folder))
        import run_bench

        self.bench = run_bench
        self.bench.ENV.pop("PYTHONPATH", None)  # ours is not for the peers, one of which has our name
        self.bench.ENV["MARVIN_DATABASE_URL"] = f"sqlite+aiosqlite:///{self.folder}/marvin.db"
        self.modes = list(run_bench.MODES)
        self.known = [name for name in run_bench.PEERS if name not in OURS]

    def __enter__(self):
        command = [sys.executable, "fake_openai_server.py"]
        self.server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        self.base = f"http://127.0.0.1:{self.server.stdout.readline().strip()}"
        return self

    def __exit__(self, *error: object):
        self.server.terminate()
        self.server.wait()
        self.server.stdout.close()
        sys.path.remove(str(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)

    def python(self, name: str) -> Path | None:
        """The interpreter of a peer; the plain client is among what we depend on ourselves."""
        if name in OURS:
            return Path(sys.executable)
        own = self.venvs / self.bench.PEERS[name] / "bin" / "python"
        return own if own.exists() else Path(sys.executable) if name == PLAIN else None

    def measured(self, names: list[str]) -> dict[str, dict]:
        """All figures of each peer, None where it is not installed."""
        rows: dict[str, dict] = {}
        for name in names:
            python = self.python(name)
            if python is None:
                rows[name] = None
                continue
            rows[name] = self.bench.measure(python, name, self.base, ["import", "sequential", "robust"], self.modes, 1)
            rows[name].get("sequential", {}).update(self._size(name))
            print(f"{name}: {sum(c['outcome'] == 'right' for c in _cells(rows[name]))} right", file=sys.stderr)
        there = [name for name in names if rows[name] is not None]
        timed = [name for name in there if not self.quick or name not in OURS[1:]]
        for _ in range(1 if self.quick else 3):
            for name in timed:
                self._round(name, rows[name])
        self._imports(there, rows)
        with _burners():
            for _ in range(1 if self.quick else 2):
                for name in timed:
                    _keep_best(rows[name], "busy", self._worker(name, "async").get("async", {}), "async_s")
        return rows

    def _round(self, name: str, row: dict):
        for what, figure in (("sequential", "call_ms"), ("async", "async_s"), ("threads", "threads_s")):
            _keep_best(row, what, self._worker(name, what).get(what, {}), figure)

    def _worker(self, name: str, what: str) -> dict:
        return self.bench.worker(self.python(name), name, what, self.base)

    def _size(self, name: str) -> dict:
        """What the model reads of the first request; tokens where the encoding is installed with the peers."""
        python = self.venvs / "server" / "bin" / "python"
        if not python.exists():
            return {}
        code = f"import json, run_bench; print(json.dumps(run_bench.prompt_size({self.base!r}, {name!r})))"
        done = subprocess.run([python, "-c", code], cwd=self.folder, capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def _imports(self, names: list[str], rows: dict[str, dict]):
        """Milliseconds of wall clock to import each package in a fresh interpreter, the best of the rounds."""
        statements = [(name, "package_ms", PACKAGE_IMPORTS[name]) for name in names if name in PACKAGE_IMPORTS]
        statements.append(("llm_strategy", "bare_ms", "import llm_strategy"))
        for number in range(3 if self.quick else 9):
            for name, figure, statement in statements:
                took = self._imported(name, statement)
                if took is not None and number:  # the first one writes the compiled files
                    rows[name][figure] = min(took, rows[name].get(figure, took))

    def _imported(self, name: str, statement: str) -> float | None:
        code = f"import time; a = time.perf_counter(); {statement}; print(time.perf_counter() - a)"
        command = [str(self.python(name)), "-W", "ignore", "-c", code]
        away = tempfile.gettempdir()  # where no folder has the name of a package
        done = subprocess.run(command, cwd=away, env=self.bench.ENV, capture_output=True, text=True, check=False)
        return float(done.stdout.split()[-1]) * 1000 if done.returncode == 0 else None

    def over_langchain(self) -> tuple[float, float]:
        """Milliseconds of `ChatOpenAI.invoke` and of ours with the same client, taken in turns."""
        from benchmarks.overhead import paired_with_langchain

        return paired_with_langchain(self.base, 150 if self.quick else 500)


def _cells(row: dict) -> list[dict]:
    return [cell for cell in row.get("robust", {}).values() if isinstance(cell, dict)]


def _keep_best(row: dict, what: str, new: dict, figure: str):
    old = row.get(what, {})
    if figure in new and (figure not in old or (new.get("bad", 0), new[figure]) < (old.get("bad", 0), old[figure])):
        row[what] = {**old, **new}
    elif what not in row:
        row[what] = new


@contextmanager
def _burners():
    """Keep as many processors busy as the machine of the goals has."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
