"""What the sandbox has not is told in words that lead somewhere."""

import pytest

from llm_strategy.planner.evaluators.hints import hinted

SERVER = """test_a.py:4: in test_a
    server = HTTPServer(("127.0.0.1", 0), Handler)
/usr/lib/python3.11/socketserver.py:456: in __init__
    self.socket = socket.socket(self.address_family,
E   PermissionError: [Errno 13] Permission denied"""


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        (SERVER, "(There is no network here, not even to localhost"),
        ("E  urllib.error.URLError: <urlopen error [Errno -3] Temporary failure>", "(There is no network here"),
        ("async def functions are not natively supported.", "(Plugins of pytest are not loaded here: call asyncio.run"),
        ("E       fixture 'mocker' not found", "(Plugins of pytest are not loaded here, so there is no fixture"),
        ('ERROR: Error importing plugin "pytest_mock": No module', "(The tests have the packages that are installed"),
        ("OSError: pytest: reading from stdin while output is captured!", "(Nobody answers input() here"),
    ],
)
def test_a_failure_is_told_behind_what_to_do_about_it(message, hint):
    assert hinted(message).startswith(hint)
    assert hinted(message).endswith(message)


@pytest.mark.parametrize(
    "message", ["assert 1 == 2", "PermissionError: [Errno 13] Permission denied: 'a.txt'", "socket is None", ""]
)
def test_other_failures_are_told_as_they_are(message):
    assert hinted(message) == message


def test_hints_reach_the_outcomes_and_the_problems(ran):
    files = {
        "main.py": "name = input()\n",
        "test_a.py": "def test_a(mocker): ...\n",
        "test_b.py": "import main\n\ndef test_b(): ...\n",
        "stop.py": "import sys\nsys.exit(3)\n",
        "test_c.py": "import stop\n\ndef test_c(): ...\n",
    }
    problems, tests = ran(files)

    assert tests["test_a.py::test_a"][1].startswith("(Plugins of pytest are not loaded here")
    assert "(Nobody answers input() here" in next(one for one in problems if one.startswith("main.py"))
    assert "belongs below `if __name__ == '__main__':`" in next(one for one in problems if one.startswith("test_c.py"))
