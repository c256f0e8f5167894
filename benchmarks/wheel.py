"""The wheel as users get it: built, installed without extras in a fresh environment, imported.

python -m benchmarks.wheel
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECK = """
import sys, time
start = time.perf_counter()
import llm_strategy
took = (time.perf_counter() - start) * 1000
assert took < 150, f"import took {took:.0f} ms"
heavy = [name for name in ("langchain_core", "openai", "wandb", "numpy") if name in sys.modules]
assert not heavy, f"import loads {heavy}"
from llm_strategy import llm_function
from llm_strategy.testing import ScriptedModel
@llm_function
def one(model) -> int:
    '''One.'''
assert one(ScriptedModel(['{"return_value": 1}'])) == 1
print(f"wheel: imported in {took:.0f} ms (goal < 150) ok")
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, "."], check=True)
        (wheel,) = home.glob("*.whl")
        venv.create(home / "fresh", with_pip=True)
        python = next(path for path in (home / "fresh/bin/python", home / "fresh/Scripts/python.exe") if path.exists())
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], check=True)
        subprocess.run([str(python), "-c", CHECK], cwd=folder, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
