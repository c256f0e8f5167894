"""L2MAC carries out a program: run by its own Python, in an empty folder; knows nothing of this project.

In: {"base": address, "steps": [text], "task": text, "tests": bool}; out: one line @@{"ended": ..., "seconds": ...}.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import yaml


def main() -> None:
    job = json.load(sys.stdin)
    settings = {
        "llm": {"model": "gpt-4o", "base_url": job["base"], "api_key": "x"},
        "llm_settings": {"rate_limit_tier": "tier5"},  # as fast as it lets itself be
    }
    home = Path.home() / ".l2mac"
    home.mkdir()
    (home / "config.yaml").write_text(yaml.safe_dump(settings))
    print("@@" + json.dumps(carried_out(job)))


def carried_out(job: dict) -> dict:
    from l2mac import generate_codebase

    started = time.perf_counter()
    told = {"version": version("l2mac")}
    try:
        files = generate_codebase(
            job["task"], run_tests=job["tests"], steps=len(job["steps"]), prompt_program=job["steps"]
        )
        told |= {"ended": "done", "files": {path: "\n".join(lines) for path, lines in files.items()}}
    except BaseException as error:
        told["ended"] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return {**told, "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    main()
