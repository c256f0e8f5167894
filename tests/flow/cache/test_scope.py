"""Where the file is, who shares it, and what a fork leaves."""

import os
import subprocess
import sys

import pytest

from llm_strategy import caching
from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import cache as room
from llm_strategy.flow import run
from llm_strategy.flow.cache.location import CACHE_VARIABLE, cache_of_environment, cache_path
from llm_strategy.flow.cache.shared import _OPEN, borrow, give_back
from llm_strategy.flow.cache.standing import CacheOfEnvironment
from llm_strategy.flow.layers import layered


def test_the_file_is_the_given_one_or_that_of_the_environment_or_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "env.db"))
    assert cache_path(tmp_path / "own.db") == tmp_path / "own.db"
    assert cache_path() == tmp_path / "env.db"
    monkeypatch.delenv(CACHE_VARIABLE)
    assert (cache_path().parent.name, cache_path().name) == ("llm-strategy", "replies.db")


def test_a_folder_is_no_file(tmp_path):
    with (
        pytest.raises(ConfigurationError, match=r"this is a folder\. Name a file, such as '.*calls\.db'"),
        caching(tmp_path),
    ):
        raise AssertionError


@pytest.mark.parametrize("value", ["", "0", "off", "OFF", " no "])
def test_the_environment_may_say_that_there_is_none(monkeypatch, value):
    monkeypatch.setenv(CACHE_VARIABLE, value)
    assert cache_of_environment() is None


def asked(request):
    return (yield request)


def test_the_environment_names_a_cache_for_programs_that_open_none(monkeypatch, model, path):
    import atexit

    monkeypatch.setenv(CACHE_VARIABLE, str(path))
    standing = CacheOfEnvironment()
    with layered(standing):
        assert [run(asked(model.request())).cached for _ in range(2)] == [False, True]
        monkeypatch.setenv(CACHE_VARIABLE, "off")
        assert not run(asked(model.request())).cached
    atexit.unregister(give_back)
    give_back(path)


def test_a_program_is_cached_by_its_environment_alone(tmp_path):
    code = (
        "from llm_strategy import llm_function\n"
        "from llm_strategy.testing import ScriptedModel\n"
        "@llm_function\n"
        "def number(model, text: str) -> int:\n"
        "    '''Return the number.'''\n"
        "    raise NotImplementedError\n"
        "model = ScriptedModel(['7'])\n"
        "print(number(model, 'seven'), len(model.asked))\n"
    )
    environment = {**os.environ, CACHE_VARIABLE: str(tmp_path / "env.db"), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", code]
    told = [subprocess.run(command, capture_output=True, text=True, check=True, env=environment) for _ in range(2)]
    assert [(one.stdout, one.stderr) for one in told] == [("7 1\n", ""), ("7 0\n", "")]


def test_scopes_of_one_file_share_it(path):
    with caching(path), caching(path):
        assert _OPEN[path].users == 2
    assert path not in _OPEN


def test_a_file_under_two_names_is_one(path, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with caching(path), caching(link):
        assert [one for one in _OPEN if one.parent == tmp_path] == [path]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(model, path):
    with caching(path):
        run(asked(model.request("before")))
        child = os.fork()
        if child == 0:
            known = run(asked(model.request("before"))).cached
            run(asked(model.request("in the child")))
            os._exit(0 if known else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert run(asked(model.request("in the child"))).cached


def test_a_cache_is_closed_by_the_last_one_who_gives_it_back(path):
    first, second = borrow(path), borrow(path)
    assert first is second
    give_back(path)
    assert path in _OPEN
    give_back(path, here=False)
    assert path not in _OPEN


def test_names_of_the_room_are_found_when_they_are_asked_for():
    assert room.LangchainCache.__name__ == "LangchainCache"
    with pytest.raises(AttributeError, match="cachings"):
        _ = room.cachings


def test_importing_the_package_loads_no_database():
    code = "import llm_strategy.flow, llm_strategy.function, sys; print('sqlite3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
