"""The loopback server that plays a provider, good and bad; from the folder of shared material."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("LLM_STRATEGY_SHARED", "../shared"))


@contextmanager
def loopback_server() -> Iterator[str]:
    """Start the server; give its base address."""
    folder = (SHARED / "bench").resolve()
    if not (folder / "fake_openai_server.py").exists():
        raise SystemExit(f"There is no loopback server in {folder}. Set LLM_STRATEGY_SHARED.")
    command = [sys.executable, "fake_openai_server.py"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def session(base: str, name: str) -> dict[str, Any]:
    """Return what the server has seen of a session."""
    with urllib.request.urlopen(f"{base}/stats/{name}") as reply:
        return json.load(reply)
