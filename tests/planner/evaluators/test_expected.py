import pytest

from llm_strategy.planner.evaluators.expected import expected_tests, is_test_file


@pytest.mark.parametrize("path", ["test_a.py", "tests/test_a.py", "tests/unit/a_test.py", "src/app/test_a.py"])
def test_a_file_with_tests_is_known_by_its_name(path):
    assert is_test_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "test_a.txt",
        "latest.py",
        "tests/conftest.py",
        ".venv/test_a.py",
        "build/test_a.py",
        "a.egg/test_a.py",
    ],
)
def test_other_files_have_none(path):
    assert not is_test_file(path)


def expected(text):
    return [one.removeprefix("test_a.py::") for one in expected_tests({"test_a.py": text}, ["test_a.py"])]


def test_what_is_no_test_is_not_expected():
    text = """
import pytest

@pytest.fixture
def test_client(): ...

@pytest.fixture(scope="module")
def test_other(): ...

def helper():
    def test_inside(): ...

if False:
    def test_never(): ...

def test_gone(): ...
del test_gone

class Helper:
    def test_x(self): ...

async def test_a(): ...

class TestB:
    def test_b(self): ...
    def other(self): ...
    x = 1
"""
    assert expected(text) == ["test_a", "TestB::test_b"]


def test_a_file_that_says_what_is_no_test_is_believed():
    assert expected("class TestA:\n    __test__ = False\n    def test_a(self): ...\n") == []


def test_a_file_that_cannot_be_read_is_left_to_others():
    assert expected("def test_a(: ...") == expected("x\0") == []
