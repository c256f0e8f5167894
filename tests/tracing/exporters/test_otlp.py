import gzip
import json
import logging
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from llm_strategy.errors import ConfigurationError, MissingExtraError, TraceFileError, TransportError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.openinference import openinference_attributes
from llm_strategy.tracing.exporters.otlp import OTLPTarget, export_over_otlp, traces_endpoint
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import SpanRecord

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PROTOBUF = "application/x-protobuf"


class Collector:
    """A server of OTLP/HTTP that parses what arrives, and answers what it is told to."""

    def __init__(self):
        self.requests = []
        self.answers = []

    @property
    def resource_spans(self):
        return [one for _, _, request in self.requests for one in request.resource_spans]

    @property
    def spans(self):
        return [span for one in self.resource_spans for scope in one.scope_spans for span in scope.spans]

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"]))
        if handler.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert handler.headers["content-type"] == PROTOBUF
        self.requests.append((handler.path, dict(handler.headers), ExportTraceServiceRequest.FromString(body)))
        return self.answers.pop(0) if self.answers else (200, PROTOBUF, b"", {})


@contextmanager
def listening():
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, kind, body, headers = collector.take(self)
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # somebody who did not wait for the answer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        collector.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def collector(monkeypatch):
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES", raising=False)
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    with listening() as found:
        yield found


def attributes(of):
    return {one.key: plain(one.value) for one in of.attributes}


def plain(value):
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return [plain(one) for one in found.values] if kind == "array_value" else found


def send(collector, *traces, **options):
    return export_over_otlp(traces, OTLPTarget(collector.url, **options))


def test_every_span_arrives_with_its_ids_parents_times_and_attributes(collector):
    trace = sample_trace(7)
    assert send(collector, trace) == len(trace.spans)
    arrived = {span.span_id.hex(): span for span in collector.spans}
    assert len(arrived) == len(trace.spans)
    for span in trace.spans:
        found = arrived[span.span]
        assert found.trace_id.hex() == span.trace
        assert found.parent_span_id.hex() == (span.parent or "")
        assert (found.name, found.start_time_unix_nano, found.end_time_unix_nano) == (span.name, span.start, span.end)
        assert found.kind == (3 if span.kind == "chat" else 1)
        assert found.status.code == (2 if span.failed else 1)
        assert found.status.message == span.message
        assert [event.name for event in found.events] == [event.name for event in span.events]
        expected = {name: list(value) if isinstance(value, tuple) else value for name, value in span.attributes.items()}
        assert attributes(found) == expected


def test_a_url_without_a_path_gets_that_of_the_protocol(collector):
    send(collector, sample_trace(1))
    assert [path for path, _, _ in collector.requests] == ["/v1/traces"]
    export_over_otlp([sample_trace(1)], OTLPTarget(f"{collector.url}/otel/v1/traces"))
    assert collector.requests[-1][0] == "/otel/v1/traces"


@pytest.mark.parametrize("compressed", [True, False])
def test_requests_are_compressed_unless_they_shall_not_be(collector, compressed):
    send(collector, sample_trace(1), gzip=compressed)
    [(_, headers, _)] = collector.requests
    assert ("Content-Encoding" in headers) is compressed
    assert len(collector.spans) == 5


def test_headers_are_sent(collector):
    send(collector, sample_trace(1), headers={"wandb-api-key": "k", "x-two": "a=b"})
    headers = collector.requests[0][1]
    assert (headers["wandb-api-key"], headers["x-two"]) == ("k", "a=b")


def test_the_resource_says_which_program_it_was(collector, monkeypatch):
    send(collector, sample_trace(1))
    assert attributes(collector.resource_spans[-1].resource)["service.name"] == "llm-strategy"
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "wandb.entity=me,service.name=shop")
    send(collector, sample_trace(1))
    found = attributes(collector.resource_spans[-1].resource)
    assert (found["wandb.entity"], found["service.name"]) == ("me", "shop")
    send(collector, sample_trace(1), resource={"service.name": "given", "wandb.project": "p"})
    found = attributes(collector.resource_spans[-1].resource)
    assert (found["wandb.project"], found["service.name"]) == ("p", "given")


def test_many_spans_go_in_batches(collector):
    trace = sample_trace(200)
    assert send(collector, trace) == len(trace.spans)
    sizes = [
        sum(len(scope.spans) for one in request.resource_spans for scope in one.scope_spans)
        for _, _, request in collector.requests
    ]
    assert sum(sizes) == len(trace.spans)
    assert max(sizes) <= 512


def test_long_texts_go_in_smaller_batches(collector):
    send(collector, sample_trace(9, text="x" * 300_000), gzip=False)
    assert max(int(headers["Content-Length"]) for _, headers, _ in collector.requests) < 4_000_000


def test_a_span_without_an_end_ends_with_the_trace_and_says_so(collector):
    trace = sample_trace(1)
    last = max(span.end for span in trace.spans[1:])
    send(collector, RecordedTrace.of([replace(trace.spans[0], end=None), *trace.spans[1:]]))
    session = next(span for span in collector.spans if not span.parent_span_id)
    assert session.end_time_unix_nano == last
    assert attributes(session)[semconv.UNFINISHED] is True


def test_values_that_the_protocol_does_not_know_are_sent_as_text(collector):
    odd = {
        "none": None,
        "big": 2**70,
        "mixed": [1, "a"],
        "nested": {"a": [1]},
        "half": "\ud800",
        "numbers": [1, 2],
        "bigs": [1, 2**70],
        "empty": [],
    }
    send(collector, RecordedTrace.of([replace(sample_trace(1).spans[0], attributes=odd)]))
    found = attributes(collector.spans[0])
    assert "none" not in found
    assert found == {
        "big": str(2**70),
        "mixed": '[1, "a"]',
        "nested": '{"a": [1]}',
        "half": "?",
        "numbers": [1, 2],
        "bigs": ["1", str(2**70)],
        "empty": [],
    }


def test_phoenix_finds_its_own_names(collector):
    send(collector, sample_trace(3), openinference=True)
    found = {span.name: attributes(span) for span in collector.spans}
    chat = found["chat gpt-4o-mini"]
    assert chat["openinference.span.kind"] == "LLM"
    assert (chat["llm.token_count.prompt"], chat["llm.token_count.completion"]) == (160, 22)
    assert chat["llm.token_count.total"] == 182
    assert chat["llm.model_name"] == "gpt-4o-mini-2024-07-18"
    assert chat["llm.input_messages.0.message.role"] == "system"
    assert chat["llm.input_messages.3.message.content"] == "`text` is missing in a red bicycle"
    assert chat["llm.output_messages.0.message.content"] == '{"text": "a red bicycle"}'
    function = found["shop.Catalogue.describe"]
    assert function["openinference.span.kind"] == "CHAIN"
    assert json.loads(function["input.value"]) == {"article": "a red bicycle 2"}
    assert function["output.mime_type"] == "application/json"
    assert not any(name.startswith("llm.token_count") for name in function)


def test_tools_and_settings_have_names_in_openinference():
    tool = SpanRecord(
        "1" * 32,
        "2" * 16,
        None,
        "t",
        "tool",
        1,
        2,
        attributes={semconv.TOOL_NAME: "add", semconv.TOOL_RESULT: "plain text"},
    )
    found = openinference_attributes(tool)
    assert (found["openinference.span.kind"], found["tool.name"], found["output.mime_type"]) == (
        "TOOL",
        "add",
        "text/plain",
    )
    chat = replace(tool, kind="chat", attributes={semconv.TEMPERATURE: 0.5, semconv.REQUEST_MODEL: "m"})
    found = openinference_attributes(chat)
    assert (json.loads(found["llm.invocation_parameters"]), found["llm.model_name"]) == ({"temperature": 0.5}, "m")


REJECTED = ExportTraceServiceResponse()
REJECTED.partial_success.rejected_spans = 2
REJECTED.partial_success.error_message = "too old\x1b[31m"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param((404, "text/plain", b"no such page", {}), "it answered 404 Not Found: no such page", id="404"),
        pytest.param((401, "text/plain", b"", {}), "it answered 401 Unauthorized", id="401"),
        pytest.param(
            (200, "text/html; charset=utf-8", b"<html>", {}), "with an HTML page. Is the path right", id="html"
        ),
        pytest.param(
            (302, "text/plain", b"", {"location": "http://127.0.0.1:1/"}), "sends on to 'http://127.0", id="302"
        ),
        pytest.param((200, PROTOBUF, REJECTED.SerializeToString(), {}), "rejected 2 spans: too old[31m", id="rejected"),
        pytest.param((200, PROTOBUF, b"\xff\xff\xff", {}), "no answer of OTLP", id="damaged"),
        pytest.param(
            (200, "application/json", b'{"partialSuccess": {"rejectedSpans": "3"}}', {}),
            "rejected 3 spans: no reason",
            id="json",
        ),
        pytest.param((200, "application/json", b"[1]", {}), "no answer of OTLP", id="json-list"),
    ],
)
def test_an_answer_that_is_no_success_is_an_error(collector, answer, words):
    collector.answers = [answer]
    with pytest.raises(TransportError) as problem:
        send(collector, sample_trace(1))
    assert words in str(problem.value)
    assert "\x1b" not in str(problem.value)
    assert problem.value.status == answer[0]
    assert len(collector.requests) == 1


def test_an_empty_json_answer_is_a_success(collector):
    collector.answers = [(200, "application/json", b"", {})]
    assert send(collector, sample_trace(1)) == 5


def test_what_was_sent_before_a_failure_is_told(collector):
    collector.answers = [(200, PROTOBUF, b"", {}), (400, "text/plain", b"", {})]
    with pytest.raises(TransportError, match="512 spans were sent before"):
        send(collector, sample_trace(200))


def test_a_server_that_is_busy_is_asked_again(collector):
    collector.answers = [(503, "text/plain", b"", {"retry-after": "0"})]
    assert send(collector, sample_trace(1)) == 5
    assert len(collector.requests) == 2


def test_a_server_that_stays_busy_is_given_up(collector):
    collector.answers = [(503, "text/plain", b"later", {"retry-after": "60"})]
    with pytest.raises(TransportError, match="it answered 503 Service Unavailable: later"):
        send(collector, sample_trace(1), timeout=0.5)


def test_nobody_there_is_an_error_at_once_and_nothing_is_logged(caplog):
    with listening() as gone:
        pass
    with pytest.raises(TransportError, match=r"no connection \(Connection refused\)"):
        export_over_otlp([sample_trace(1)], OTLPTarget(gone.url.replace("http://", "http://me:secret@")))
    assert caplog.records == []


def test_a_password_in_the_url_is_not_told():
    with listening() as gone:
        pass
    with pytest.raises(TransportError) as problem:
        export_over_otlp([sample_trace(1)], OTLPTarget(gone.url.replace("http://", "http://me:secret@")))
    assert "secret" not in str(problem.value)


def test_a_server_that_does_not_answer_is_given_up(collector):
    waiting = threading.Event()
    collector.take = lambda _: waiting.wait(5) and (200, PROTOBUF, b"", {})
    try:
        with pytest.raises(TransportError, match="did not answer in time"):
            send(collector, sample_trace(1), timeout=0.2)
    finally:
        waiting.set()


def test_a_server_without_tls_is_no_safe_connection(collector):
    with pytest.raises(TransportError, match="no safe connection"):
        export_over_otlp([sample_trace(1)], OTLPTarget(collector.url.replace("http:", "https:"), timeout=5))


@pytest.mark.parametrize("url", ["localhost:4318", "ftp://host/", "http://", "http://[::1", "http://host:99999/"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ConfigurationError, match="is no URL"):
        traces_endpoint(url)


@pytest.mark.parametrize("wrong", ["not hexadecimal", "0" * 32, "f" * 40])
def test_ids_that_opentelemetry_cannot_hold_are_an_error(collector, wrong):
    with pytest.raises(TraceFileError, match="32 hexadecimal digits"):
        send(collector, RecordedTrace.of([replace(sample_trace(1).spans[0], trace=wrong)]))


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[otlp\]"):
        export_over_otlp([sample_trace(1)], OTLPTarget("http://127.0.0.1:1"))


def test_logging_is_as_before_after_an_export(collector):
    logger = logging.getLogger("opentelemetry.exporter")
    before = logger.level, logger.propagate
    send(collector, sample_trace(1))
    assert (logger.level, logger.propagate) == before
