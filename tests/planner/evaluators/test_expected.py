import pytest

from llm_strategy.planner.evaluators.expected import expected_tests, is_test_file, unnamed_problems


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


def test_a_file_that_says_that_it_is_no_test_is_not_believed():
    assert expected("__test__ = False\ndef test_a(): ...\n") == ["test_a"]


def test_only_what_is_said_to_be_no_test_is_left_out():
    text = """
class TestBase:
    __test__: bool = False
    def test_a(self): ...

class TestOther:
    def test_b(self): ...

def test_c(): ...
test_c.__test__ = False

def test_d(): ...
"""
    assert expected(text) == ["TestOther::test_b", "test_d"]


def test_what_a_decorator_may_make_something_else_of_is_not_expected():
    text = """
@fx
def test_client(): ...

@dataclass
class TestCaseData:
    def test_value(self): ...

@pytest.mark.parametrize("x", [1])
@mock.patch.object(app, "now")
def test_a(x): ...

@unittest.skipIf(True, "why")
class TestB:
    def test_b(self): ...
"""
    assert expected(text) == ["test_a", "TestB::test_b"]


@pytest.mark.parametrize("path", ["test_[x].py", "tests/a::b/test_a.py", "test_\u202ea.py", "test_\x07.py"])
def test_names_that_pytest_cannot_be_given_are_told(path):
    assert [one.path for one in unnamed_problems([path, "[x].py", "test_é.py"])] == [path]
