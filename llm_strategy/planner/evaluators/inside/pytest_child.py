"""Runs pytest on files of the workspace, and reports each step over a pipe that is told to nobody else.

It is given as text to an interpreter of its own, before any code of the workspace is loaded. What it needs it has taken
by then, under names of its own.
"""

from __future__ import annotations

import faulthandler
import functools
import importlib
import inspect
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

__all__ = ["main"]

_LONGEST = 1600
_PRINTED = 400
_AT_ONCE = 200
_MOST_WRAPPED = 20


def main() -> None:  # pragma: no cover (it ends the process)
    """Take the orders, run pytest, and end."""
    orders = json.loads(sys.stdin.buffer.read())
    sys.stdin.close()
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 (for the whole life of the process)
    for number in (orders["report"], orders["place"], orders["answer"]):
        os.set_inheritable(number, False)
    faulthandler.enable(orders["place"], all_threads=False)
    faulthandler.register(orders["signal"], orders["place"], all_threads=False)
    sys.argv = ["pytest"]
    tell = telling(orders.pop("report"), orders.pop("answer"), orders.pop("token"))
    leave = os._exit
    try:
        pytest: Any = importlib.import_module("pytest")
    except ImportError as error:
        tell("missing", message=str(error))
        leave(0)
    sys.path[:0] = orders["paths"]
    os.environ["PYTHONPATH"] = os.pathsep.join(orders["paths"])  # for what the tests start
    status = int(pytest.main(orders["arguments"], plugins=[_plugin(pytest, orders, tell)]))
    tell("over", status=status)
    leave(0)


def telling(number: int, answers: int, token: str) -> Callable[..., None]:
    """Return a function that writes a line of JSON with the token, and the number of the line, into a pipe.

    With `waiting` it comes back when the line has arrived.
    """
    read, write, encode, process, own = os.read, os.write, json.JSONEncoder().encode, os.getpid, os.getpid()
    count = 0

    def tell(kind: str, *, waiting: bool = False, **rest: object) -> None:
        nonlocal count
        if process() != own:
            return  # a copy of this process that a test has forked off
        line = encode({"token": token, "number": count, "kind": kind, **rest}).encode() + b"\n"
        count += 1
        while line:
            line = line[write(number, line) :]
        if waiting:
            read(answers, 1)

    return tell


def shortened(text: str, most: int) -> str:
    """Return the beginning and the end of a text."""
    if len(text) <= most:
        return text
    return f"{text[: most // 3]}\n...\n{text[-(most - most // 3) :]}"


def _plugin(pytest: Any, orders: dict[str, Any], tell: Callable[..., None]) -> object:
    class Reporter(_Reporter):
        pytest_load_initial_conftests = pytest.hookimpl(tryfirst=True)(_Reporter.pytest_load_initial_conftests)
        pytest_runtest_protocol = pytest.hookimpl(wrapper=True, tryfirst=True)(_Reporter.pytest_runtest_protocol)
        pytest_runtest_call = pytest.hookimpl(wrapper=True, tryfirst=True)(_Reporter.pytest_runtest_call)
        pytest_itemcollected = pytest.hookimpl(wrapper=True, tryfirst=True)(_Reporter.pytest_itemcollected)
        pytest_collection_modifyitems = pytest.hookimpl(tryfirst=True)(_Reporter.pytest_collection_modifyitems)
        pytest_runtest_logreport = pytest.hookimpl(tryfirst=True)(_Reporter.pytest_runtest_logreport)

    return Reporter(orders, tell)


class _Reporter:
    """The plugin."""

    def __init__(self, orders: dict[str, Any], tell: Callable[..., None]) -> None:
        self._tell = tell
        self._done = frozenset(orders["done"])
        self._names = frozenset(orders["names"])
        self._root = f"{os.getcwd()}/"  # noqa: PTH109 (as text)
        self._is_file = os.path.isfile
        self._codes: dict[int, object] = {}
        self._seconds = time.perf_counter  # a test may put another one in its place
        self._running: _Running | None = None

    def pytest_load_initial_conftests(self) -> None:
        """Say that it is about to begin, and look at imports from now on."""
        self._tell("ready")
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Tell which module of the workspace is about to be loaded: it may end the process. Finds nothing itself."""
        del target
        if name.partition(".")[0] in self._names:
            found = self._file_of(name.rpartition(".")[2], sys.path if path is None else list(path))
            if found.startswith(self._root):
                self._tell("load", id=found[len(self._root) :])

    def _file_of(self, name: str, folders: list[str]) -> str:
        ways = (f"{folder}/{name}{end}" for folder in folders for end in (".py", "/__init__.py"))
        return next(filter(self._is_file, ways), "")

    def pytest_collectstart(self, collector: Any) -> None:
        """Tell which file is about to be loaded."""
        if type(collector).__name__ in {"Module", "Package"}:
            self._tell("file", id=collector.nodeid, waiting=True)

    def pytest_collectreport(self, report: Any) -> None:
        """Tell that a file cannot be loaded, or does not want to be."""
        if report.outcome == "failed":
            self._tell(
                "broken", id=report.nodeid, message=shortened(report.longreprtext.replace(self._root, ""), 2 * _LONGEST)
            )
        elif report.outcome == "skipped":
            self._tell("skipped", id=report.nodeid, message=_reason(report))

    def pytest_itemcollected(self, item: Any) -> Generator[None, object, object]:
        """Keep what the function of a test does, before a hook of the workspace puts another in its place."""
        self._codes[id(item)] = _code_of(getattr(item, "obj", None))
        return (yield)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Tell which tests there are, before a hook of the workspace chooses among them; leave out what is done."""
        ids = [item.nodeid for item in items]
        for start in range(0, len(ids), _AT_ONCE):
            self._tell("tests", ids=ids[start : start + _AT_ONCE])
        items[:] = [item for item in items if item.nodeid not in self._done]

    def pytest_runtest_protocol(self, item: Any) -> Generator[None, object, object]:
        """Tell that a test begins, and how it ended."""
        running = self._running = _Running(self._root)
        self._tell("begin", id=item.nodeid, waiting=True)
        began = self._seconds()
        result = yield  # what is raised here ends the whole run: the test has no end, then
        self._running = None
        self._tell("end", id=item.nodeid, seconds=self._seconds() - began, **running.told())
        return result

    def pytest_runtest_call(self, item: Any) -> Generator[None, object, object]:
        """See with eyes of our own whether the function of the test is called, and what it raises."""
        running, function = self._running, getattr(item, "obj", None)
        if running is not None and callable(function):
            running.seen = []
            running.swapped = not _does(function, self._codes.get(id(item)))
            item.obj = watched(function, running.seen)
            instance = getattr(item, "instance", None)
            if hasattr(instance, "_testMethodName"):
                setattr(instance, item.name, item.obj)  # unittest itself looks for async functions there
        return (yield)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take what pytest reports."""
        if self._running is not None:
            self._running.take(report)


class _Running:
    """What is known of the test under way."""

    def __init__(self, root: str) -> None:
        self.seen: list[str] | None = None
        """How the function ended, each time it was called; None where there is none."""
        self.swapped = False
        """Whether the function is another one than that which was collected."""
        self._root = root
        self._outcome = ""
        self._messages: list[str] = []

    def take(self, report: Any) -> None:
        """Take a report of one phase; what is worse stays."""
        if report.outcome == "failed":
            self._outcome = "failed"
            self._messages.append(_failure(report).replace(self._root, ""))
        elif report.outcome == "skipped" and self._outcome != "failed":
            self._outcome = "skipped"
            self._messages.append(_reason(report))
        elif report.when == "call" and not self._outcome:
            self._outcome = "passed"

    def told(self) -> dict[str, Any]:
        """Return what to tell of it."""
        seen = "" if self.seen is None else self.seen[-1] if self.seen else "not called"
        forged = self._outcome == "passed" and (self.swapped or seen not in {"", "returned"})
        return {"outcome": self._outcome, "message": shortened("\n".join(self._messages), _LONGEST), "forged": forged}


def watched(function: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    """Return the function of a test, with a note each time it is called of how it ended."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def asynchronous(*args: Any, **kwargs: Any) -> Any:
            with _Seen(seen):
                return await function(*args, **kwargs)

        return asynchronous

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _Seen(seen):
            return function(*args, **kwargs)

    return called


def _code_of(function: object) -> object:
    return getattr(getattr(function, "__func__", function), "__code__", None)


def _does(function: object, code: object) -> bool:
    """Return whether a function, or one that it is wrapped around, has this code; None is that of no function."""
    for _ in range(_MOST_WRAPPED):
        if code is None or _code_of(function) is code:
            return True
        function = getattr(function, "__wrapped__", None)
    return False


class _Seen:
    """Notes how what is inside of it ended."""

    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def __enter__(self) -> None:
        self._seen.append("unfinished")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._seen[-1] = "returned" if kind is None else f"raised {kind.__name__}"


def _reason(report: Any) -> str:
    try:
        _, _, said = report.longrepr  # file, line, reason
    except (TypeError, ValueError):
        said = f"It is marked as one that fails. {getattr(report, 'wasxfail', '')}".strip()
    return shortened(str(said), _PRINTED)


def _failure(report: Any) -> str:
    text = shortened(report.longreprtext, _LONGEST)
    if report.when in {"setup", "teardown"}:
        text = f"in its {report.when}:\n{text}"
    printed = [(name, said.strip()) for name, said in _sections(report) if said.strip()]
    return "\n".join([text, *(f"({name}) {said[-_PRINTED:]}" for name, said in printed)])


def _sections(report: Any) -> Sequence[tuple[str, str]]:
    return [(name, said) for name, said in report.sections if "stdout" in name or "stderr" in name]


if __name__ == "__main__":
    main()
