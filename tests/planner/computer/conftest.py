"""What tests of the control unit share: a scripted model, and runs in a folder of their own."""

import json

import pytest

from llm_strategy.planner import Domain, Instruction, Program, Requirement, generate_custom
from llm_strategy.testing import ScriptedModel

CODE = Domain("code", "a codebase")
NO_TALK = {"questions": 0, "reflections": 0, "replans": 0}


@pytest.fixture
def value():
    """What a model says to give a value as JSON."""
    return lambda value: json.dumps({"return_value": value})


@pytest.fixture
def block():
    """What a writer says to write files: `block(**{"a.py": text})`."""

    def written(files):
        return "\n\n".join(f"{path}\n```\n{text}```" for path, text in files.items())

    return written


@pytest.fixture
def program():
    """Makes a program of instructions, each of which serves the one requirement."""

    def made(*texts, **changes):
        instructions = tuple(
            text if not isinstance(text, str) else Instruction(str(number), text, ("R1",))
            for number, text in enumerate(texts, 1)
        )
        return Program("A tool.", (Requirement("R1", "It works."),), instructions, **changes)

    return made


@pytest.fixture
def runs(tmp_path):
    """Makes runs in one workspace, judged by the syntax alone and without talk before them; collects what is told."""

    def run(replies, task="A tool.", **options):
        run.events = []
        run.model = replies if not isinstance(replies, list) else ScriptedModel(replies)
        options.setdefault("workspace", tmp_path / "made")
        options.setdefault("trace", False)
        options.setdefault("watch", run.events.append)
        options["settings"] = {**NO_TALK, **options.get("settings", {})}
        return generate_custom(CODE, task, run.model, **options)

    run.workspace = tmp_path / "made"
    run.asked = lambda number: "\n".join(message.content for message in run.model.asked[number])
    return run
