"""smolagents' CodeAgent writes files: run by its own Python, in an empty folder; knows nothing of this project.

In: {"base": address, "task": text, "most": steps}; out: one line @@{"ended": ..., "seconds": ...}.
"""

import json
import sys
import time
from pathlib import Path


def main() -> None:
    job = json.load(sys.stdin)
    from smolagents import CodeAgent, OpenAIModel, __version__, tool

    @tool
    def write_file(path: str, text: str) -> str:
        """Write a file.

        Args:
            path: where to.
            text: all of it.
        """
        place = Path("files", path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return f"{path} was written."

    model = OpenAIModel(model_id="gpt-4o", api_base=job["base"], api_key="x")
    agent = CodeAgent(tools=[write_file], model=model, max_steps=job["most"], verbosity_level=0)
    started = time.perf_counter()
    try:
        ended = str(agent.run(job["task"]))
    except BaseException as error:
        ended = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    told = {"ended": ended, "version": __version__, "seconds": time.perf_counter() - started}
    print("@@" + json.dumps(told))


if __name__ == "__main__":
    main()
