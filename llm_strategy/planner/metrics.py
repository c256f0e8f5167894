"""How much of what was asked for is there: each requirement followed to its instructions, files and tests.

No model is asked. A requirement is met where tests that belong to it passed, and none of them failed.

Covered: tests that pytest ran, by their names, docstrings, decorators and comments. Not covered: whether a test looks
at what the requirement says; held-out acceptance tests are for that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llm_strategy.planner.named_tests import words_of_tests
from llm_strategy.planner.program import Instruction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from llm_strategy.planner.evaluators.verdict import TestOutcome
    from llm_strategy.planner.program import Program

__all__ = ["RequirementTrace", "features", "loc", "traced_requirements"]


@dataclass(frozen=True, slots=True)
class RequirementTrace:
    """What became of a requirement."""

    id: str
    """Its name in the program."""
    text: str
    """What it asks for."""
    instructions: tuple[str, ...]
    """Ids of the instructions that serve it."""
    files: tuple[str, ...]
    """Files that the steps of these have made or changed, as far as they are still there."""
    tests: tuple[str, ...]
    """Ids of its tests."""
    state: Literal["passed", "failed", "untested"]
    """`passed` where one of them passed and none failed; `untested` where none was run to its end."""


def traced_requirements(
    program: Program,
    steps_of_files: Mapping[str, Collection[str]],
    tests: Sequence[TestOutcome],
    files: Mapping[str, str],
) -> tuple[RequirementTrace, ...]:
    """Return what became of each requirement of a program, in its order.

    A test belongs to a requirement where its name, docstring, a decorator or a comment in it names the id:
    `test_R1_adds`, `# R1`. Where no test names it, those in files count that were made for it
    alone, and that name no other one.

    Args:
        program: requirements and instructions.
        steps_of_files: paths of the steps that have made or changed each file.
        tests: how the tests ended.
        files: the texts of the workspace.
    """
    named = _named(program, tests, files)
    taken = {test for tests_of in named.values() for test in tests_of}
    free = [test for test in tests if test.id not in taken]
    return tuple(
        _trace(
            one.id,
            one.text,
            program,
            steps_of_files,
            ([test for test in tests if test.id in named[one.id]] if one.id in named else free, one.id in named, files),
        )
        for one in program.requirements
    )


def _trace(
    name: str,
    text: str,
    program: Program,
    steps_of_files: Mapping[str, Collection[str]],
    tested: tuple[Sequence[TestOutcome], bool, Mapping[str, str]],
) -> RequirementTrace:
    tests, are_named, files = tested
    serving = tuple(node.id for node in program.nodes() if isinstance(node, Instruction) and name in node.requirements)
    made = tuple(
        sorted(
            path
            for path, steps in steps_of_files.items()
            if path in files and any(step.rpartition("/")[2] in serving for step in steps)
        )
    )
    alone = [node.id for node in program.nodes() if isinstance(node, Instruction) and node.requirements == (name,)]
    own = [test for test in tests if are_named or _was_made_by(alone, test, steps_of_files)]
    return RequirementTrace(name, text, serving, made, tuple(test.id for test in own), _state(own))


def _was_made_by(instructions: Sequence[str], test: TestOutcome, steps_of_files: Mapping[str, Collection[str]]) -> bool:
    """Whether the file of a test was made by some instructions, and by no others."""
    steps = steps_of_files.get(test.id.partition("::")[0], ())
    return bool(steps) and all(step.rpartition("/")[2] in instructions for step in steps)


def _state(tests: Iterable[TestOutcome]) -> Literal["passed", "failed", "untested"]:
    outcomes = {test.outcome for test in tests}
    if "failed" in outcomes:
        return "failed"
    return "passed" if "passed" in outcomes else "untested"


def _named(program: Program, tests: Sequence[TestOutcome], files: Mapping[str, str]) -> dict[str, set[str]]:
    """The tests that name each requirement."""
    ids = {_plain(one.id): one.id for one in program.requirements}
    if not ids:
        return {}
    # The longest first, so that R1 is not found in R1.2; not in R12, nor in AR1.
    either = "|".join(sorted(map(re.escape, ids), key=len, reverse=True))
    pattern = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")
    words = words_of_tests(files, [test.id for test in tests])
    found: dict[str, set[str]] = {}
    for test in tests:
        for name in pattern.findall(_plain(words[test.id])):
            found.setdefault(ids[name], set()).add(test.id)
    return found


def _plain(text: str) -> str:
    """A text in the one spelling that ids have in names of functions and classes as well."""
    return re.sub(r"(?<=\w)[-.](?=\w)|(?<=[a-z])(?=[A-Z])", "_", text).casefold()


def features(traces: Sequence[RequirementTrace]) -> float:
    """Return the share of requirements that have tests, all of which passed; 0 where nothing was required."""
    return sum(trace.state == "passed" for trace in traces) / len(traces) if traces else 0.0


_COMMENTS = {
    **dict.fromkeys(("py", "pyi", "sh", "rb", "toml", "yaml", "yml"), "#"),
    **dict.fromkeys(("js", "jsx", "mjs", "ts", "tsx", "go", "rs", "java", "c", "h", "cpp", "css"), "//"),
    **dict.fromkeys(("html", "sql"), "--"),
}
"""What a comment of one line begins with, by the endings of names that count as code."""


def loc(files: Mapping[str, str]) -> int:
    r"""Return how many lines of code there are: those that are neither empty nor only a comment, in files of code.

    >>> loc({"a.py": "# A comment.\n\nx = 1\n", "README.md": "Words.\n"})
    1
    """
    return sum(
        bool(line.strip()) and not line.lstrip().startswith(_COMMENTS[ending])
        for path, text in files.items()
        if (ending := path.rpartition(".")[2].lower()) in _COMMENTS
        for line in text.splitlines()
    )
