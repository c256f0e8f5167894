"""A file describes an optimization; each mistake in it is told with its file and key."""

import inspect
import json

import pytest

from llm_strategy.errors import ConfigurationError, HyperparameterError, InputError, StoredDataError
from llm_strategy.optimize.config import plan_of, read_config
from llm_strategy.optimize.config.keys import BudgetKeys, SpaceKeys
from llm_strategy.optimize.config.loading import named_object
from llm_strategy.optimize.space import Log, search_space
from llm_strategy.tracing.prices import Price

WHOLE = "task: {module}:answer\ndata: {file: cases.jsonl}\n"


def test_a_file_becomes_what_optimize_is_called_with(folder):
    config = read_config(folder / "essay.yaml")
    plan = plan_of(config)
    assert plan.task("Why?") == "Why? plain 10"
    assert (len(plan.train), len(plan.val), len(plan.test)) == (6, 6, 8)
    case = plan.train.case(plan.train.ids[0])
    assert set(case.parameters) == {"question"}
    assert case.expected == "warm"
    assert [(leaf.field, leaf.kind) for leaf in plan.space.leaves] == [("length", "integer"), ("tone", "choice")]
    assert plan.options["budget"].limited == {"rollouts": 60}
    assert plan_of(config.model_copy(update={"budget": BudgetKeys()})).options["budget"] is None
    assert plan.options["metric"](case, "warm") == 1.0
    assert (config.store, config.report) == (folder / "essay.optimize.sqlite", folder / "essay.report.json")
    assert config.name == config.task


def test_toml_says_the_same(written, folder):
    path = written('task = "{module}:answer"\nworkers = 3\n[data]\nfile = "cases.jsonl"\n[budget]\nusd = 1\n', "o.toml")
    config = read_config(path)
    assert (config.workers, config.budget.usd, config.budget.rollouts) == (3, 1.0, None)
    assert config.data.file == folder / "cases.jsonl"


def test_an_ending_in_capitals_is_one_and_aliases_are_no_repetition(written):
    assert read_config(written('task = "{module}:answer"\n[data]\nfile = "cases.jsonl"\n', "o.TOML")).workers == 1
    text = (
        "task: {module}:answer\ndata: {file: cases.jsonl}\npool: [&one {a: 1, b: &two [1]}, *one, {a: *two, b: *two}]"
    )
    assert read_config(written(text)).pool == [{"a": 1, "b": [1]}, {"a": 1, "b": [1]}, {"a": [1], "b": [1]}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no keys"),
        ("- 1", "holds no keys"),
        ("a: [", "is no YAML: while parsing"),
        ("a: 1\nb:\n  - c: {d: 1, e: 2, d: 3}", "is no YAML: the key 'd' is there twice (line 3"),
        ("data: {file: '~nobody-of-this-name/x'}\ntask: a:b", "'~nobody-of-this-name/x' means nothing"),
        ('data: {file: "a\\0b"}\ntask: a:b', "cannot be one of a file"),
        ("data: {file: a}", "the key 'task' is missing."),
        (WHOLE + "bugdet: 1", "there is no key 'bugdet'. Did you mean 'budget'? Known are task, name"),
        (WHOLE + "budget: {rolouts: 1}", "no key 'budget.rolouts'. Did you mean 'rollouts'? Known are rollouts, calls"),
        (WHOLE + "budget: {rollouts: many}", "budget.rollouts: Input should be a valid integer."),
        (WHOLE + "budget: {usd: -1}", "budget.usd: Input should be greater than or equal to 0."),
        (WHOLE + "workers: 0", "workers: Input should be greater than or equal to 1."),
        (WHOLE + "engine: magic", "engine: Input should be 'llm-strategy', 'gepa', 'optuna' or 'random'."),
        ("task: answer\ndata: {file: a}", "'task' names nothing. Write MODULE:FUNCTION"),
        (WHOLE + "space: {bounds: {'a:b': {lo: 1}}}", "no key 'space.bounds.a:b.lo'. Did you mean 'low'"),
        (WHOLE + "space: {bounds: {'a:b': {low: 1}}}", "space.bounds.a:b: write `low` and `high`, or `choices`."),
        (WHOLE + "space: {bounds: {'a:b': {low: 1, high: 2, choices: [1]}}}", "`choices` stand alone."),
        (WHOLE + "judge: {}", "the key 'judge.rubric' is missing."),
        (WHOLE + "metric: a:b\njudge: {rubric: good}", "the whole: name a `metric` or a `judge`, not both."),
        ("task: a:b\ndata: {}", "data: name either one `file` of cases, or `train`"),
        ("task: a:b\ndata: {file: a, val: b}", "data: `file` is divided by `split`"),
        (WHOLE.replace("}\n", ", split: {trian: 1}}\n"), "no key 'data.split.trian'. Did you mean 'train'"),
        (WHOLE.replace("}\n", ", parameters: [[x]]}\n"), "data.parameters: name a field, a list of fields, or arg"),
        (
            WHOLE + "prices: {local: {input: 1, output: 2, cached: 1}}",
            "no key 'prices.local.cached'. Did you mean 'cached_input'",
        ),
        (WHOLE + "prices: {local: {input: 1}}", "the key 'prices.local.output' is missing."),
        (WHOLE + "pool: [{'a:b': 1}, 2]", "pool.1: Input should be a valid dictionary."),
    ],
)
def test_a_mistake_is_told_with_its_file_and_key(written, text, told):
    with pytest.raises(ConfigurationError) as caught:
        read_config(written(text))
    assert "other.yaml'" in str(caught.value)
    assert told in str(caught.value)


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        read_config(tmp_path / "none.yaml")
    (tmp_path / "a.toml").write_text("= 1")
    with pytest.raises(ConfigurationError, match="is no TOML"):
        read_config(tmp_path / "a.toml")
    (tmp_path / "large.yaml").write_text("x" * 1_000_001)
    with pytest.raises(ConfigurationError, match="are these data"):
        read_config(tmp_path / "large.yaml")


@pytest.mark.parametrize(
    ("keys", "parameters"),
    [
        ("parameters: asked", "Question 0?"),
        ("parameters: [asked, kind]", {"asked": "Question 0?", "kind": "a"}),
        ("parameters: {q: asked}", {"q": "Question 0?"}),
        ("group: kind, expected: wanted", {"asked": "Question 0?"}),
    ],
)
def test_fields_become_parameters(written, keys, parameters):
    config = read_config(written("task: {module}:answer\ndata: {train: cases.jsonl, " + keys + "}\n"))
    first = plan_of(config).train[0]
    assert first.parameters == parameters
    assert first.group == ("a" if "group" in keys else "")


def test_fields_with_our_own_names_need_no_key(folder, written):
    row = {"parameters": [1, 2], "expected": 3, "id": 7, "group": "g"}
    (folder / "own.jsonl").write_text(json.dumps(row))
    plan = plan_of(read_config(written("task: {module}:answer\ndata: {train: own.jsonl, test: own.jsonl}\n")))
    case = plan.train[0]
    assert (case.parameters, case.expected, case.id, case.group) == ([1, 2], 3, "7", "g")
    assert plan.val is None
    assert plan.test == [case]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"wanted": 1}\n{"a"', "cases.jsonl', line 2 is no JSON"),
        ("[1]", "line 1 is no JSON object"),
        ("\n", "holds no cases"),
        ('{"wnted": 1}', "line 1 has no field 'wanted' (data.expected). Did you mean 'wnted'? It has 'wnted'."),
    ],
)
def test_a_line_that_is_no_case_is_told(folder, written, content, told):
    (folder / "cases.jsonl").write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        plan_of(read_config(written("task: {module}:answer\ndata: {train: cases.jsonl, expected: wanted}\n")))
    assert told in str(caught.value)


def test_data_that_cannot_be_read_are_told(folder, written):
    (folder / "bad.jsonl").write_bytes(b"\xff")
    for name, why in (("none.jsonl", "No such file"), ("bad.jsonl", "no UTF-8")):
        with pytest.raises(ConfigurationError, match=why):
            plan_of(read_config(written(f"task: {{module}}:answer\ndata: {{train: {name}}}\n")))
    with pytest.raises(InputError, match=r"data\.split of .*cases\.jsonl': split\(train=50, .* too few"):
        plan_of(read_config(written(WHOLE.replace("}\n", ", split: {train: 50}}\n"))))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("no_such_module_here:f", "metric: module 'no_such_module_here' cannot be imported: ModuleNotFoundError"),
        ("math:sqrtt", "metric: 'math:sqrtt': 'sqrtt' is not there. Did you mean 'sqrt'"),
    ],
)
def test_what_is_not_there_is_told_with_its_key(target, told):
    with pytest.raises(ConfigurationError) as caught:
        named_object(target, "metric")
    assert told in str(caught.value)


def test_a_module_that_breaks_is_told(folder):
    (folder / "breaks_here.py").write_text("1 / 0")
    with pytest.raises(ConfigurationError, match=r"ZeroDivisionError: division by zero\. Mend it first"):
        named_object("breaks_here:f", "task")
    (folder / "refuses_here.py").write_text("from llm_strategy.errors import InputError\nraise InputError('no')")
    with pytest.raises(InputError, match="no"):
        named_object("refuses_here:f", "task")


def test_a_task_without_hyperparameters_needs_functions_to_be_named(written):
    with pytest.raises(ConfigurationError, match=r"`space.functions` names what is searched"):
        plan_of(read_config(written("task: {module}:plain\ndata: {train: cases.jsonl}\n")))
    named = "task: {module}:plain\ndata: {train: cases.jsonl}\nspace: {functions: ['{module}:answer']}\n"
    assert len(plan_of(read_config(written(named))).space.leaves) == 2


def test_bounds_are_a_range_choices_or_both_ends_with_a_scale(written):
    text = "task: {module}:answer\ndata: {train: cases.jsonl}\nspace: {bounds: {'*:length': %s}}\n"
    leaf = plan_of(read_config(written(text % "{low: 2, high: 200, log: true}"))).space.leaves[0]
    assert (leaf.low, leaf.high, leaf.log) == (2, 200, True)
    leaf = plan_of(read_config(written(text % "{choices: [10, 20]}"))).space.leaves[0]
    assert leaf.choices == (10, 20)
    assert read_config(written(text % "[10, 20, 30]")).space.bounds == {"*:length": [10, 20, 30]}
    assert read_config(written(text % "{low: 1, high: 9}")).space.bounds["*:length"].bound() == (1, 9)
    assert read_config(written(text % "{low: 1, high: 9, log: true}")).space.bounds["*:length"].bound() == Log(1, 9)


def test_a_search_begins_with_the_hyperparameters_of_a_file(folder, written):
    module = (folder / "module").read_text()
    text = "task: {module}:answer\ndata: {train: cases.jsonl}\nspace: {scope: start.json}\n"
    with pytest.raises(StoredDataError, match=r"space\.scope: .*start\.json' cannot be read"):
        plan_of(read_config(written(text)))
    (folder / "start.json").write_text(json.dumps({f"{module}.answer": {"length": 17}}))
    assert 17 in plan_of(read_config(written(text))).space.seed.values()


WHOLE_SPACE = """
task: {module}:plain
data: {train: cases.jsonl}
space:
  functions: ['{module}:compose', '{module}:answer', 'llm_strategy.planner.settings:planner_settings']
  include: ['compose:instruction', 'compose:fields', 'compose:templates.task', 'compose:method', 'answer:*',
            'compose:reasoning.CodeAct.action_format', 'planner_settings:turns']
  exclude: ['answer:tone']
  bounds:
    'compose:reasoning': [null, {method: ChainOfThought, instruction: Think.}, {method: CodeAct, sandbox: monty}]
    'compose:reasoning.SelfConsistency.samples': [1, 9]
    'compose:temperature': [0, 1]
    'compose:max_tokens': {low: 16, high: 512, log: true}
    'compose:method': [prompt, json_schema]
    'compose:examples': 7
    'compose:parameters.topic': {choices: [A topic., What it is about.]}
  scope:
    {module}.answer: {length: 17}
"""


def test_a_file_describes_the_whole_space(written):
    text = WHOLE_SPACE.replace("CodeAct, sandbox: monty}", "CodeAct, sandbox: monty}, {method: SelfConsistency}")
    space = plan_of(read_config(written(text))).space
    leaves = {leaf.name: leaf for leaf in space.leaves}
    assert set(leaves) == {
        "answer:length",
        "compose:examples",
        "compose:fields.Essay",
        "compose:fields.Essay.title",
        "compose:instruction",
        "compose:max_tokens",
        "compose:method",
        "compose:parameters.topic",
        "compose:reasoning",
        "compose:reasoning.CodeAct.action_format",
        "compose:reasoning.SelfConsistency.samples",
        "compose:temperature",
        "compose:templates.task",
        "planner_settings:turns",
    }
    chosen = [choice and choice["method"] for choice in leaves["compose:reasoning"].choices]
    assert chosen == [None, "ChainOfThought", "CodeAct", "SelfConsistency"]
    assert leaves["compose:method"].choices == (None, "prompt", "json_schema")
    assert (leaves["compose:examples"].high, leaves["compose:max_tokens"].log) == (7, True)
    assert leaves["answer:length"].default == 17


def test_a_file_takes_all_that_a_space_takes():
    taken = set(inspect.signature(search_space).parameters)
    assert set(SpaceKeys.model_fields) == taken


def test_hyperparameters_to_begin_with_are_checked(written):
    text = "task: {module}:answer\ndata: {train: cases.jsonl}\nspace: {scope: {'{module}.answer': %s}}\n"
    with pytest.raises(HyperparameterError, match="lenght"):
        plan_of(read_config(written(text % "{lenght: 3}")))
    with pytest.raises(ConfigurationError, match=r"space\.scope"):
        read_config(written(text % "3"))


def test_a_pool_and_prices_are_given(written):
    text = WHOLE + "pool: [{'answer:length': 17}]\nprices: {ours: {input: 2, output: 8.5}}\n"
    options = plan_of(read_config(written(text))).options
    assert options["pool"] == [{"answer:length": 17}]
    assert options["prices"] == {"ours": Price(input=2, output=8.5)}


def test_a_judge_and_how_a_model_is_asked_are_set_up(written):
    text = (
        WHOLE + "judge: {rubric: It is warm., pairwise: true, repeats: 2}\nproposing: plain\nsettings: {minibatch: 4}\n"
    )
    options = plan_of(read_config(written(text))).options
    assert (options["judge"].rubric, options["judge"].pairwise, options["judge"].repeats) == ("It is warm.", True, 2)
    assert options["proposing"].mode == "plain"
    assert options["settings"] == {"minibatch": 4}
    assert options["metric"] is None
