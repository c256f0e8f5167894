import warnings

import pytest

from llm_strategy.planner.named_tests import words_of_tests

TEXT = '''"""All: R9."""
# far above

# above
# right above
@mark.one("x")
# between
@mark.two
def test_a():
    """The docstring."""
    # inside
    assert "# no comment" == b'\\d'


class TestB:  # beside the class
    """Of the class."""

    def test_c(self):
        pass

    # of d
    def test_d(self): ...

    class TestInner:
        async def test_e(self):
            x = 1  # e
'''


def words(name):
    return words_of_tests({"t.py": TEXT}, [name])[name].splitlines()[1:]


def test_a_test_says_its_docstring_its_decorators_and_the_comments_at_it_and_in_it():
    assert words("t.py::test_a") == [
        "mark.one('x')",
        "mark.two",
        "The docstring.",
        "# above",
        "# right above",
        "# between",
        "# inside",
    ]


def test_a_test_of_a_class_says_what_the_class_says_too():
    assert words("t.py::TestB::test_c") == ["Of the class.", "# beside the class"]
    assert words("t.py::TestB::test_d[1]") == ["Of the class.", "# beside the class", "# of d"]
    assert words("t.py::TestB::TestInner::test_e")[-1] == "# e"


@pytest.mark.parametrize(
    "text", ["def test_a(:", "\0", "x = '''", "(" * 5000, "if True:\n\tx\n        y\n", "a = 1\n  b = 2\n"]
)
def test_of_a_file_that_cannot_be_read_a_test_has_its_name(text):
    assert words_of_tests({"t.py": text}, ["t.py::test_a", "none.py::x"]) == {
        "t.py::test_a": "t.py::test_a",
        "none.py::x": "none.py::x",
    }


def test_strange_code_warns_nobody():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        words_of_tests({"t.py": "def test_a():\n    '\\d' is 1\n"}, ["t.py::test_a"])
    assert caught == []
