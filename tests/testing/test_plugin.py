"""The pytest plugin, in runs of pytest of their own."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import langchain_openai
import pytest

import llm_strategy.testing.cassette
import llm_strategy.testing.network
import llm_strategy.testing.plugin_run
import llm_strategy.testing.scripted_models
import llm_strategy.tracing.exporters.terminal
import llm_strategy.tracing.new_session
from llm_strategy.models.registry import find_model
from llm_strategy.models.store import is_present, store_folder
from llm_strategy.testing import ScriptedModel

MODELS = store_folder()
"""Where models are, before a test moves the user's home elsewhere."""

LOADED = (langchain_openai, llm_strategy)
"""A run inside this process forgets what it is the first to import, and would load it again each time."""

HEAD = """
import asyncio, json, threading
from collections.abc import Iterator
import pytest
from langchain_openai import ChatOpenAI
from llm_strategy import llm_function
from llm_strategy.errors import *
from llm_strategy.testing import *

@llm_function
def capital(model, country: str) -> str:
    '''The capital of the country.'''

@llm_function
def words(model, text: str) -> Iterator[str]:
    '''The words.'''

def real():
    return ScriptedModel(lambda turns: json.dumps(
        {"return_value": ["a", "b"] if "words" in turns[0].content else "Paris of " + turns[-1].content[9:]}))

hosted = ChatOpenAI(model="gpt-4o-mini", api_key="sk-none", max_retries=0)
"""


@pytest.fixture
def run(pytester, monkeypatch, named_plugin):
    """Write a test file, run it with the plugin, and return the result."""
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    pytester.makeini("[pytest]\nxfail_strict = true\n")

    def run(body="", *options, name="test_it"):
        if body:
            pytester.makepyfile(**{name: HEAD + body})
        others = ("randomly", "cacheprovider", "langsmith_plugin", "hypothesispytest", "anyio", "pytest_cov")
        warned = ("-W", "always::pytest.PytestWarning", "-W", "ignore::pytest.PytestAssertRewriteWarning")
        quiet = ["-q", *warned, *(part for name in others for part in ("-p", f"no:{name}"))]
        return pytester.runpytest_inprocess(*named_plugin, *quiet, *options)

    return run


def cassette_of(pytester, name="test_one", module="test_it"):
    return pytester.path / "cassettes" / module / f"{name}.json"


def test_a_scripted_model_says_what_it_is_told_and_keeps_what_it_was_asked(run):
    result = run("""
def test_one(scripted_model):
    model = scripted_model(['{"return_value": "Paris"}'])
    assert capital(model, "France") == "Paris"
    assert "country: France" in model.asked[0][-1].content
    assert scripted_model(lambda turns: "x", llm_strategy_methods=("tool",)).llm_strategy_methods == ("tool",)
""")
    result.assert_outcomes(passed=1)


def test_a_scripted_model_is_the_default_one_to_the_end_of_its_test_in_all_threads(run):
    result = run("""
def test_one(scripted_model):
    scripted_model(['{"return_value": "Rome"}'], default=True)
    scripted_model(['{"return_value": "Paris"}'] * 2, default=True)
    answers = [capital(None, "France")]
    thread = threading.Thread(target=lambda: answers.append(capital(None, "France")))
    thread.start()
    thread.join()
    assert answers == ["Paris", "Paris"]

def test_two():
    with pytest.raises(NoModelError):
        capital(None, "France")
""")
    result.assert_outcomes(passed=2)


SEVERAL = """
def test_one(llm_cassette):
    model = llm_cassette(real(), name="real")
    assert capital(model, "France") == "Paris of France"
    assert [one.unwrap() for one in capital.map(model, ["A", "B", "A"])] == ["Paris of A", "Paris of B", "Paris of A"]
    assert list(words(model, "x")) == ["a", "b"]
    assert next(iter(words(model, "y"))) == "a"
    other = llm_cassette(real(), name="other", default=True)
    assert asyncio.run(capital.amap(None, ["C"]))[0].unwrap() == "Paris of C"

    async def streamed():
        return [part async for part in capital.astream(other, "D")]

    assert asyncio.run(streamed())[-1] == "Paris of D"
"""


def test_a_cassette_is_recorded_once_and_replayed_in_any_order(run, pytester):
    run(SEVERAL).assert_outcomes(failed=1)
    run("", "--llm-record=new").assert_outcomes(passed=1)
    first = cassette_of(pytester).read_text()
    nobody = SEVERAL.replace("real()", "ScriptedModel()").replace('["A", "B", "A"]', '["B", "A", "A"]')
    nobody = nobody.replace('["Paris of A", "Paris of B", "Paris of A"]', '["Paris of B", "Paris of A", "Paris of A"]')
    run(nobody).assert_outcomes(passed=1)
    run(SEVERAL, "--llm-record=all").assert_outcomes(passed=1)
    assert cassette_of(pytester).read_text() == first
    assert list(json.loads(first)["models"]) == ["other", "real"]


def test_a_recorded_model_that_is_only_named_is_not_opened(run, pytester, monkeypatch):
    body = """
def test_one(llm_cassette):
    assert capital(llm_cassette("openai:gpt-4o-mini"), "France") == "Paris"
"""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = run(body)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    lines = [line.removeprefix("E       ") for line in text.splitlines() if line.startswith("E  ")]
    stub = json.loads("\n".join(lines[lines.index("{") : lines.index("}") + 1]))
    assert stub["exchanges"][0]["model"] == "openai:gpt-4o-mini"
    stub["exchanges"][0]["replies"][0]["message"]["content"] = '{"return_value": "Paris"}'
    cassette_of(pytester).parent.mkdir(parents=True)
    cassette_of(pytester).write_text(json.dumps(stub))
    run().assert_outcomes(passed=1)


def test_an_unknown_request_shows_the_difference_and_what_to_paste(run, pytester):
    body = """
def test_one(llm_cassette):
    assert capital(llm_cassette(real(), name="real"), "France")
"""
    run(body, "--llm-record=new").assert_outcomes(passed=1)
    result = run(body.replace("France", "Italy"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Cassette '*cassettes/test_it/test_one.json' holds no reply*'real'.*--llm-record=new 'test_it.py::test_one'*",
            "*-country: France*",
            "*+country: Italy*",
            '*put the reply there yourself, under "exchanges":*',
            '*"key": "*',
        ]
    )
    run("", "--llm-record=new").assert_outcomes(passed=1, warnings=1)
    assert len(json.loads(cassette_of(pytester).read_text())["exchanges"]) == 2


def test_a_miss_that_the_test_gets_over_fails_it_all_the_same(run):
    result = run("""
def test_one(llm_cassette):
    assert capital.map(llm_cassette(real(), name="real"), ["France"])[0].error is not None
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*holds no reply to this request*"])


def test_recording_all_again_replaces_the_cassette_only_where_the_test_passed(run, pytester):
    body = """
def test_one(llm_cassette):
    assert capital(llm_cassette(ScriptedModel(lambda _: '{"return_value": "NEW"}'), name="real"), "France") == "OLD"
"""
    run(body.replace("NEW", "OLD"), "--llm-record=new").assert_outcomes(passed=1)
    before = cassette_of(pytester).read_text()
    run(body, "--llm-record=all").assert_outcomes(failed=1)
    assert cassette_of(pytester).read_text() == before
    run(body.replace('== "OLD"', '== "NEW"'), "--llm-record=all").assert_outcomes(passed=1)
    assert "NEW" in cassette_of(pytester).read_text()


def test_a_cassette_of_a_test_that_asks_nothing_any_more_goes_away(run, pytester):
    asks = "def test_one(llm_cassette):\n    capital(llm_cassette(real(), name='real'), 'France')\n"
    run(asks, "--llm-record=new").assert_outcomes(passed=1)
    run("def test_one(llm_cassette):\n    pass\n", "--llm-record=all").assert_outcomes(passed=1)
    assert not cassette_of(pytester).exists()


def test_what_is_on_a_cassette_and_was_not_asked_for_is_told(run):
    both = """
def test_one(llm_cassette):
    model = llm_cassette(real(), name="real")
    assert capital(model, "France")
    assert capital(model, "Italy")
"""
    one = both.replace('    assert capital(model, "Italy")\n', "")
    run(both, "--llm-record=new").assert_outcomes(passed=1)
    result = run(one)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*did not ask for 1 of what is on its cassette*"])
    run(one, "--llm-strict").assert_outcomes(failed=1)
    run(one, "--llm-record=all", "--llm-strict").assert_outcomes(passed=1)
    run(one, "--llm-strict").assert_outcomes(passed=1)


def test_strictly_a_request_is_made_no_more_often_than_it_was_recorded(run, pytester):
    body = """
def test_one(llm_cassette):
    model = llm_cassette(ScriptedModel(['{"return_value": "a"}', '{"return_value": "b"}']), name="real")
    assert [capital(model, "France") for _ in range(2)] == ["a", "b"]
"""
    run(body, "--llm-record=new").assert_outcomes(passed=1)
    more = body.replace("range(2)", "range(3)").replace('["a", "b"]', '["a", "b", "b"]')
    run(more).assert_outcomes(passed=1)
    result = run(more, "--llm-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*holds no further reply to this request*"])


def test_tests_of_all_names_have_cassettes_of_their_own(run, pytester):
    body = """
@pytest.mark.parametrize("country", ["a/b", "A/b", "a" * 300, "é ü", "..", "CON:"])
class TestCapitals:
    def test_one(self, llm_cassette, country):
        assert capital(llm_cassette(real(), name="real"), country)
"""
    run(body, "--llm-record=new").assert_outcomes(passed=6)
    names = [path.name for path in (pytester.path / "cassettes" / "test_it").iterdir()]
    assert len({name.lower() for name in names}) == 6
    assert all(len(name) < 130 and name.isascii() for name in names)
    run(body.replace("real()", "ScriptedModel()")).assert_outcomes(passed=6)


def test_neither_secrets_nor_paths_reach_a_cassette(run, pytester, monkeypatch):
    monkeypatch.setenv("MY_SERVICE_TOKEN", "k3y-of-mine-42")
    run(
        """
def test_one(llm_cassette):
    model = llm_cassette(ScriptedModel(['{"return_value": "k3y-of-mine-42"}']), name="local:/home/me/tiny.gguf")
    assert capital(model, "k3y-of-mine-42 of Fran\\nce") == "k3y-of-mine-42"
""",
        "--llm-record=new",
    ).assert_outcomes(passed=1)
    text = cassette_of(pytester).read_text()
    assert "k3y-of" not in text
    assert "/home" not in text
    assert '"local:tiny.gguf"' in text
    assert str(pytester.path) not in text


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2}',
        '{"format": 1, "models": {}, "exchanges": [{"key": "a", "model": "b", "replies": [1]}]}',
    ],
)
def test_a_damaged_cassette_is_an_error_that_says_so(run, pytester, text):
    cassette_of(pytester).parent.mkdir(parents=True)
    cassette_of(pytester).write_text(text)
    result = run("def test_one(llm_cassette):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Cassette 'test_one.json' cannot be read: *record it again with --llm-record=new.*"])


NETWORK = """
def test_one():
    capital(hosted, "France")

def test_two():
    with pytest.raises(NetworkBlockedError):
        next(words(hosted, "x"))
    async def ask():
        (await capital.amap(hosted, ["x"]))[0].unwrap()
    with pytest.raises(NetworkBlockedError):
        asyncio.run(ask())
"""


def test_a_hosted_model_is_not_asked_by_accident(run):
    result = run(NETWORK)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*NetworkBlockedError: This test asked 'gpt-4o-mini', a model in the network.*llm_network*"]
    )


def test_a_marked_test_may_ask_and_the_guard_is_gone_afterwards(run):
    result = run(
        """
from llm_strategy.gate import GUARDS

@pytest.mark.llm_network
def test_one():
    assert GUARDS == []

def test_two():
    assert len(GUARDS) == 1

@pytest.fixture
def httpx_mock():
    return None

def test_three(httpx_mock):
    assert GUARDS == []
""",
        "--strict-markers",
    )
    result.assert_outcomes(passed=3)
    from llm_strategy.gate import GUARDS

    assert GUARDS == []


def test_pytest_socket_lets_tests_pass_that_may_ask(run):
    body = """
import socket

@pytest.mark.llm_network
def test_one():
    socket.socket().close()

def test_two(llm_cassette):
    socket.socket().close()
"""
    run(body, "--disable-socket").assert_outcomes(passed=1, failed=1)
    run(body, "--disable-socket", "--llm-record=new").assert_outcomes(passed=2)


def test_traces_are_written_for_tests_with_calls_and_told_where_these_fail(run, pytester):
    result = run(
        """
def test_one(scripted_model):
    capital(scripted_model(['{"return_value": [1, 2]}', '{"return_value": "Paris"}']), "France")

def test_two(scripted_model):
    capital(scripted_model(['{"return_value": [1, 2]}'] * 3), "France")

def test_three():
    pass
""",
        "--llm-traces=out",
    )
    result.assert_outcomes(passed=2, failed=1)
    assert sorted(path.name for path in (pytester.path / "out").rglob("*")) == [
        "test_it",
        "test_one.jsonl",
        "test_two.jsonl",
    ]
    spans = [
        json.loads(line) for line in (pytester.path / "out" / "test_it" / "test_one.jsonl").read_text().splitlines()
    ]
    assert any(span["name"] == "attempt 2" for span in spans)
    result.stdout.fnmatch_lines(["*- LLM calls -*", "*capital*", "*attempt 3*", "*the whole trace: *test_two.jsonl"])


def test_the_ini_file_says_what_holds_by_default(run, pytester):
    pytester.makeini("[pytest]\nllm_record = new\nllm_traces = out\nllm_strict = true\n")
    run(
        "def test_one(llm_cassette):\n    assert capital(llm_cassette(real(), name='real'), 'France')\n"
    ).assert_outcomes(passed=1)
    assert cassette_of(pytester).exists()
    assert (pytester.path / "out" / "test_it" / "test_one.jsonl").exists()
    pytester.makeini("[pytest]\nllm_record = always\n")
    assert run().ret == pytest.ExitCode.USAGE_ERROR


def test_pytest_loads_the_plugin_by_itself_and_next_to_nothing_with_it(pytester):
    info = pytester.mkdir("llm_strategy_plugin-1.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-strategy-plugin\nVersion: 1\n")
    settings = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    entry = settings.partition("[project.entry-points.pytest11]\n")[2].partition("\n")[0].replace('"', "")
    (info / "entry_points.txt").write_text(f"[pytest11]\n{entry}\n")
    pytester.makepyfile("""
import sys

def test_one(request):
    assert request.config.pluginmanager.hasplugin("llm_strategy")
    ours = {name for name in sys.modules if name.startswith("llm_strategy")}
    assert ours <= {"llm_strategy", "llm_strategy.testing", "llm_strategy.testing.plugin", "llm_strategy.gate",
                    "llm_strategy.testing.plugin_run"}

def test_two(scripted_model):
    assert scripted_model(["yes"]).invoke("?").content == "yes"
""")
    places = os.pathsep.join([str(pytester.path), str(Path(__file__).parents[2])])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    ran = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        check=False,
        text=True,
        cwd=pytester.path,
    )
    assert "2 passed" in ran.stdout, ran.stdout


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers as OpenAI does, and counts."""

    asked = 0

    def do_POST(self):
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": '{"return_value": "Paris"}'}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
        body = json.dumps(
            {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_provider_is_asked_once_for_a_recording_and_a_loopback_address_always_may_be(run, pytester):
    handler = type("ThisProvider", (Provider,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        body = f"""
model = ChatOpenAI(model="gpt-4o-mini", api_key="sk-none", base_url="http://127.0.0.1:{server.server_port}/v1")

def test_one(llm_cassette):
    assert capital(llm_cassette(model), "France") == "Paris"

def test_two():
    assert capital(model, "France") == "Paris"
"""
        run(body, "--llm-record=new", "-k", "one").assert_outcomes(passed=1, deselected=1)
        run(body, "-k", "one").assert_outcomes(passed=1, deselected=1)
        assert handler.asked == 1
        run(body, "-k", "two").assert_outcomes(passed=1, deselected=1)
        assert handler.asked == 2
        server.shutdown()
    recorded = json.loads(cassette_of(pytester).read_text())
    (reply,) = recorded["exchanges"][0]["replies"]
    assert reply["usage"] == {"input_tokens": 20, "output_tokens": 5}
    assert "id" not in reply
    assert recorded["models"]["gpt-4o-mini"][0] == "json_schema"


@pytest.mark.local_model
def test_a_real_model_is_recorded_and_replayed_without_it(run, pytester, monkeypatch, request):
    monkeypatch.setenv("LLM_STRATEGY_MODELS", str(MODELS))
    if not is_present(find_model("smollm2-135m")):
        pytest.skip("smollm2-135m is not here (llm-strategy models pull smollm2-135m)")
    pytest.importorskip("xllamacpp")
    body = """
def test_one(llm_cassette):
    text = capital.using(max_tokens=40, seed=1)(llm_cassette("local:smollm2-135m"), "France")
    print("SAID", repr(text))
"""
    recorded = run(body, "--llm-record=new", "-s")
    recorded.assert_outcomes(passed=1)
    monkeypatch.setenv("LLM_STRATEGY_MODELS", str(pytester.path / "nowhere"))
    from llm_strategy.chat.resolve import _OPENED

    _OPENED.clear()
    replayed = run("", "-s")
    replayed.assert_outcomes(passed=1)
    said = [[line for line in ran.outlines if line.startswith("SAID")] for ran in (recorded, replayed)]
    assert said[0] == said[1] != []


def test_the_doubles_are_loaded_when_they_are_used():
    assert ScriptedModel.__module__ == "llm_strategy.testing.scripted"
    with pytest.raises(AttributeError, match="no attribute 'ScriptedModell'"):
        _ = llm_strategy.testing.ScriptedModell


def test_a_request_that_is_not_on_the_cassette_is_told_right_behind_the_line_that_made_it(run):
    result = run('def test_one(llm_cassette): capital(llm_cassette("openai:gpt-4o-mini"), "France")')
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r">? .*capital\(llm_cassette", r"E .*ReplayError: Cassette"])
    result.stdout.no_re_match_line(r".*llm_strategy/(flow|chat|function|testing)/\w+\.py:\d+")
