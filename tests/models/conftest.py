"""Models without a network and, where it is enough, without a model."""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from llm_strategy.models import local_runtime
from llm_strategy.models.local import LocalChatModel
from llm_strategy.models.registry import LocalModel, WheelPart, find_model
from llm_strategy.models.store import is_present

CONTENT = bytes(range(256)) * 400
"""The file of the made-up model."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("LLM_STRATEGY_MODELS", str(folder))
    return folder


@pytest.fixture
def tiny(store: Path) -> LocalModel:
    """A made-up model of 100 kB in three parts, whose hub is not there."""
    return LocalModel(
        name="tiny",
        title="Tiny",
        parameters="0",
        licence="MIT",
        file_name="tiny.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        hub_url="http://127.0.0.1:9/tiny.gguf",
        parts=tuple(WheelPart(f"tiny-part{i}==1.0", f"tiny_part{i}/data.bin") for i in range(3)),
        context_length=64,
    )


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT`; the class attributes say how badly."""

    content = CONTENT
    status = 200
    break_after: list[int]
    ranges: list[str | None]
    honours_range = True

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        if self.status != 200:
            self.send_error(self.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.honours_range else 0
        body = self.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.break_after.pop(0)] if self.break_after else body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def hub() -> Iterator[Any]:
    """A hub on the loopback interface; its handler class can be told to misbehave."""
    handler = type("ThisHub", (Hub,), {"break_after": [], "ranges": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/tiny.gguf", handler=handler)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write wheels with pieces of a file and make them all that pip can see."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)

    def write(content: bytes = CONTENT, *, places: tuple[int, ...] = (0, 1, 2), member: str = "data.bin") -> Path:
        step = len(content) // 3 + 1
        for place in places:
            name = f"tiny_part{place}"
            with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr(f"{name}/{member}", content[place * step : (place + 1) * step])
                info = f"{name}-1.0.dist-info"
                wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{place}\nVersion: 1.0\n")
                wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"{info}/RECORD", "")
        return folder

    return write


class FakeRuntime:
    """Stands for the `xllamacpp` module: keeps what it was given, answers from a script."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []
        self.bodies: list[dict[str, Any]] = []
        self.script: list[Any] = []
        self.stopped_at: int | None = None

    def CommonParams(self) -> Any:
        return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    def Server(self, parameters: Any) -> Any:
        self.parameters.append(parameters)
        return SimpleNamespace(
            handle_chat_completions=self._handle,
            handle_metrics=lambda: "",
            listening_address="http://127.0.0.1:1",
        )

    def json_schema_to_grammar(self, schema: str) -> str:
        return "%llguidance {}"

    def _handle(self, body: dict[str, Any], callback: Callable[[Any], bool]) -> None:
        self.bodies.append(body)
        for place, item in enumerate(self.script):
            if isinstance(item, Exception):
                raise item
            if callback(item):
                self.stopped_at = place
                return

    def says(self, *texts: str, finish_reason: str = "stop") -> None:
        self.script = [{"id": "c1", "choices": [{"delta": {"content": text}}]} for text in texts]
        self.script.append({"choices": [{"delta": {}, "finish_reason": finish_reason}]})
        usage = {"prompt_tokens": 5, "completion_tokens": len(texts), "total_tokens": 5 + len(texts)}
        self.script.append({"choices": [], "usage": usage, "timings": {"prompt_n": 5}})


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    fake = FakeRuntime()
    monkeypatch.setattr(local_runtime, "_import_runtime", lambda: fake)
    monkeypatch.setattr(local_runtime, "_SHELF", local_runtime._Shelf())
    return fake


@pytest.fixture
def gguf(tmp_path: Path) -> str:
    path = tmp_path / "fake.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 60)
    return str(path)


def _smollm_problem() -> str | None:
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed (pip install 'llm-strategy[local]')"
    if not is_present(find_model("smollm2-135m")):
        return "smollm2-135m is not here (llm-strategy models pull smollm2-135m)"
    return None


@pytest.fixture(scope="session")
def smollm() -> LocalChatModel:
    """The smallest real model: good for plumbing, not for answers."""
    problem = _smollm_problem()
    if problem:
        pytest.skip(problem)
    return LocalChatModel(model="smollm2-135m", n_ctx=1024, n_parallel=2, max_tokens=60).load()


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
