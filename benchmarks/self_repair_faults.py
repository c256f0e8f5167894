"""Faults that a model puts into a workspace, each with what mends it, as scripts for both planners."""

import json
from dataclasses import dataclass, field

from benchmarks.scripted import blocks, called

INSTRUCTION = "Write add(a, b), which returns the sum of two numbers, with a test of it."
CODE = "def add(a, b):\n    return a + b\n"
TEST = "from calc import add\n\n\ndef test_R1_adds():\n    assert add(2, 2) == 4\n"
THREE = 'def add(a, b):\n   """Add:\n\n   a   first\n     b second\n   """\n   return a + b\n'
THREE_TEST = f"{TEST}\n\ndef test_the_words_stay():\n    assert '\\n     b second\\n' in add.__doc__\n"
NUMBERED = "# Steps\n\n1: take both numbers\n2: add them\n\n1. not a line number\n"
SOURCE = "RATE = 2\n\n\ndef add(a, b):\n    return a + b\n\n\ndef dear(a, b):\n    return add(a, b) * RATE\n"
SOURCE_TEST = "from shop.calc import add\n\n\ndef test_R1_adds():\n    assert add(2, 2) == 4\n"


@dataclass(frozen=True)
class Fault:
    """What a script does to a workspace."""

    name: str
    first: dict[str, str]
    """The files of the first reply, by path."""
    shows: str = ""
    """What a finding about it says, and nothing else in a request; '' where nothing is wrong."""
    repair: dict[str, str] = field(default_factory=dict)
    """The files of the reply to that."""
    second: dict[str, str] = field(default_factory=dict)
    """The files of a second reply, before anything is mended."""
    foreign: dict[str, str] = field(default_factory=dict)
    """What somebody else puts into the workspace when the first request comes."""
    removed: str = ""
    """The folder that somebody else removes when the second reply is asked for."""
    outside: str = ""
    """The file that a path of the first reply leads to, outside of the workspace."""
    slow: bool = False
    """Whether a peer takes more than a minute for it."""

    @property
    def wanted(self) -> dict[str, str]:
        """All files that have to be there in the end."""
        inside = {path: text for path, text in self.first.items() if not path.startswith("../")}
        return {**inside, **self.foreign, **self.second, **self.repair}

    def rules_for_planner(self, workspace: str) -> list[dict]:
        """The rules of the planner's replies: it is asked once a turn."""
        rules = self._repairing(blocks(self.repair))
        if self.second:
            events = [{"folders": workspace, "path": self.removed}] if self.removed else []
            rules.append(
                {"name": "second", "has": ["What came of"], "events": events, "say": blocks(self.second, "DONE")}
            )
        return [*rules, self._first(workspace, blocks(self.first, *(["CONTINUE"] if self.second else [])))]

    def rules_for_l2mac(self, workspace: str) -> list[dict]:
        """The rules of L2MAC's replies: it is asked after each tool, and for a summary."""
        rules = [{"name": "summary", "last": ["one or two sentence summary"], "say": {"content": "It is written."}}]
        rules += self._repairing(_written(self.repair))
        if self.second:
            events = [{"folders": workspace, "path": self.removed}] if self.removed else []
            lacking = [_part(self.second)]
            rules.append(
                {
                    "name": "second",
                    "last": ["Has the sub task"],
                    "lacks": lacking,
                    "events": events,
                    "say": _written(self.second),
                }
            )
        first = self._first(workspace, _written(self.first))
        return [*rules, {**first, "last": ["Execute sub task step"]}, {"say": called("sub_task_step_complete")}]

    def _repairing(self, reply: dict) -> list[dict]:
        if not self.shows:
            return []
        return [{"name": "repair", "has": [self.shows], "say": reply}]

    def _first(self, workspace: str, reply: dict) -> dict:
        events = [{"folders": workspace, "path": path, "text": text} for path, text in self.foreign.items()]
        return {"name": "first", "events": events, "say": reply}


def _written(files: dict[str, str]) -> dict:
    objects = [{"file_path": path, "file_contents": text} for path, text in files.items()]
    return called("write_files", list_of_file_objects=objects)


def _part(files: dict[str, str]) -> str:
    """What stands in a conversation where these files were written."""
    return json.dumps(json.dumps(next(iter(files))))[1:-1]


def said_of(fault: Fault, *, ended: str, repairs: int, files: dict[str, str], escaped: bool) -> str:
    """What became of a fault, in a word or two.

    >>> fault = Fault("a fault", {"a.py": "x"}, "wrong", {"a.py": "y"})
    >>> said_of(fault, ended="done", repairs=1, files={"a.py": "y"}, escaped=False)
    'repaired'
    >>> said_of(fault, ended="done", repairs=0, files={"a.py": "x"}, escaped=False)
    'passed unseen'
    >>> said_of(fault, ended="KeyError: 1", repairs=0, files={"a.py": "x"}, escaped=False)
    'crashed: KeyError'
    """
    if escaped:
        return "wrote outside"
    if ended.split(":", maxsplit=1)[0] == "failed":
        return "given up"
    if ended != "done":
        return f"crashed: {ended.split(':', maxsplit=1)[0]}"
    if files == fault.wanted:
        return "repaired" if fault.shows and repairs else "kept"
    if fault.shows and not repairs:
        return "passed unseen"
    return "files lost" if set(fault.wanted) - set(files) else "files changed"


FAULTS = (
    Fault(
        "syntax error",
        {"calc.py": "def add(a, b:\n    return a + b\n", "test_calc.py": TEST},
        "calc.py:1:",
        {"calc.py": CODE},
    ),
    Fault(
        "failing test",
        {"calc.py": "def add(a, b):\n    return a + b + 1\n", "test_calc.py": TEST},
        "assert 5 == 4",
        {"calc.py": CODE},
    ),
    Fault("no tests at all", {"calc.py": CODE}),
    Fault("a test file without tests", {"calc.py": CODE, "test_calc.py": "from calc import add\n"}),
    Fault(
        "hanging test",
        {"calc.py": "def add(a, b):\n    while True:\n        pass\n", "test_calc.py": TEST},
        "did not end within",
        {"calc.py": CODE},
        slow=True,
    ),
    Fault(
        "a path that leaves the folder",
        {"../escaped.py": CODE, "calc.py": CODE, "test_calc.py": TEST},
        "Use a relative path",
        {"calc.py": CODE, "test_calc.py": TEST},
        outside="escaped.py",
    ),
    Fault("indented by 3 spaces", {"calc.py": THREE, "test_calc.py": THREE_TEST}),
    Fault("a line that begins with '1: '", {"calc.py": CODE, "test_calc.py": TEST, "STEPS.md": NUMBERED}),
    Fault(
        "unknown name in src/, no __init__.py",
        {"src/shop/calc.py": SOURCE.replace("RATE = 2\n\n\n", ""), "tests/test_calc.py": SOURCE_TEST},
        "ndefined ",
        {"src/shop/calc.py": SOURCE},
    ),
    Fault("a user's file in the folder", {"calc.py": CODE, "test_calc.py": TEST}, foreign={"notes.txt": "mine\n"}),
    Fault(
        "a folder that somebody removes",
        {"shop/calc.py": CODE, "tests/test_calc.py": SOURCE_TEST},
        "No module named",
        {"shop/calc.py": CODE},
        {"README.md": "# Sums\n"},
        removed="shop",
    ),
)
