"""The stand-in for the server, asked directly. What wandb itself asks of it: tests/tracing/exporters."""

import gzip
import http.client
import json
from urllib.parse import urlsplit

import pytest

from llm_strategy.testing.wandb_stub import WandbStub
from llm_strategy.testing.wandb_stub_runs import ArrivedArtifact

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def stub():
    with WandbStub() as running:
        yield running


def ask(stub, method, target, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(stub.url).port)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def graphql(stub, operation, **variables):
    body = json.dumps({"query": f"mutation {operation} {{ x }}", "variables": variables}).encode()
    return ask(stub, "POST", "/graphql", body)[1]["data"]


def test_a_run_and_its_stream_are_kept(stub):
    graphql(stub, "UpsertBucket", name="r1", project="shop", config='{"a": {"value": 1}}', summaryMetrics='{"s": 1}')
    files = {"wandb-history.jsonl": {"offset": 0, "content": ['{"x": 1}', '{"x": 2}']}, "output.log": {"content": []}}
    stream = "/files/stub/shop/r1/file_stream"
    ask(stub, "POST", stream, gzip.compress(json.dumps({"files": files}).encode()), {"Content-Encoding": "gzip"})
    again = {"wandb-history.jsonl": {"offset": 1, "content": ['{"x": 3}']}}
    again["wandb-summary.json"] = {"offset": 0, "content": ['{"s": 2}']}
    ask(stub, "POST", stream, json.dumps({"files": again, "complete": True, "exitcode": 4}).encode())

    (run,) = stub.runs
    assert (run.id, run.project, run.name, run.config, run.summary) == ("r1", "shop", "r1", {"a": 1}, {"s": 2})
    assert run.history == ({"x": 1}, {"x": 3})
    assert run.exit_code == 4
    assert run.metrics == ()
    assert stub.requests == ["graphql UpsertBucket", "file_stream", "file_stream"]


def test_a_file_comes_by_the_address_that_was_asked_for(stub):
    graphql(stub, "UpsertBucket", name="r1", project="shop")
    told = graphql(stub, "CreateRunFiles", entity="stub", project="shop", run="r1", files=["media/a b.html"])
    address = told["createRunFiles"]["files"][0]["uploadUrl"]
    ask(stub, "PUT", urlsplit(address).path, b"\x00\xff")

    assert stub.runs[0].files == {"media/a b.html": b"\x00\xff"}


def test_an_artifact_arrives_with_its_manifest_and_its_bytes(stub):
    graphql(stub, "UpsertBucket", name="r1", project="shop")
    named = {"artifactCollectionName": "t", "artifactTypeName": "trace", "clientID": "c1", "runName": "r1"}
    told = graphql(stub, "CreateArtifact", input={**named, "aliases": [{"alias": "latest"}], "metadata": '{"n": 1}'})
    artifact = told["createArtifact"]["artifact"]
    file = {"artifactID": artifact["id"], "name": "a/b.jsonl"}
    files = graphql(stub, "CreateArtifactFiles", input={"artifactFiles": [file]})["createArtifactFiles"]["files"]
    manifest = graphql(stub, "CreateArtifactManifest", artifactID=artifact["id"])["createArtifactManifest"]
    listed = json.dumps({"contents": {"a/b.jsonl": {"size": 2}}}).encode()
    for address, content in [
        (files["edges"][0]["node"]["uploadUrl"], b"{}"),
        (manifest["artifactManifest"]["file"]["uploadUrl"], listed),
    ]:
        ask(stub, "PUT", urlsplit(address).path, content)
    graphql(stub, "CommitArtifact", artifactID=artifact["id"])

    kept = stub.runs[0].artifact("trace")
    assert kept.complete
    assert (kept.name, kept.aliases, kept.metadata, kept.files) == ("t", ("latest",), {"n": 1}, {"a/b.jsonl": b"{}"})
    assert graphql(stub, "ClientIDMapping", clientID="c1") == {"clientIDMapping": {"serverID": artifact["id"]}}


def test_an_artifact_of_nobody_is_accepted_and_belongs_to_no_run(stub):
    graphql(stub, "CreateArtifact", input={"artifactCollectionName": "t", "artifactTypeName": "data"})
    assert stub.runs == ()


@pytest.mark.parametrize(
    "operation",
    ["Viewer", "ServerInfo", "ServerFeaturesQuery", "OrgFeatureFlags", "RunResumeStatus", "RunStoppedStatus"],
)
def test_what_clients_ask_about_the_server_is_answered(stub, operation):
    assert graphql(stub, operation)
    assert stub.unknown == ()


def test_media_of_a_run_are_found_by_their_key(stub):
    graphql(stub, "UpsertBucket", name="r1")
    (run,) = stub.runs
    run.lines[0], run.files["media/a.html"] = '{"page": {"path": "media/a.html"}}', b"<p>"
    assert run.media("page") == b"<p>"


def test_an_alert_is_kept(stub):
    graphql(stub, "UpsertBucket", name="r1")
    graphql(stub, "NotifyScriptableRunAlert", runName="r1", title="Look", text="")
    assert stub.runs[0].alerts == ["Look"]


def test_a_report_is_kept(stub):
    graphql(stub, "UpsertBucket", name="r1", project="shop")
    projects = graphql(stub, "GetProjects", entity="stub")["models"]["edges"]
    graphql(stub, "upsertView", entityName="stub", projectName="shop", displayName="Calls", spec='{"blocks": []}')

    assert [project["node"]["name"] for project in projects] == ["shop"]
    assert stub.reports == ({"title": "Calls", "spec": {"blocks": []}},)


def test_an_operation_that_is_not_known_is_an_error_and_is_told(stub):
    _, answer = ask(stub, "POST", "/graphql", json.dumps({"operationName": "Sweep"}).encode())

    assert "does not know the operation 'Sweep'" in answer["errors"][0]["message"]
    assert stub.unknown == ("Sweep",)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/upload/run/nobody/file", b"x"),
        ("POST", "/files/stub/shop/nobody/file_stream", b"{}"),
        ("POST", "/graphql", b"no JSON"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(stub, method, path, body):
    assert ask(stub, method, path, body)[0] == 400


def test_other_requests_are_answered_and_noted(stub):
    assert ask(stub, "GET", "/sdk/otel?x=1") == (200, {})
    assert stub.requests == ["GET /sdk/otel"]


def test_its_variables_send_a_program_here(stub):
    assert stub.environment()["WANDB_BASE_URL"] == stub.url
    assert len(stub.environment()["WANDB_API_KEY"]) == 40


def test_a_deaf_stub_takes_the_run_and_nothing_else():
    with WandbStub(deaf=True) as stub:
        graphql(stub, "UpsertBucket", name="r1")
        assert ask(stub, "POST", "/files/stub/shop/r1/file_stream", b"{}")[0] == 503
        assert ask(stub, "PUT", "/upload/run/r1/a", b"x")[0] == 503
        assert stub.runs[0].files == {}


def test_a_client_that_goes_away_is_no_problem_of_the_test(stub, capfd):
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(stub.url).port)
    connection.request("POST", "/graphql", b"{}", {"Content-Length": "999"})
    connection.close()
    assert ask(stub, "GET", "/after") == (200, {})
    assert capfd.readouterr().err == ""


def test_an_artifact_is_complete_when_its_listed_files_came_and_it_was_committed():
    listed = {"contents": {"a": {"size": 2}, "other": {"ref": "wandb-artifact://1/x"}}}
    artifact = ArrivedArtifact("t", "trace", manifest=listed, files={"a": b"ab"})
    assert not artifact.complete
    artifact.committed = True
    assert artifact.complete
    artifact.files["a"] = b"a"
    assert not artifact.complete


def test_what_did_not_arrive_is_told_by_name(stub):
    graphql(stub, "UpsertBucket", name="r1")
    (run,) = stub.runs
    with pytest.raises(LookupError, match="has no 'page'"):
        run.media("page")
    with pytest.raises(LookupError, match="has 0 artifacts of type 'trace'"):
        run.artifact("trace")


def test_a_stub_that_was_never_entered_has_no_address():
    stub = WandbStub()
    stub.__exit__(None, None, None)
    assert (stub.url, stub.runs) == ("", ())
