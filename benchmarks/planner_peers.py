"""L2MAC and smolagents beside the planner: where they are, and how they are run in processes of their own.

`--l2mac PYTHON` and `--smolagents PYTHON` name their interpreters; without them, L2MAC_PYTHON and SMOLAGENTS_PYTHON do.

    python -m venv peer && peer/bin/pip install --no-deps l2mac==0.0.3
    peer/bin/pip install pyyaml pydantic typer numpy openai tiktoken timeout-decorator pytest pylint

L2MAC reads two tokenizers when it is imported. Where there is no network, put the files `9b5ad71b...` and `ec7223a3...`
out of a wheel of litellm (`litellm/litellm_core_utils/tokenizers/`) into `peer/tiktoken`, or set TIKTOKEN_CACHE_DIR.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.actions_options import smolagents_python

L2MAC_PATCHES = "installed without its pins, with tokenizers from a file"
"""What L2MAC 0.0.3 needs to start at all; nothing in its code is changed."""


def l2mac_python() -> str | None:
    """The interpreter that has L2MAC, or None."""
    if "--l2mac" in sys.argv:
        return sys.argv[sys.argv.index("--l2mac") + 1]
    return os.environ.get("L2MAC_PYTHON")


def run_peer(worker: str, python: str, folder: Path, job: dict, limit: float) -> dict[str, Any]:
    """Run a worker of a peer in a folder of its own, and return what it says: how it `ended`, or an error.

    Args:
        worker: the name of its file.
        python: the interpreter that has the peer.
        folder: where it works; its home and its temporary files are there as well.
        job: what it is to do.
        limit: seconds after which it is ended.
    """
    home = folder / "home"
    for place in (folder, home, folder / "temporary"):
        place.mkdir(parents=True, exist_ok=True)
    tokenizers = Path(python).parent.parent / "tiktoken"
    environment = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(folder / "temporary"),
        "PATH": f"{Path(python).absolute().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "TIKTOKEN_CACHE_DIR": os.environ.get("TIKTOKEN_CACHE_DIR", str(tokenizers)),
    }
    command = [str(Path(python).absolute()), "-P", "-W", "ignore", str(Path(__file__).with_name(worker))]
    with (folder / "said.txt").open("w", encoding="utf-8") as said:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                input=json.dumps(job),
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"ended": f"not over after {limit:.0f} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("@@")]
    if lines:
        return json.loads(lines[-1][2:])
    last = (folder / "said.txt").read_text(encoding="utf-8").strip().splitlines()[-1:]
    return {"ended": f"exit {done.returncode}: {' '.join(last)[:200]}"}


__all__ = ["L2MAC_PATCHES", "l2mac_python", "run_peer", "smolagents_python"]
