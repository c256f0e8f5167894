"""The watched network: what it passes on, and how it ends what takes too long."""

import socket
import ssl

import pytest

from llm_strategy.chat.http import Guard, guarding
from llm_strategy.chat.http.network import WatchedNetwork, WatchedWire
from llm_strategy.errors import TimedOutError
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import stoppable


class Wire:
    """A connection that remembers what was asked of it."""

    def __init__(self, *replies):
        self.replies, self.asked, self.ends = list(replies), [], socket.socketpair()

    def read(self, max_bytes, timeout=None):
        self.asked.append(("read", timeout))
        return self.replies.pop(0)

    def write(self, buffer, timeout=None):
        self.asked.append(("write", len(buffer), timeout))

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.asked.append(("tls", server_hostname, timeout))
        return self

    def close(self):
        self.asked.append("close")

    def get_extra_info(self, info):
        return self.ends[0] if info == "socket" else info

    def end(self):
        for end in self.ends:
            end.close()


@pytest.fixture
def wire():
    wire = Wire(b"one", b"two")
    yield wire
    wire.end()


class Network:
    def __init__(self, wire):
        self.wire, self.asked = wire, []

    def connect_tcp(self, host, port, **options):
        self.asked.append((host, port, options))
        return self.wire

    def connect_unix_socket(self, path, **options):
        self.asked.append((path, options))
        return self.wire

    def sleep(self, seconds):
        self.asked.append(seconds)


@pytest.mark.enable_socket
def test_without_a_guard_all_is_passed_on_as_it_is(wire):
    network = Network(wire)
    watched = WatchedNetwork(network)
    connection = watched.connect_tcp("host", 80, timeout=5, local_address=None)
    watched.connect_unix_socket("/path", timeout=5)
    watched.sleep(0.5)
    encrypted = connection.start_tls(ssl.create_default_context(), "host", timeout=5)

    assert (connection.read(10, 5), encrypted.read(10)) == (b"one", b"two")
    connection.write(b"x" * 100_000, 5)
    connection.close()
    assert connection.get_extra_info("server_addr") == "server_addr"
    assert network.asked == [("host", 80, {"timeout": 5, "local_address": None}), ("/path", {"timeout": 5}), 0.5]
    assert wire.asked == [("tls", "host", 5), ("read", 5), ("read", None), ("write", 100_000, 5), "close"]


@pytest.mark.enable_socket
def test_no_wait_is_longer_than_the_time_that_is_left(wire):
    connection = WatchedWire(wire)
    with guarding(Guard("m", 3)):
        connection.read(10, 600)
        connection.read(10, None)
        connection.write(b"x" * 100_000, 600)
        connection.start_tls(ssl.create_default_context(), "host", 600)
        WatchedNetwork(Network(wire)).connect_tcp("host", 80, timeout=1)

    waits = [asked[-1] for asked in wire.asked]
    assert [asked[0] for asked in wire.asked] == ["read", "read", "write", "write", "tls"]
    assert all(0 < wait <= 3 for wait in waits)


@pytest.mark.enable_socket
def test_a_request_that_is_told_to_end_wakes_up_and_is_not_taken_up_again(wire):
    connection = WatchedWire(wire)
    with stoppable() as stop:
        guard = Guard("m")
        with guarding(guard):
            connection.read(10)
            stop.set()
            for step in (
                lambda: connection.read(10),
                lambda: connection.write(b"x"),
                lambda: connection.start_tls(None),
                lambda: WatchedNetwork(Network(wire)).connect_tcp("host", 80),
            ):
                with pytest.raises(Cancelled):
                    step()
    assert wire.ends[0].recv(1) == b""  # the connection is shut


@pytest.mark.enable_socket
def test_a_connection_that_serves_another_request_by_now_is_left_alone(wire):
    with stoppable() as stop:
        guard = Guard("m")
        with guarding(guard):
            WatchedWire(wire).read(10)
        guard.over()
        stop.set()
    wire.ends[1].send(b"x")
    assert wire.ends[0].recv(1) == b"x"


def test_a_wire_without_a_socket_cannot_be_cut_and_does_no_harm():
    class Memory(Wire):
        def __init__(self):
            self.asked = []

        def get_extra_info(self, info):
            return None

    WatchedWire(Memory()).cut()


def test_nothing_begins_when_the_time_is_over():
    guard = Guard("m", 0)
    with pytest.raises(TimedOutError, match="'m' gave no whole reply in 0 s"), guarding(guard):
        pass
