"""Figures of runs that the planner itself has traced, whole and resumed."""

import pytest

from llm_strategy.errors import ReplayError
from llm_strategy.planner import Instruction, Program, Requirement, generate_codebase
from llm_strategy.planner.figures.data import PANELS, figures_of
from llm_strategy.planner.figures.heat import HeatCell
from llm_strategy.planner.figures.of_report import summary_of
from llm_strategy.planner.figures.page import figures_page
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import RecordedTrace

TWO = Program(
    "Sums.",
    (Requirement("R1", "It adds."), Requirement("R2", "It subtracts."), Requirement("R3", "It is documented.")),
    (Instruction("1", "Write sums.py with its test.", ("R1",)), Instruction("2", "Add a difference.", ("R2",))),
)
RIGHT = """sums.py
```python
def add(a, b):
    return a + b
```

test_sums.py
```python
from sums import add

def test_R1_adds():
    assert add(1, 2) == 3
```"""
WRONG = RIGHT.replace("== 3", "== 4")


@pytest.fixture
def run(tmp_path):
    """Run the planner, or go on with it, and return what it made."""

    def generate(*replies, **options):
        return generate_codebase(
            "Sums.",
            ScriptedModel([*replies]),
            workspace=tmp_path / "made",
            sandbox="unsafe-process",
            settings={"questions": 0, "reflections": 0},
            **options,
        )

    return generate


@pytest.fixture
def figures(tmp_path):
    """Return the figures of all traces of the run so far."""

    def read():
        paths = sorted(tmp_path.glob("made/.llm-strategy/traces/*.jsonl"))
        return figures_of(span for path in paths for span in RecordedTrace.read(path).spans)

    return read


def test_a_run_that_broke_off_in_a_step_and_its_going_on_are_one(run, figures):
    with pytest.raises(ReplayError):
        run(WRONG, program=TWO)  # nobody answers the second turn
    broken = figures()
    found = run(RIGHT, "```\ndone\n```", RIGHT.replace("R1", "R2"), resume=True)
    whole = figures()

    assert [whole.why_empty(panel) for panel in PANELS] == [""] * 5
    assert [turn.key.title for turn in broken.turns] == ["step 1, attempt 1, turn 1", "step 1, attempt 1, turn 2"]
    assert whole.turns[0] == broken.turns[0]
    keys = [(turn.key.step, turn.key.turn, turn.failed) for turn in whole.turns]
    assert keys[:2] == [("1", 1, 1), ("1", 2, 0)]
    assert len(keys) == len({(turn.key) for turn in whole.turns})
    assert [(one.step, one.named, one.stood) for one in whole.retention] == [("1", 2, 1), ("2", 2, 2)]
    assert whole.heat.paths == ("sums.py", "test_sums.py")
    assert whole.heat.cells[:2] == (HeatCell(0, 0, (0, 0, 1, 0, 0)), HeatCell(0, 1, (0, 0, 1, 0, 0)))
    summary = summary_of(found.report, TWO)
    assert [(step.path, step.text) for step in summary.steps] == [(one.id, one.text) for one in TWO.instructions]
    assert "Add a difference." in figures_page(whole, summary)
