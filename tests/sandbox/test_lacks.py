"""Machines that lack something, each simulated in a process of its own: nothing runs there, in no sandbox.

The cases are those of `benchmarks/lacks.py`, which also opens the walls of bubblewrap one by one.
"""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.lacks import LACKS, WALLS, Opened, refused, try_case
from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Setup
from llm_strategy.sandbox.landlock.body import Landlock

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux")
    or not shutil.which("bwrap")
    or not all(one.ok for one in Landlock().findings()),
    reason="needs a machine that lacks nothing",
)
CASES = [(lack.name, body) for lack in LACKS for body in lack.bodies]


@pytest.fixture(scope="module")
def answers():
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(CASES, pool.map(lambda case: try_case(*case), CASES), strict=True))


def test_there_are_twelve_of_them():
    assert len(LACKS) == 12


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}, {case[1]}")
def test_a_machine_that_lacks_something_runs_no_code(answers, case):
    assert refused(case[0], answers[case]), answers[case]


def test_code_that_runs_is_seen_to_run():
    assert try_case("nothing", "landlock")["ran"] is True


@pytest.mark.parametrize("wall", [wall for wall, body in WALLS if body == "landlock"])
def test_a_wall_of_landlock_with_a_hole_is_found(wall):
    with pytest.raises(
        SandboxUnavailableError, match=f"does not hold on this machine, and no code was run(?s:.*)  {wall}: "
    ):
        Opened("landlock", wall).start(Setup())
