"""What is left of the state of a run when its process is killed, and who may have its workspace then."""

import pytest

from llm_strategy.errors import WorkspaceError
from llm_strategy.planner.state import RunState


def test_wherever_it_is_killed_each_change_is_there_or_not_and_its_files_agree(killed_everywhere):
    found = set()
    for place in killed_everywhere("state"):
        with RunState.reading(place) as record:
            read = (record.get("answer"), record.outcomes, record.program.instructions[0].text, record.epoch("1"))
        with RunState(place) as state:
            outcomes = state.outcomes
            seen = (state.get("answer"), outcomes, state.program.instructions[0].text, state.epoch("1"))
            assert read == seen
            assert [one.why for one in state.programs()] in (["planned"], ["planned", "planned anew"])
            was_closed = any(one.path == "1" for one in state.steps(every=True))
            journals = [path.name for path in (place / ".llm-strategy/journal").iterdir()]
            assert len(journals) == (0 if was_closed else 1)
            found.add((seen[0], was_closed, bool(outcomes), seen[2], seen[3]))

    assert found == {
        (None, False, False, "first", 0),
        (42, False, False, "first", 0),
        (42, True, True, "first", 0),
        (42, True, True, "second", 0),
        (42, True, False, "second", 1),
    }


HOLD = """
import sys
from pathlib import Path
from llm_strategy.errors import WorkspaceError
from llm_strategy.planner.state import RunState

print("ready", flush=True)
sys.stdin.readline()
try:
    state = RunState(Path(sys.argv[1]))
except WorkspaceError as error:
    print(f"refused: {error}", flush=True)
else:
    state.begin("task", "codebase", {}, again=True)
    print("has it", flush=True)
sys.stdin.readline()
"""


def test_of_processes_that_race_for_a_workspace_one_has_it_until_it_dies(python, tmp_path):
    racers = [python(HOLD, tmp_path) for _ in range(4)]
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.stdout.readline() for racer in racers]
    (winner,) = (racer for racer, words in zip(racers, said, strict=True) if words == "has it\n")

    losers = [words for words in said if words != "has it\n"]
    assert len(losers) == 3
    assert all("is in use by another program" in words for words in losers)
    with pytest.raises(WorkspaceError, match=f"in use by another program .process {winner.pid}"):
        RunState(tmp_path)
    with RunState.reading(tmp_path) as record:
        assert record.number == 1
    winner.kill()
    winner.wait()
    with RunState(tmp_path) as state:
        assert state.number == 1
        with pytest.raises(WorkspaceError, match="in use by this program already"):
            RunState(tmp_path)
