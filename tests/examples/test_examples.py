import asyncio
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from llm_strategy.chat.resolve import _OPENED, SCHEMES
from llm_strategy.errors import SandboxUnavailableError
from llm_strategy.sandbox import Session
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import RecordedTrace, semconv

EXAMPLES = Path(__file__).parents[2] / "examples"
CUSTOMERS = [
    {"key": "C1", "first_name": "Ada", "last_name": "Lovelace", "birthdate": "1815-12-10", "address": "London"},
    {"key": "C2", "first_name": "Emmy", "last_name": "Noether", "birthdate": "1882-03-23", "address": "Erlangen"},
]


def answer(messages) -> str:
    """Answer as a model would: customers, then keys, then an age."""
    text = "\n".join(str(message.content) for message in messages)
    if "create_mock_customers" in text:
        return json.dumps({"return_value": CUSTOMERS})
    if "book_of" in text:
        return json.dumps({"title": "Faust", "author": "Goethe", "year": 1808, "language": "German"})
    if "find_customer_key" in text:
        return '{"return_value": ["C2"]}' if "Noether?" in text or "Erlangen?" in text else "no idea"
    if "mood(" in text:
        return '{"reasoning": "hm", "return_value": "mixed"}'
    if "verdict(" in text:
        return "bad" if "Never again" in text else "good"
    return '{"return_value": 144}'


@pytest.fixture
def example(monkeypatch):
    """Load an example, answered by `answer`."""
    opener = ModuleType("opener_of_examples")
    opener.open_model = lambda _rest: ScriptedModel(answer)
    monkeypatch.setitem(sys.modules, "opener_of_examples", opener)
    monkeypatch.setitem(SCHEMES, "answer", "opener_of_examples:open_model")
    monkeypatch.setenv("LLM_STRATEGY_MODEL", "answer:all")
    _OPENED.clear()

    def load(name: str):
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    yield load
    _OPENED.clear()


def test_many_calls_prints_what_there_is_of_all_reviews(example, capsys):
    example("many_calls").main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[3] == "bad: Never again."


def test_first_function_prints_a_typed_book(example, capsys):
    example("first_function").main()
    assert capsys.readouterr().out == "Book(title='Faust', author='Goethe', year=1808, language='German')\n"


def test_the_original_customer_classes_work(example):
    customers = example("customer_database")
    database = customers.MockCustomerDatabase()
    database.load()
    assert [customer.first_name for customer in database.customers] == ["Ada", "Emmy"]
    assert isinstance(database.customers[0], customers.Customer)
    assert database.customers[0].age == 144
    assert database.find_customer_key("who is from Erlangen?") == ["C2"]


async def until(app, pilot, words: str) -> str:
    """Wait for the state line to say something."""
    for _ in range(200):
        await pilot.pause(0.02)
        state = str(app.query_one("#state").render())
        if words in state:
            return state
    raise AssertionError(f"never said {words!r}, but {state!r}")


async def drive(app) -> dict[str, object]:
    from textual.widgets import DataTable, Input

    seen: dict[str, object] = {}
    async with app.run_test(size=(100, 30)) as pilot:
        await until(app, pilot, "All customers")
        table = app.query_one(DataTable)
        seen["all"] = table.row_count
        app.query_one(Input).focus()
        app.query_one(Input).value = "Emmy Noether?"
        await pilot.press("enter")
        seen["found"] = await until(app, pilot, "found for")
        seen["rows"] = [table.get_row_at(row)[1] for row in range(table.row_count)]
        table.focus()
        await pilot.press("enter")
        seen["age"] = await until(app, pilot, "years old")
        app.query_one(Input).focus()
        app.query_one(Input).value = "something else"
        await pilot.press("enter")
        seen["error"] = await until(app, pilot, "AttemptsExhaustedError")
    return seen


@pytest.mark.enable_socket
def test_the_application_searches_tells_ages_and_survives_a_bad_model(example):
    customers = example("customer_database")
    seen = asyncio.run(drive(customers.CustomerApp(customers.MockCustomerDatabase())))
    assert seen["all"] == 2
    assert seen["rows"] == ["Emmy Noether"]
    assert "1 found for 'Emmy Noether?'" in seen["found"]
    assert "Emmy Noether is 144 years old." in seen["age"]


def test_an_example_without_its_model_says_how_to_get_it(tmp_path):
    environment = {"PATH": "", "HOME": str(tmp_path), "LLM_STRATEGY_MODEL": "replay:nowhere.jsonl"}
    done = subprocess.run(
        [sys.executable, EXAMPLES / "first_function.py"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "Tape 'nowhere.jsonl' cannot be read" in done.stderr


def test_traced_reviews_leave_a_trace_of_each_setting(example, tmp_path, capsys):
    example("traced_reviews").main(str(tmp_path))
    printed = capsys.readouterr().out
    traces = {trace.name: trace for trace in map(RecordedTrace.read, tmp_path.glob("*.jsonl"))}
    assert set(traces) == {"plain", "worded", "thoughtful"}
    assert traces["plain"].scores == {"score": 1 / 3}
    assert "part (mixed)" in traces["worded"].chats()[0].content
    assert traces["thoughtful"].spans[2].text(semconv.REASONING) == "ChainOfThought"
    assert printed.count("right: 1 of 3") == 3


def test_a_durable_map_goes_on_where_it_was_killed(example, tmp_path, capsys, monkeypatch):
    durable_map = example("durable_map")
    journal = str(tmp_path / "slogans.db")
    asked = []

    def dying(messages):
        asked.append(messages)
        if len(asked) == 6:
            raise KeyboardInterrupt
        return '{"return_value": "Fresh every morning"}'

    monkeypatch.setattr(sys.modules["opener_of_examples"], "open_model", lambda _rest: ScriptedModel(dying))
    with pytest.raises(KeyboardInterrupt):
        durable_map.main(journal)
    durable_map.main(journal)
    printed = capsys.readouterr().out
    assert "bread        Fresh every morning" in printed
    assert "asked again, since the last run ended before the answer" in printed
    assert "10 replies" in printed
    assert len(asked) <= 10 + 4


ACTIONS = [
    "import pandas as pd\ntable = pd.read_csv(file)\nprint(table.head(3))",
    "totals = table.groupby('region')['revenue'].sum()\ntotals",
    "import matplotlib.pyplot as plt\ntotals.plot.bar()\nplt.savefig('plot.png')",
    "finish({'name': totals.idxmax(), 'total': totals.max()})",
]


def test_code_act_finds_the_region_and_takes_the_plot_out_of_the_sandbox(example, tmp_path, capsys, monkeypatch):
    code_act = example("code_act")
    replies = iter([f"```python\n{code}\n```" for code in ACTIONS])
    monkeypatch.setattr(
        sys.modules["opener_of_examples"], "open_model", lambda _rest: ScriptedModel(lambda _messages: next(replies))
    )
    finding = code_act.main(str(tmp_path), "unsafe-process")
    assert finding == code_act.Finding("South", 5189.0)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert "table.groupby('region')" in printed
    assert "South    5189" in printed
    assert "Finding(name='South', total=5189.0)" in printed


def with_packages() -> str:
    """Return a sandbox with walls that has pandas."""
    for name in ("bubblewrap", "landlock"):
        try:
            with Session(name) as session:
                if session.run("import pandas, matplotlib").ok:
                    return name
        except SandboxUnavailableError:
            continue
    pytest.skip("no sandbox of this machine has pandas and matplotlib")


@pytest.mark.local_model
def test_code_act_comes_to_the_right_answer_with_the_embedded_model(tmp_path, monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    spec = importlib.util.spec_from_file_location("example_code_act", EXAMPLES / "code_act.py")
    assert spec is not None
    assert spec.loader is not None
    code_act = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "example_code_act", code_act)
    spec.loader.exec_module(code_act)
    finding = code_act.main(str(tmp_path), with_packages())
    assert finding == code_act.Finding("South", 5189.0)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
