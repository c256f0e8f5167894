"""An optimization that was recorded with an older version, run again: real replies, read into the types of the loop."""

import pytest

from benchmarks.corpora import corpus_path
from benchmarks.recorded_optimization import NAME, Recorded, Replay, recorded, replay, values_of


@pytest.mark.skipif(not corpus_path(NAME).exists(), reason=f"the shared folder with {NAME} is not there")
def test_real_replies_are_read_as_they_were_when_they_were_recorded():
    rows = recorded()
    answering, report = replay(rows)
    read = values_of(report)
    assert len(rows) == answering.asked == sum(map(len, read.values())) == 18
    for name, values in read.items():
        assert values == [row.value for row in rows if row.function == name]
    assert not answering.differences
    assert report.reason == "rounds"
    assert [one.probability for one in report.probabilities] == [0.8, 0.75]
    assert report.missing.wishes[0].runs >= 3


def test_a_loop_that_goes_another_way_is_noticed():
    class Said:
        def __init__(self, content):
            self.content = content

    rows = [Recorded("write_essay", "1", None, "Write.", "Bees"), Recorded("write_essay", "2", None, "Write.", "Rome")]
    answering = Replay(rows)
    answering([Said("Act as:\nLLMOptimizer.reflect_on_task_run(run) -> Reflection")])
    answering([Said("Act as:\nwrite_essay(topic) -> str\n\nWrite.\n"), Said("topic: Bees")])
    assert len(answering.differences) == 2
    assert "reflect_on_task_run asks" in answering.differences[0]
    assert "'Rome'" in answering.differences[1]
