"""The pytest plugin of llm-strategy: pytest loads it by itself wherever the package is installed.

It adds the fixtures `scripted_model` and `llm_cassette`, keeps tests from asking models in the network, and writes the
traces of tests where it is asked to. It loads nothing else until a test uses it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.testing.cassette import Cassette
    from llm_strategy.testing.scripted_models import ScriptedModels

__all__ = ["llm_cassette", "scripted_model"]

_MARK = "llm_network: lets llm-strategy ask models in the network in this test"
_OURS = {"ReplayError", "NetworkBlockedError"}
"""Errors that tell a test what it asked for in vain, by name: nothing is loaded for their sake."""
_OTHERS_FIXTURES = {"httpx_mock", "respx_mock", "vcr", "vcr_cassette"}
"""Fixtures of other plugins that stand before the network."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each of which can stand in the ini file as well."""
    group = parser.getgroup("llm-strategy")
    group.addoption(
        "--llm-record",
        choices=["none", "new", "all"],
        default=None,
        help="cassettes of llm_cassette: replay only (none, the default), record what is missing, record all again",
    )
    group.addoption("--llm-strict", action="store_true", default=None, help="let tests use all of their cassette")
    group.addoption("--llm-traces", metavar="DIR", default=None, help="write the trace of each test with LLM calls")
    parser.addini("llm_record", "default of --llm-record", default="none")
    parser.addini("llm_strict", "default of --llm-strict", type="bool", default=False)
    parser.addini("llm_traces", "default of --llm-traces, relative to the root of the tests", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and check the ini file."""
    config.addinivalue_line("markers", _MARK)
    if config.getini("llm_record") not in {"none", "new", "all"}:
        raise pytest.UsageError(f"llm_record = {config.getini('llm_record')!r}: write none, new or all.")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let pytest-socket, where it is installed, open the network to tests that are to ask models in it."""
    if item.config.pluginmanager.hasplugin("socket") and _may_ask(item):
        item.add_marker("enable_socket")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Guard the network and record the trace while a test runs, its fixtures included."""
    around: Any = import_module("llm_strategy.testing.plugin_run")
    with around.running(item, guarded=not _may_ask(item), traces=_traces(item.config)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test fail that asked for what is not on its cassette, even where it got over that."""
    try:
        result = yield
    except Exception as error:
        if type(error).__name__ not in _OURS:
            raise
        raise error.with_traceback(_of_tests(error.__traceback__))  # noqa: B904 (the same error)
    cassette = getattr(item, "funcargs", {}).get("llm_cassette")
    if cassette is not None:
        item.stash[_PASSED] = not cassette.misses
        if cassette.misses:
            pytest.fail("\n\n".join(cassette.misses), pytrace=False)
        _check_use(item, cassette)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was asked in a test that failed."""
    report = yield
    around: Any = import_module("llm_strategy.testing.plugin_run")
    if report.failed:
        report.sections.extend(around.sections(item))
    return report


@pytest.fixture
def scripted_model() -> Generator[ScriptedModels]:
    """Make models that say what the test tells them to: `scripted_model([...replies], default=True)`."""
    made: ScriptedModels = import_module("llm_strategy.testing.scripted_models").ScriptedModels()
    yield made
    made.close()


@pytest.fixture
def llm_cassette(request: pytest.FixtureRequest) -> Generator[Cassette]:
    """Make models that are recorded once and replayed from then on: `llm_cassette("openai:gpt-4o-mini")`."""
    item: Any = request.node
    naming: Any = import_module("llm_strategy.testing.cassette_file")
    name = naming.file_name(item.nodeid.partition("::")[2].replace("::", ".") or item.name)
    made: Cassette = import_module("llm_strategy.testing.cassette").Cassette(
        path=Path(item.path).parent / "cassettes" / Path(item.path).stem / name,
        mode=_record_mode(item.config),
        strict=_is_strict(item.config),
        test=item.nodeid,
    )
    yield made
    made.close(passed=item.stash.get(_PASSED, False))


def _of_tests(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of the library: what was asked for, and by which line, comes first."""
    if trace is None:
        return None
    following = _of_tests(trace.tb_next)
    if str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == "llm_strategy":
        return following
    return TracebackType(following, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


_PASSED = pytest.StashKey[bool]()


def _record_mode(config: pytest.Config) -> Any:
    return config.getoption("--llm-record") or config.getini("llm_record")


def _is_strict(config: pytest.Config) -> bool:
    return bool(config.getoption("--llm-strict") or config.getini("llm_strict"))


def _traces(config: pytest.Config) -> Path | None:
    chosen = config.getoption("--llm-traces") or config.getini("llm_traces")
    return config.rootpath / chosen if chosen else None


def _may_ask(item: pytest.Item) -> bool:
    names: set[str] = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("llm_network") or item.get_closest_marker("vcr") or names & _OTHERS_FIXTURES:
        return True
    return "llm_cassette" in names and _record_mode(item.config) != "none"


def _check_use(item: pytest.Item, cassette: Cassette) -> None:
    if not cassette.unused:
        return
    asked = ", ".join(f"{one.key[:12]} of {one.model!r}" for one in cassette.unused)
    told = (
        f"{item.nodeid} did not ask for {len(cassette.unused)} of what is on its cassette ({asked}). Record it again: "
        f"pytest --llm-record=all '{item.nodeid}'"
    )
    if _is_strict(item.config):
        item.stash[_PASSED] = False
        pytest.fail(told, pytrace=False)
    item.warn(pytest.PytestWarning(told))
