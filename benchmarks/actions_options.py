"""Where smolagents is: an option, a variable, or the folder into which `make bench-peers` installs."""

import os
import sys
from pathlib import Path


def smolagents_python() -> str | None:
    """The interpreter that has smolagents, or None."""
    if "--smolagents" in sys.argv:
        return sys.argv[sys.argv.index("--smolagents") + 1]
    installed = Path(".venv-peers") / "smolagents" / "bin" / "python"
    return os.environ.get("SMOLAGENTS_PYTHON") or (str(installed) if installed.exists() else None)
