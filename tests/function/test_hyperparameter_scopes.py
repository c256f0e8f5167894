"""Scopes of hyperparameters around LLM functions: nested, in threads and tasks, written and read elsewhere."""

import asyncio
import copy
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import BaseModel, Field

from benchmarks.type_table import TABLE
from llm_strategy import ChainOfThought, Example, SelfConsistency, llm_function
from llm_strategy.errors import DefinitionError, HyperparameterError
from llm_strategy.function import configuration
from llm_strategy.function.named_texts import NamedTexts
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.reasoning import register_reasoning
from llm_strategy.schema import output_schema
from llm_strategy.testing import ScriptedModel


class Essay(BaseModel):
    title: str = Field(description="A title.")


REPLY = '{"title": "T"}'


@llm_function
def write(model, topic: str) -> Essay:
    """Write an essay."""


def task(function=write):
    return function.prompt("Rome")[0].content


def scope_with(**values):
    made = Hyperparameters()
    for name, value in values.items():
        setattr(made[write], name, value)
    return made


def test_scopes_nest_field_by_field():
    outer, inner = scope_with(instruction="Outer.", temperature=0.1), scope_with(temperature=0.9)
    model = ScriptedModel([REPLY, REPLY])
    with outer:
        with inner:
            write(model, "Rome")
        write(model, "Rome")
    assert [arguments["temperature"] for arguments in model.arguments] == [0.9, 0.1]
    assert all("Outer." in asked[0].content for asked in model.asked)


def test_two_variants_in_one_scope_do_not_influence_each_other():
    warm, long = write.using(temperature=1.5), write.using(instruction="Long.", fields={"Essay.title": "Six words."})
    scope = Hyperparameters()
    model = ScriptedModel(lambda _messages: REPLY)
    for _ in range(2):
        with scope:
            warm(model, "Rome")
            long(model, "Rome")
    assert [one.get("temperature") for one in model.arguments] == [1.5, None] * 2
    assert ["Long." in asked[0].content for asked in model.asked] == [False, True] * 2
    assert ["Six words." in asked[0].content for asked in model.asked] == [False, True] * 2
    scope[write].seed = 3
    with scope:
        warm(model, "Rome")
        long(model, "Rome")
    assert [(one.get("temperature"), one["seed"]) for one in model.arguments[4:]] == [(1.5, 3), (None, 3)]


def test_threads_have_their_own_scopes():
    def run(number):
        scope = scope_with(instruction=f"Number {number}.", seed=number)
        for _ in range(20):
            model = ScriptedModel([REPLY] * 2)
            with scope:
                write(model, "Rome")
                write.map(model, ["Rome"])
            assert {one["seed"] for one in model.arguments} == {number}
            assert all(f"Number {number}." in asked[0].content for asked in model.asked)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(16)))
    assert "Number" not in task()


def test_tasks_have_their_own_scopes():
    @llm_function
    async def later(model, topic: str) -> Essay:
        """Later."""

    async def one(number):
        scope = Hyperparameters()
        scope[later].fields["Essay.title"] = f"Number {number}."
        model = ScriptedModel([REPLY] * 2)
        with scope:
            await asyncio.sleep(0)
            await later(model, "Rome")
            await asyncio.gather(later(model, "Rome"))
        return all(f"Number {number}." in asked[0].content for asked in model.asked)

    async def everything():
        return await asyncio.gather(*(one(number) for number in range(50)))

    assert all(asyncio.run(everything()))


def test_map_follows_the_scope_in_every_thread():
    model = ScriptedModel(lambda _messages: REPLY)
    with scope_with(instruction="Scope."):
        results = write.map(model, [str(number) for number in range(40)], limit=8)
    assert all(result.error is None for result in results)
    assert all("Scope." in asked[0].content for asked in model.asked)


def test_a_scope_is_changed_between_calls_and_in_place():
    scope = scope_with(fields={"Essay.title": "One."}, examples=[Example({"topic": "x"}, {"title": "a"})])
    with scope:
        assert "One." in task()
        scope[write].fields["Essay.title"] = "Two."
        assert "Two." in task()
        scope[write].examples[0].inputs["topic"] = "y"
        assert write.prompt("Rome")[1].content == "topic: y"
        del scope[write].fields
        assert "A title." in task()


def test_what_is_derived_for_a_scope_is_made_once():
    scopes = [scope_with(instruction=f"{number}") for number in range(3)]
    found = []
    for _ in range(2):
        for scope in scopes:
            with scope:
                found.append(write._operative)
    assert found[:3] == found[3:]
    assert len(set(map(id, found))) == 3
    assert found[0].questions._shapes is write._implementation.questions._shapes
    for number in range(40):
        with scope_with(instruction=f"{number}"):
            assert f"{number}" in task()
    assert len(write._implementation._varied._kept) <= 8


def test_without_a_scope_nothing_is_derived(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError

    monkeypatch.setattr(configuration.Configuration, "values", property(refuse))
    write(ScriptedModel([REPLY]), "Rome")

    @llm_function
    def other(model, topic: str) -> Essay:
        """Decoration works nothing out."""

    assert "config_model_type" not in vars(other._implementation.origin)


FULL = {
    "instruction": "Better.",
    "parameters": {"topic": "Anything."},
    "fields": {"Essay.title": "Short."},
    "examples": [Example({"topic": "x"}, Essay(title="a"), "because")],
    "templates": {"retry": "No: {problem}"},
    "attempts": 5,
    "method": "tool",
    "reasoning": SelfConsistency(2, 0.5, ChainOfThought("Steps.")),
    "temperature": 0.5,
    "max_tokens": 10,
    "seed": 1,
}


@pytest.mark.parametrize("unset", [False, True])
def test_a_scope_goes_to_json_and_back(unset):
    scope = scope_with(**FULL)
    text = scope.model_dump_json(exclude_unset=unset, indent=2)
    again = Hyperparameters.model_validate_json(text)
    assert again == scope
    assert again[write].examples == (Example({"topic": "x"}, Essay(title="a"), "because"),)
    assert again[write].reasoning == FULL["reasoning"]
    with scope:
        expected = write.prompt("Rome")
    with again:
        assert write.prompt("Rome") == expected
    assert not Hyperparameters.diff(scope, again)


MODULE = '''
from llm_strategy import llm_function
from llm_strategy.hyperparameters import Hyperparameters
from pydantic import BaseModel, Field

class Essay(BaseModel):
    title: str = Field(description="A title.")

@llm_function
def write(model, topic: str) -> Essay:
    """Write an essay."""
'''


def test_json_of_one_process_is_used_by_another(tmp_path):
    (tmp_path / "essays.py").write_text(MODULE)
    writes = (
        "import essays\nscope = essays.Hyperparameters()\nentry = scope[essays.write]\n"
        "entry.fields['Essay.title'] = 'In Latin.'\nentry.reasoning = {'method': 'ChainOfThought'}\n"
        "print(scope.model_dump_json())"
    )
    reads = (
        "import essays, sys\n"
        "with essays.Hyperparameters.model_validate_json(sys.stdin.read()):\n    print(essays.write.prompt('Rome')[0].content)"
    )

    def run(code, text=""):
        ran = subprocess.run(
            [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True, cwd=tmp_path
        )
        return ran.stdout

    written = run(writes)
    assert json.loads(written)["essays.write"]["fields"] == {"Essay": "", "Essay.title": "In Latin."}
    shown = run(reads, written)
    assert "title: string  // In Latin." in shown
    assert "reasoning: string" in shown


def test_a_method_that_nobody_registered_is_shown_and_not_written():
    from dataclasses import dataclass

    @dataclass
    class Twice:
        times: int = 2

        def solve(self, question): ...

    scope = scope_with(reasoning=Twice())
    assert scope[write].reasoning == Twice()
    assert "Twice(times=2)" in json.dumps(scope.described())
    with pytest.raises(HyperparameterError, match=r"register_reasoning\(Twice\)"):
        scope.model_dump_json()
    register_reasoning(Twice)
    assert Hyperparameters.model_validate_json(scope.model_dump_json())[write].reasoning == Twice()


def test_descriptions_can_be_copied_and_pickled():
    texts = Hyperparameters()[write].parameters
    for twin in (copy.copy(texts), copy.deepcopy(texts), pickle.loads(pickle.dumps(texts)), texts.copy()):
        assert isinstance(twin, NamedTexts)
        assert twin == texts
        with pytest.raises(HyperparameterError):
            twin["x"] = "y"
    texts |= {"topic": "x"}
    assert texts.setdefault("topic", "y") == "x"
    with pytest.raises(HyperparameterError):
        texts |= {"x": "y"}


def test_a_description_that_is_deleted_is_empty():
    for delete in (lambda texts: texts.__delitem__("topic"), lambda texts: texts.pop("topic"), lambda t: t.clear()):
        scope = scope_with(parameters={"topic": "x"})
        delete(scope[write].parameters)
        assert scope[write].parameters == {"topic": ""}
        with scope:
            assert "Parameters" not in task()
        assert Hyperparameters.model_validate_json(scope.model_dump_json()) == scope
    texts = Hyperparameters()[write].parameters
    assert texts.pop("x", None) is None
    with pytest.raises(KeyError):
        del texts["x"]


def test_a_function_that_was_defined_anew_takes_over_what_was_set():
    def defined(text):
        @llm_function
        def again(model, topic: str) -> Essay:
            """Again."""

        again.__wrapped__.__doc__ = text
        return again

    first = defined("First.")
    scope = Hyperparameters()
    scope[first].fields["Essay.title"] = "Kept."
    second = defined("Second.")
    with scope:
        assert "Kept." in task(second)
    assert scope[second].fields["Essay.title"] == "Kept."


NO_JSON = {"dataclass with an InitVar", "Iterable", "SecretStr", "Json text"}
"""Types of which a value that was read is written otherwise."""


@pytest.mark.parametrize("case", [case for case in TABLE if case.name not in NO_JSON], ids=lambda case: case.name)
def test_examples_of_any_type_go_to_json_and_back_and_into_a_search_space(case):
    def stub(model, given, number: int = 3):
        """Anything."""

    stub.__annotations__ = {"given": case.annotation, "number": int, "return": case.annotation}
    function = llm_function(stub)
    scope = Hyperparameters()
    scope[function].examples = [Example({"given": case.value}, case.value)]
    text = scope.model_dump_json()
    again = Hyperparameters.model_validate_json(text)
    found = again[function].examples[0]
    assert case.same(found.value, case.value)
    assert case.same(found.inputs["given"], case.value)
    space = output_schema(Hyperparameters.schema_of(function))
    with scope:
        expected = function.prompt(case.value)
    with Hyperparameters(space.read(json.loads(text))):
        assert function.prompt(case.value) == expected


def test_examples_of_what_is_no_data_are_used_and_not_written():
    hparams = Hyperparameters()

    class Connection:
        """Not data."""

    @llm_function
    def name(model, connection: Connection, text: str = "a") -> str:
        """Name it."""

    known = Connection()
    hparams[name].examples = [Example({"connection": known}, "n")]
    assert hparams[name].examples[0].inputs["connection"] is known
    with pytest.raises(HyperparameterError, match="'examples' has no JSON form"):
        hparams.model_dump_json()
    assert "examples" in name.config_model_type.model_json_schema()["properties"]


def test_a_function_may_name_a_class_that_is_defined_below_it():
    hparams = Hyperparameters()

    @llm_function
    def early(model, topic: str) -> "Later":
        """Early."""

    with pytest.raises(DefinitionError, match=r"early.*: an annotation cannot be evaluated"):
        _ = hparams[early]

    class Later(BaseModel):
        name: str

    hparams[early].fields["Later.name"] = "Found."
    with hparams:
        assert "Found." in early.prompt("x")[0].content
