"""Run benchmarks in full, and write what they print into the documentation.

python -m benchmarks.report [NAME | "NAME OPTION ..."] ...

With names, only those are run; what the page says of the others stays. A name may be followed by options of its
benchmark, as in `"mint --python PATH"`, `"actions --smolagents PATH"` or `"m3tooleval --raw FILE"`; the page does not
repeat them. Each section tells when it was measured.
"""

import datetime as dt
import os
import platform
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.__main__ import NAMES

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks" / "results.md"
PACKAGES = ("llm-strategy", "langchain-core", "langchain-openai", "openai", "pydantic", "xllamacpp")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
OPENING = """# Results

Written by `python -m benchmarks.report`; absolute times hold for this machine and the hour of the measurement only.
"""


def main() -> int:
    wanted = [asked(told) for told in sys.argv[1:] or NAMES]
    known = _sections(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    codes: list[int] = []
    for name, options in wanted:
        code, known[name] = _measured(name, options)
        codes.append(code)
        _write(known)  # one after the other: a long run that is broken off has not run in vain
    return max(codes)


def asked(told: str) -> tuple[str, list[str]]:
    """The name of a benchmark and its options. Raises SystemExit.

    >>> asked("mint --python 'my folder/python'")
    ('mint', ['--python', 'my folder/python'])
    """
    name, *options = shlex.split(told) or [""]
    if name not in NAMES:
        raise SystemExit(f"There is no benchmark {name!r}. Benchmarks are {', '.join(NAMES)}.")
    return name, options


def _sections(page: str) -> dict[str, str]:
    """The sections of the page, by the names of their benchmarks."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip("\n") for part in parts}


def _write(sections: dict[str, str]) -> None:
    bodies = [f"## {name}\n\n{sections[name]}\n" for name in NAMES if name in sections]
    PAGE.write_text("\n".join([OPENING, *bodies]), encoding="utf-8")


def _measured(name: str, options: list[str]) -> tuple[int, str]:
    environment = {**os.environ, "COLUMNS": "118", "NO_COLOR": "1"}
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = ANSI.sub("", done.stdout).rstrip().splitlines()
    print(lines[-1] if lines else done.stderr)
    return done.returncode, section("\n".join(lines))


def section(told: str) -> str:
    """What the page says of a benchmark that told this."""
    text = "\n".join(_without_replies(_without_home(line.rstrip())) for line in told.rstrip().splitlines())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    about = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}; {machine}; Python {platform.python_version()}; {versions}"
    return f"{about}\n\n```text\n{text}\n```"


def _without_home(line: str) -> str:
    """A line without the name of the home folder; the last column of a table stays where it is."""
    home = f"{Path.home()}/"
    room = " " * (len(home) - len("~/")) * line.count(home)
    short = line.replace(home, "~/")
    return f"{short[:-1]}{room}{short[-1:]}" if room and short.endswith("│") else short


def _without_replies(line: str) -> str:
    """A line with the id of a recorded reply, but without what the reply says: recordings stay where they are."""
    return re.sub(r"^( +\S+ +\S+: [\w-]+): .*", r"\1", line)


if __name__ == "__main__":
    sys.exit(main())
