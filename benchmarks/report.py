"""Run all benchmarks in full, and write what they print into the documentation.

python -m benchmarks.report
"""

import datetime as dt
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.__main__ import NAMES

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks" / "results.md"
PACKAGES = ("llm-strategy", "langchain-core", "langchain-openai", "openai", "pydantic", "xllamacpp")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def main() -> int:
    environment = {**os.environ, "COLUMNS": "118", "NO_COLOR": "1"}
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    sections = [
        "# Results\n",
        "Written by `python -m benchmarks.report`; absolute times hold for this machine and this hour only.\n",
        f"- date: {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}",
        f"- machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        f"- Python {platform.python_version()}; {versions}\n",
    ]
    codes = []
    for name in NAMES:
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        codes.append(done.returncode)
        lines = ANSI.sub("", done.stdout).rstrip().splitlines()
        print(lines[-1] if lines else done.stderr)
        text = "\n".join(_without_replies(line.rstrip()) for line in lines)
        sections.append(f"## {name}\n\n```text\n{text}\n```\n")
    PAGE.write_text("\n".join(sections), encoding="utf-8")
    return max(codes)


def _without_replies(line: str) -> str:
    """A line with the id of a recorded reply, but without what the reply says: recordings stay where they are."""
    return re.sub(r"^( +\S+ +\S+: [\w-]+): .*", r"\1", line)


if __name__ == "__main__":
    sys.exit(main())
