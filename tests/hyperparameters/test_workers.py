"""Scopes of a script in the workers that it starts: there the script's module has another name."""

import subprocess
import sys

SCRIPT = '''
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from llm_strategy import llm_function
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters

@track_hyperparameters
def scale(*, _factor: int = 1):
    return _factor

@llm_function
def title(model, text: str) -> str:
    """Give it a title."""

def work(scope):
    if isinstance(scope, str):
        scope = Hyperparameters.model_validate_json(scope)
    with scope:
        return scale(), scope[title].instruction, scope.model_dump_json(exclude_unset=True)

if __name__ == "__main__":
    scope = Hyperparameters({scale: {"factor": 7}, title: {"instruction": "Be short."}})
    text = scope.model_dump_json(exclude_unset=True)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for sent in (text, scope):
            assert pool.submit(work, sent).result(timeout=60) == (7, "Be short.", text)
    print(text)
'''


def test_a_script_sends_scopes_to_spawned_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.strip() == '{"__main__.scale":{"factor":7},"__main__.title":{"instruction":"Be short."}}'
