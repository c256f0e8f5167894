import asyncio
import json
import sys
import textwrap
from types import ModuleType

import pytest
from typer.testing import CliRunner

from llm_strategy import __version__
from llm_strategy.chat.resolve import SCHEMES
from llm_strategy.cli.main import app, main
from llm_strategy.errors import LLMStrategyError
from llm_strategy.models import record
from llm_strategy.testing import SchemaModel, ScriptedModel

SHOP = """
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from llm_strategy import llm_function, llm_strategy
from llm_strategy.testing import ScriptedModel

@dataclass
class Item:
    name: str
    price: float

@llm_function
def describe(model, item: Item) -> str:
    '''One sentence about the item.'''

@llm_function
def items(model, count: int) -> Iterator[Item]:
    '''Invent items.'''

@llm_function
async def later(model, item: Item) -> int:
    '''How many are in stock.'''

@llm_function
async def stream(model, count: int) -> AsyncIterator[Item]:
    '''Invent items.'''
    yield

@llm_strategy(ScriptedModel(['{"return_value": 7}'] * 9))
def fixed(item: Item) -> int:
    '''How many are in stock.'''

def plain():
    return 1
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A module in the working directory, and a tape for it."""
    (tmp_path / "shop_for_tests.py").write_text(textwrap.dedent(SHOP))
    (tmp_path / "broken_for_tests.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_for_tests", raising=False)
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def taped(tmp_path, call, *replies: str) -> str:
    """Record a call, and return the name of its tape."""
    tape = tmp_path / "tape.jsonl"
    call(record(ScriptedModel(list(replies)), tape))
    return f"replay:{tape}"


CHAIR = '{"item": {"name": "chair", "price": 20.5}}'


def test_version_is_printed():
    assert run("--version").output.strip() == f"llm-strategy {__version__}"


def test_no_arguments_show_the_commands():
    output = run().output
    for command in ("demo", "run", "prompt", "models"):
        assert command in output


def test_prompt_shows_the_messages_without_a_model(shop):
    result = run("prompt", "shop_for_tests:describe", "--json", CHAIR)
    assert result.exit_code == 0
    assert "describe(item: Item) -> str" in result.output
    assert '"name": "chair"' in result.output


def test_run_prints_the_value_as_json(shop):
    from shop_for_tests import Item, describe

    model = taped(shop, lambda model: describe(model, Item("chair", 20.5)), '{"return_value": "A chair."}')
    result = run("run", "shop_for_tests:describe", "--json", CHAIR, "--model", model)
    assert result.stdout == '"A chair."\n', result.exception


def test_run_prints_streamed_items_one_a_line(shop):
    from shop_for_tests import items

    reply = '[{"name": "a", "price": 1}, {"name": "b", "price": 2}]'
    model = taped(shop, lambda model: list(items(model, 2)), reply)
    result = run("run", "shop_for_tests:items", "--json", '{"count": 2}', "--model", model)
    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == ["a", "b"]


def test_run_awaits_async_functions(shop):
    from shop_for_tests import Item, later

    model = taped(shop, lambda model: asyncio.run(later(model, Item("chair", 20.5))), '{"return_value": 3}')
    assert run("run", "shop_for_tests:later", "--json", CHAIR, "--model", model).stdout == "3\n"


def test_run_iterates_over_async_streams(shop):
    from shop_for_tests import stream

    async def collect(model):
        return [item async for item in stream(model, 1)]

    model = taped(shop, lambda model: asyncio.run(collect(model)), '[{"name": "a", "price": 1}]')
    output = run("run", "shop_for_tests:stream", "--json", '{"count": 1}', "--model", model).stdout
    assert json.loads(output) == {"name": "a", "price": 1}


def test_run_takes_a_function_with_its_model_fixed(shop):
    assert run("run", "shop_for_tests:fixed", "--json", CHAIR).stdout == "7\n"


def test_run_shows_prompts_apart_from_the_value(shop):
    result = run("run", "shop_for_tests:fixed", "--json", CHAIR, "--show-prompts")
    assert result.stdout == "7\n"
    assert "How many are in stock." in result.stderr
    assert '{"return_value": 7}' in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["run", "shop_for_tests"], "names no function. Write MODULE:FUNCTION", id="no-function"),
        pytest.param(["run", "no_such_shop:f"], "Module 'no_such_shop' cannot be imported", id="no-module"),
        pytest.param(["run", ":f"], "names no function", id="no-module-name"),
        pytest.param(["run", ".shop:f"], "names no function", id="relative"),
        pytest.param(["run", "broken_for_tests:f"], "ZeroDivisionError: division by zero. Mend it first", id="broken"),
        pytest.param(
            ["run", "shop_for_tests:fixed", "-j", CHAIR, "-m", "gpt"], "Unknown model 'gpt'", id="fixed-model"
        ),
        pytest.param(["run", "shop_for_tests:sell"], "'describe', 'fixed', 'items'", id="unknown-function"),
        pytest.param(["run", "shop_for_tests:plain"], "is no LLM function but a 'function'", id="plain-function"),
        pytest.param(["run", "shop_for_tests:fixed", "-j", "{"], "--json is no JSON", id="no-json"),
        pytest.param(["run", "shop_for_tests:fixed", "-j", "[1]"], "is a list, and has to be an object", id="list"),
        pytest.param(
            ["run", "shop_for_tests:fixed", "-j", '{"x": 1}'], "Give the arguments with --json", id="argument"
        ),
        pytest.param(["prompt", "shop_for_tests:describe"], "missing a required argument: 'item'", id="missing"),
        pytest.param(["run", "shop_for_tests:describe", "-j", CHAIR, "-m", "gpt"], "Unknown model 'gpt'", id="model"),
        pytest.param(["prompt", "shop_for_tests:describe", "-j", '{"item": 1}'], "does not fit its type", id="type"),
    ],
)
def test_wrong_input_is_an_error_that_says_what_to_do(shop, arguments, words):
    result = run(*arguments)
    assert isinstance(result.exception, LLMStrategyError)
    assert words in str(result.exception)


def test_errors_end_the_command_with_one_message_and_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["llm-strategy", "run", "[nothing]"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: '[nothing]' names no function.")
    assert "Traceback" not in printed


@pytest.fixture
def schema_model(monkeypatch):
    """The name of a model that answers anything with a value of the right form."""
    opener = ModuleType("opener_for_tests")
    opener.open_model = lambda _rest: SchemaModel()
    monkeypatch.setitem(sys.modules, "opener_for_tests", opener)
    monkeypatch.setitem(SCHEMES, "scripted", "opener_for_tests:open_model")
    return "scripted:any"


def test_demo_prints_the_typed_values_of_all_four_calls(schema_model):
    result = run("demo", "--model", schema_model)
    assert result.exit_code == 0, result.exception
    for part in ("1. Invent customers", "Customer(", "database.find(", "3. Stream a list", "'text'", "Contact("):
        assert part in result.output


def test_demo_shows_its_prompts_on_request(schema_model):
    result = run("demo", "--model", schema_model, "--show-prompts")
    assert "create_mock_customers(count: int) -> list[Customer]" in result.output


def test_what_steers_a_terminal_does_not_reach_it_in_an_error(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["llm-strategy", "run", "\x1b]0;owned\x07"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().err
    assert "owned" in printed
    assert not {"\x1b", "\x07"} & set(printed)


def test_a_port_that_does_not_exist_is_refused():
    result = run("models", "serve", "--port", "99999")
    assert result.exit_code == 2
    assert "65535" in result.output
