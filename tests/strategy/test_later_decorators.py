"""A class that is implemented first can still be made a dataclass by a decorator above."""

from dataclasses import asdict, dataclass, field, fields

import pytest

from llm_strategy import llm_strategy
from llm_strategy.testing import ScriptedModel

ANSWER = ScriptedModel(lambda messages: '{"return_value": 41}')


@dataclass
@llm_strategy(ANSWER)
class Above:
    x: int
    kind: str = "a"
    tags: list[str] = field(default_factory=list)
    secret: str = field(default="s", repr=False)

    def q(self) -> int:
        """Q."""
        raise NotImplementedError

    def own(self) -> int:
        return self.x


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"slots": True}, {"order": True}])
def test_a_dataclass_above_a_strategy_has_the_fields_of_the_class(options):
    @dataclass(**options)
    @llm_strategy(ANSWER)
    class Local:
        x: int
        tags: list[str] = field(default_factory=list)

        def q(self) -> int:
            """Q."""
            raise NotImplementedError

    assert Local(1) == Local(1, [])
    assert Local(1).tags is not Local(1).tags
    assert Local(1).q() == 41


def test_a_dataclass_above_a_strategy_keeps_defaults_and_hides_what_is_hidden():
    assert [one.name for one in fields(Above)] == ["x", "kind", "tags", "secret"]
    above = Above(1, tags=["t"])
    assert asdict(above) == {"x": 1, "kind": "a", "tags": ["t"], "secret": "s"}
    assert (above.own(), above.q()) == (1, 41)
    assert '{"x": 1, "kind": "a", "tags": ["t"]}' in str(above.q.prompt()[-1].content)


def test_a_dataclass_above_a_strategy_leaves_written_methods_alone():
    @dataclass
    @llm_strategy(ANSWER)
    class Written:
        x: int

        def __repr__(self):
            return f"written {self.x}"

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 5

        def q(self) -> int:
            """Q."""
            raise NotImplementedError

    assert repr(Written(1)) == "written 1"
    assert Written(1) == Written(2)
    assert hash(Written(1)) == 5


def test_a_dataclass_above_a_strategy_extends_a_dataclass():
    @dataclass
    @llm_strategy(ANSWER)
    class More(Above):
        y: int = 3

        def r(self) -> int:
            """R."""
            raise NotImplementedError

    assert asdict(More(1))["y"] == 3
    assert (More(1).q(), More(1).r()) == (41, 41)
