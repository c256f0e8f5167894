import pytest

from llm_strategy.planner.evaluators.verdict import TestOutcome
from llm_strategy.planner.metrics import features, loc, traced_requirements
from llm_strategy.planner.program import For, If, Instruction, Program, Requirement, While

PROGRAM = Program(
    "task",
    requirements=(Requirement("R1", "adds"), Requirement("R2", "lists"), Requirement("R12", "deletes")),
    instructions=(
        Instruction("1", "Write add.", requirements=("R1",)),
        For("2", "page", ("a/b", "c"), (Instruction("3", "Write {page}.", requirements=("R2", "R1")),)),
        If("4", "tests fail", (While("5", "tests fail", (Instruction("6", "Mend.", requirements=("R12",)),)),)),
    ),
)
STEPS = {
    "add.py": {"1"},
    "list.py": {"2[a/b]/3", "1"},
    "gone.py": {"1"},
    "tests/test_list.py": {"2[c]/3"},
    "delete.py": {"4/5[1]/6"},
    "tests/test_delete.py": {"4/5[1]/6"},
    "other.py": {"13", "2"},
}
FILES = dict.fromkeys(("add.py", "list.py", "delete.py", "other.py", "tests/test_list.py"), "")


def outcome(name, how="passed"):
    return TestOutcome(name, how)


def traced(tests=(), **files):
    texts = {**FILES, **{f"tests/{name}.py": text for name, text in files.items()}}
    return {one.id: one for one in traced_requirements(PROGRAM, STEPS, tests, texts)}


def test_a_requirement_leads_to_its_instructions_and_the_files_of_their_steps():
    found = traced()

    assert [(one.id, one.text) for one in found.values()] == [("R1", "adds"), ("R2", "lists"), ("R12", "deletes")]
    assert found["R1"].instructions == ("1", "3")
    assert found["R1"].files == ("add.py", "list.py", "tests/test_list.py")
    assert (found["R2"].instructions, found["R2"].files) == (("3",), ("list.py", "tests/test_list.py"))
    assert (found["R12"].instructions, found["R12"].files) == (("6",), ("delete.py",))
    assert {one.state for one in found.values()} == {"untested"}


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_a.py::test_R1_adds",
        "tests/test_a.py::test_r1",
        "tests/test_a.py::test_adds[R1]",
        "tests/test_r1.py::test_adds",
        "tests/test_a.py::TestR1::test_adds",
    ],
)
def test_a_test_names_a_requirement_in_its_name(name):
    found = traced([outcome(name)])

    assert (found["R1"].tests, found["R1"].state) == ((name,), "passed")
    assert (found["R12"].tests, found["R2"].tests) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        'def test_x():\n    """Adds: see R1."""\n',
        "def test_x():\n    assert 1  # R1.\n",
        "# For R1\n# and more\n@mark\ndef test_x():\n    pass\n",
        "@pytest.mark.requirement('R1')\nasync def test_x():\n    pass\n",
    ],
)
def test_a_test_names_a_requirement_in_its_words(text):
    found = traced([outcome("tests/test_a.py::test_x"), outcome("tests/test_a.py::test_y")], test_a=text)

    assert found["R1"].tests == ("tests/test_a.py::test_x",)
    assert found["R12"].tests == ()


def test_one_test_may_belong_to_several_requirements():
    found = traced([outcome("t.py::test_R1_and_R12", "failed")])

    assert (found["R1"].state, found["R12"].state, found["R2"].state) == ("failed", "failed", "untested")


def test_an_id_with_dots_and_dashes_is_found_in_either_spelling():
    program = Program("t", requirements=tuple(Requirement(name, "x") for name in ("F", "F-1", "F-1.2", "log.in")))
    tests = [outcome("t.py::test_F_1_2_x"), outcome("t.py::test_a"), outcome("t.py::test_log_in")]
    text = "def test_a():\n    # F-1. And more\n    pass\n"

    found = {one.id: one.tests for one in traced_requirements(program, {}, tests, {"t.py": text})}

    assert found == {"F": (), "F-1": ("t.py::test_a",), "F-1.2": (tests[0].id,), "log.in": (tests[2].id,)}


def test_where_no_test_names_a_requirement_those_count_that_were_made_for_it_alone():
    tests = [outcome("tests/test_delete.py::test_a"), outcome("tests/test_delete.py::test_b", "skipped")]
    found = traced(tests)
    assert (found["R12"].tests, found["R12"].state) == ((tests[0].id, tests[1].id), "passed")

    named = [*tests, outcome("tests/test_other.py::test_R12", "failed")]
    found = traced(named)
    assert (found["R12"].tests, found["R12"].state) == ((named[2].id,), "failed")


def test_a_test_that_was_made_for_several_requirements_and_names_none_tests_none_of_them():
    found = traced([outcome("tests/test_list.py::test_a")])

    assert (found["R1"].state, found["R2"].state) == ("untested", "untested")


def test_a_test_that_names_another_requirement_counts_for_that_one_only():
    found = traced([outcome("tests/test_delete.py::test_R1")])

    assert (found["R1"].state, found["R12"].state) == ("passed", "untested")


def test_a_requirement_whose_tests_were_all_skipped_is_untested():
    found = traced(
        [outcome("t.py::test_R1", "skipped"), outcome("t.py::test_R2", "skipped"), outcome("t.py::test_R2b")]
    )
    assert (found["R1"].state, found["R2"].state) == ("untested", "untested")


def test_features_are_the_share_whose_tests_all_passed():
    tests = [outcome("t.py::test_R1"), outcome("t.py::test_R2"), outcome("t.py::test_R2_more", "failed")]

    assert features(list(traced(tests).values())) == pytest.approx(1 / 3)
    assert features(traced_requirements(Program("t"), {}, tests, {})) == 0.0


def test_lines_of_code_are_those_that_say_something():
    files = {"a.py": "\n  # no\nx = 1  # yes\n\n", "b.JS": "// no\nlet x\n", "c.md": "words\n", "Makefile": "all:\n"}

    assert loc(files) == 2
