"""What a prelude is sent as, and what it asks of the kernel."""

from pathlib import Path

import pytest

import llm_strategy.sandbox
from llm_strategy.sandbox.walls.kernel import done
from llm_strategy.sandbox.walls.prelude_source import prelude_source

FOLDER = Path(llm_strategy.sandbox.__file__).parent


@pytest.mark.parametrize("body", ["bubblewrap", "landlock"])
def test_the_part_that_runs_inside_needs_nothing_of_this_package(body):
    source = prelude_source(FOLDER / body / "inside.py")

    assert "llm_strategy" not in source
    names = {}
    exec(compile(source, "<prelude>", "exec", dont_inherit=True), names)
    assert {"probe", "forbid", "_give_up"} <= names.keys()


@pytest.mark.parametrize("body", ["bubblewrap", "landlock"])
def test_no_name_stands_for_two_things_in_one_text(body):
    files = (FOLDER / "walls/kernel.py", FOLDER / "walls/canaries_probe.py", FOLDER / body / "inside.py")
    made = [
        line.partition("(")[0].removeprefix("def ").removeprefix("class ")
        for file in files
        for line in file.read_text().splitlines()
        if line.startswith(("def ", "class "))
    ]
    assert len(made) == len(set(made)) > 20


def test_a_call_of_the_kernel_that_fails_is_an_error():
    done(0, "do it")
    with pytest.raises(OSError, match="cannot do it"):
        done(-1, "do it")
