"""A worker that is a process: the files of its workspace."""

import pytest

from llm_strategy.errors import (
    InputError,
)
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import GuestFunction, Setup
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

ASK = GuestFunction("ask", ("what", "how"), "Ask.")


@pytest.fixture
def start():
    """Starts workers that are closed afterwards."""
    started = []

    def made(functions=(ASK,), laid=None, **limits):
        setup = Setup(Limits(**{"seconds": 10, **limits}), functions, laid or {})
        started.append(UnsafeProcess().start(setup))
        return started[-1]

    yield made
    for one in started:
        one.close()


def test_files_that_change_are_told(start):
    worker = start(laid={"data/a.txt": b"one", "b.txt": b"b"})
    code = "import os\nopen('data/a.txt', 'a').write('more')\nos.remove('b.txt')\nos.mkdir('new')\nopen('new/c.txt', 'w').write('c')\nos.mkdir('__pycache__')\nopen('__pycache__/x', 'w').close()\nNone"
    found = [(one.path, one.operation, one.size) for one in worker.run(code).files]
    assert found == [("b.txt", "delete", 0), ("data/a.txt", "write", 7), ("new/c.txt", "create", 1)]
    assert worker.run("1").files == ()


def test_files_can_be_read_and_written(start):
    worker = start()
    data = bytes(range(256)) * 10_000
    worker.write_file("deep/er/x.bin", data)
    assert worker.run("len(open('deep/er/x.bin', 'rb').read())").value == len(data)
    assert worker.read_file("deep/er/x.bin") == data
    worker.write_file("deep/er/x.bin", b"")
    assert worker.read_file("deep/er/x.bin") == b""
    assert worker.run("1").files == ()


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a\0b",
        "x" * 300,
        "",
        ".",
        "a//b",
        "c:x",
        "a\\b",
        "\ud800",
        "/".join("x" * 200 for _ in range(20)),
    ],
)
def test_paths_outside_are_refused(start, path):
    worker = start()
    with pytest.raises(InputError):
        worker.read_file(path)
    with pytest.raises(InputError):
        worker.write_file(path, b"")


def test_links_are_not_followed(start, tmp_path):
    (tmp_path / "secret").write_text("s")
    worker = start()
    worker.run(
        f"import os\nos.symlink({str(tmp_path)!r}, 'folder')\nos.symlink({str(tmp_path / 'secret')!r}, 'file')\nos.mkfifo('fifo')"
    )
    for path in ("folder/secret", "file", "fifo"):
        with pytest.raises(InputError, match=path):
            worker.read_file(path)
    with pytest.raises(InputError):
        worker.write_file("folder/new", b"x")
    with pytest.raises(InputError):
        worker.write_file("file", b"x")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["secret"]
    with pytest.raises(FileNotFoundError, match="There is no file 'nowhere'"):
        worker.read_file("nowhere")


def test_a_file_that_is_too_large_is_refused(start):
    worker = start(disk_mib=1)
    with pytest.raises(InputError, match="larger"):
        worker.write_file("x", b"x" * ((1 << 20) + 1))


def test_a_setup_whose_files_cannot_be_laid_leaves_nothing(start):
    with pytest.raises(InputError, match="a/b"):
        start(laid={"a": b"", "a/b": b""})
