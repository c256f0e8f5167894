"""What may be searched: found by type, limited by patterns, bounded."""

import math
import pickle
import sys
import types

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Example, Hyperparameters, llm_function
from llm_strategy.errors import DefinitionError, HyperparameterError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.space import Log, search_space
from llm_strategy.planner.settings import planner_settings
from llm_strategy.reasoning import ChainOfThought, CodeAct, Direct, SelfConsistency


def names(space):
    return [leaf.name for leaf in space.leaves]


def by_name(space, name):
    return next(leaf for leaf in space.leaves if leaf.name == name)


def test_of_an_llm_function_its_texts_are_searched(write):
    space = search_space(write)
    assert [(leaf.field, leaf.kind) for leaf in space.leaves] == [
        ("fields.Essay", "text"),
        ("fields.Essay.text", "text"),
        ("fields.Essay.title", "text"),
        ("instruction", "text"),
        ("parameters.topic", "text"),
    ]
    assert space.seed[space.leaf("write_essay:fields.Essay.title").path] == "A title."
    assert [leaf.path for leaf in space.leaves] == sorted(space.seed)


def test_of_other_functions_all_that_can_be_written_is_searched(lay_out):
    space = search_space(lay_out)
    told = {leaf.field: (leaf.kind, leaf.low, leaf.high, leaf.choices) for leaf in space.leaves}
    share = told.pop("share")
    assert told == {
        "words": ("integer", 10, None, ()),
        "outline.sections": ("integer", 1, 9, ()),
        "outline.titles": ("data", None, None, ()),
        "outline.colour": ("choice", None, None, ("red", "blue")),
        "outline.isNamed": ("boolean", None, None, ()),
        "style": ("choice", None, None, ("plain", "rich", None)),
        "step": ("data", None, None, ()),
    }
    assert share[0] == "number"
    assert 0 < share[1] < 1e-300
    assert 0.9999 < share[2] < 1


def test_the_settings_of_the_planner_are_a_space():
    space = search_space(planner_settings, bounds={"*:*_tokens": Log(100, 4000)})
    assert by_name(space, "planner_settings:edit_format").choices == ("blocks", "data")
    assert by_name(space, "planner_settings:warmth").high == 1
    assert by_name(space, "planner_settings:file_tokens").log
    with space.scope({**space.seed, space.leaf("*:turns").path: 2}):
        assert planner_settings().turns == 2


def test_examples_are_searched_where_a_number_of_them_is_given(write):
    leaf = by_name(search_space(write, examples=3), "write_essay:examples")
    assert (leaf.kind, leaf.default, leaf.low, leaf.high) == ("examples", [], 0, 3)
    asked = by_name(search_space(write, include=["*:examples"]), "write_essay:examples")
    assert asked.high == 4


def test_include_limits_and_bounds_add(write):
    space = search_space(write, include=["write_essay:instruction"], bounds={"*:temperature": (0, 1)})
    assert names(space) == ["write_essay:instruction", "write_essay:temperature"]
    assert by_name(space, "write_essay:temperature").default is None


def test_a_name_of_what_has_parts_means_its_parts_and_that_of_a_leaf_itself(write):
    assert len(search_space(write, include=["write_essay:fields"]).leaves) == 3
    assert names(search_space(write, include=["*:fields.Essay"])) == ["write_essay:fields.Essay"]
    assert names(search_space(write, exclude=["*:fields", "*:parameters.*"])) == ["write_essay:instruction"]


def test_templates_methods_and_attempts_are_searched_where_they_are_named(write):
    space = search_space(write, include=["*:templates.task", "*:method", "*:attempts", "*:seed"])
    told = {leaf.field: leaf for leaf in space.leaves}
    assert told["templates.task"].kind == "text"
    assert told["method"].choices == ("json_schema", "tool", "json_object", "prompt", "grammar", None)
    assert told["attempts"].low == 1


def test_methods_of_reasoning_are_chosen_from_and_have_leaves_inside(write):
    methods = [Direct(), ChainOfThought(), CodeAct(sandbox="monty"), SelfConsistency(samples=3)]
    space = search_space(
        write,
        include=["*:reasoning.CodeAct.action_format", "*:reasoning.SelfConsistency.inner.*"],
        bounds={"*:reasoning": methods, "*:reasoning.SelfConsistency.samples": (1, 9)},
    )
    told = {leaf.field: leaf for leaf in space.leaves}
    assert [choice and choice["method"] for choice in told["reasoning"].choices] == [
        None,
        "Direct",
        "ChainOfThought",
        "CodeAct",
        "SelfConsistency",
    ]
    assert told["reasoning.CodeAct.action_format"].choices == ("code", "json", "text", "native")
    assert told["reasoning.SelfConsistency.samples"].high == 9
    assert told["reasoning.SelfConsistency.inner.ChainOfThought.instruction"].kind == "text"


def test_without_bounds_there_are_methods_that_need_only_a_model(write):
    choices = by_name(search_space(write, include=["*:reasoning"]), "write_essay:reasoning").choices
    assert [choice and choice["method"] for choice in choices] == [None, "ChainOfThought", "SelfConsistency"]


def test_what_tells_two_choices_of_one_method_apart_is_no_leaf(write):
    bounds = {"*:reasoning": [SelfConsistency(samples=3), SelfConsistency(samples=9)]}
    space = search_space(write, include=["*:*"], bounds=bounds)
    fields = {leaf.field for leaf in space.leaves}
    assert "reasoning.SelfConsistency.temperature" in fields
    assert "reasoning.SelfConsistency.samples" not in fields


def test_what_is_inside_of_a_method_that_is_in_use_can_be_searched_alone(write):
    scope = Hyperparameters({write: {"reasoning": ChainOfThought(instruction="Think.")}})
    space = search_space(write, include=["*:reasoning.*"], scope=scope, exclude=["*:reasoning.SelfConsistency"])
    assert names(space) == [
        "write_essay:reasoning.ChainOfThought.description",
        "write_essay:reasoning.ChainOfThought.instruction",
    ]
    changed = space.scope({**space.seed, space.leaf("*:*.instruction").path: "Go."})
    assert changed[write].reasoning == ChainOfThought(instruction="Go.")


def test_a_text_may_be_chosen_from_a_pool(write):
    space = search_space(write, bounds={"*:instruction": ["Write.", "Write well."]}, include=["*:instruction"])
    assert space.leaves[0].choices == ("Write an essay.", "Write.", "Write well.")


def test_the_scope_in_force_is_where_a_search_begins(write, lay_out):
    with Hyperparameters({write: {"instruction": "Go."}, lay_out: {"words": 50}}):
        space = search_space(write, lay_out)
    assert space.seed[space.leaf("*:instruction").path] == "Go."
    assert space.scope(space.seed)[lay_out].words == 50


def test_what_is_set_and_not_searched_is_kept(write, lay_out):
    scope = Hyperparameters({write: {"temperature": 0.3}, lay_out: {"order": str.upper, "words": 20}})
    space = search_space(lay_out, scope=scope, include=["*:words"])
    made = space.scope({space.leaves[0].path: 30})
    assert (made[write].temperature, made[lay_out].order, made[lay_out].words) == (0.3, str.upper, 30)
    with made:
        assert lay_out().startswith("30 3")
        assert lay_out().endswith("A")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"include": ["*:wrds"]}, r"include='\*:wrds' means nothing that can be searched"),
        ({"exclude": ["lay_out:word"]}, "Did you mean 'lay_out:words'"),
        ({"include": "*:words"}, "is a text. Write a list of patterns"),
        ({"exclude": ["lay_out"]}, "There is nothing to search"),
        ({"bounds": {"*:tokens": (1, 2)}}, "bounds='.:tokens' means nothing"),
        ({"bounds": {"*:outline": [1]}}, "means 4 leaves. Name single ones"),
        ({"bounds": {"*:words": (10, 20)}}, r"is 200 now, out of its bounds \(10, 20\)"),
        ({"bounds": {"*:words": (0, 500)}}, "its type allows a whole number from 10 on"),
        ({"bounds": {"*:words": (500, 20)}}, "the lower one comes first"),
        ({"bounds": {"*:words": (10.5, 400)}}, "is a whole number, and cannot have the bound 10.5"),
        ({"bounds": {"*:words": (True, 400)}}, "cannot have the bounds"),
        ({"bounds": {"*:words": 3}}, r"Give two numbers as in \(0, 1\)"),
        ({"bounds": {"*:words": [200, 5]}}, "words' cannot be 5"),
        ({"bounds": {"*:words": [200]}}, "nothing to choose from but 200"),
        ({"bounds": {"*:style": "plain"}}, "Give a list of what there is to choose from"),
        ({"bounds": {"*:style": ["poor", "plain"]}}, "style' cannot be 'poor'"),
    ],
)
def test_wrong_limits_are_errors(lay_out, options, said):
    with pytest.raises(HyperparameterError, match=said):
        search_space(lay_out, **options)


def test_a_list_of_numbers_is_a_choice_and_a_range_is_bounds(lay_out):
    space = search_space(lay_out, bounds={"*:words": [100, 200, 400], "*:outline.sections": range(2, 5)})
    assert by_name(space, "lay_out:words").choices == (100, 200, 400)
    assert (by_name(space, "lay_out:outline.sections").low, by_name(space, "lay_out:outline.sections").high) == (2, 4)


def test_the_number_of_examples_can_be_bounded(write):
    assert search_space(write, include=["*:examples"], bounds={"*:examples": 7}).leaves[0].high == 7
    with pytest.raises(HyperparameterError, match="Give the number of examples"):
        search_space(write, bounds={"*:examples": [Example({"topic": "a"}, None)]})
    with pytest.raises(HyperparameterError, match=r"nothing to search but no examples.*Exclude it"):
        search_space(write, bounds={"*:examples": 0})
    with pytest.raises(HyperparameterError, match=r"has 0 examples now, out of its bounds \(2, 4\)\. Widen them, or"):
        search_space(write, bounds={"*:examples": (2, 4)})


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_left_out_and_an_error_where_it_is_named(value):
    class Part(BaseModel):
        width: float = value
        height: float = 1.0

    @track_hyperparameters
    def cut(
        *,
        _limit: float = value,
        _steps: tuple[float, ...] = (1.0, value),
        _by_name: dict[str, float] = {"a": value},  # noqa: B006 (it is copied)
        _part: Part = Part(),  # noqa: B008 (as above)
        _share: float = 0.5,
    ) -> list[object]:
        return [_limit, _steps, _part.width, _part.height, _share]

    space = search_space(cut)
    assert [leaf.field for leaf in space.leaves] == ["part.height", "share"]
    assert space.values_of_point(space.point(space.seed), space.seed) == space.seed
    with space.scope({**space.seed, space.leaf("cut:share").path: 0.25}):
        assert repr(cut()) == repr([value, (1.0, value), value, 1.0, 0.25])
    sure = Hyperparameters({cut: {"limit": 3.0}})
    assert "limit" in {leaf.field for leaf in search_space(cut, scope=sure).leaves}

    for named in ("limit", "steps", "by_name", "part.width"):
        with pytest.raises(HyperparameterError, match=rf"cut:{named}' is .*(inf|nan).* now: no search can begin there"):
            search_space(cut, include=[f"cut:{named}"])
    for bound in ([1.0, 2.0], (0.0, 5.0)):
        with pytest.raises(HyperparameterError, match=r"cut:limit' is (-?inf|nan) now"):
            search_space(cut, bounds={"cut:limit": bound})


@pytest.mark.parametrize("bound", [(0, math.inf), (math.nan, 500), (10, math.nan), [200, math.inf], [200, math.nan]])
def test_bounds_are_finite(lay_out, bound):
    with pytest.raises(HyperparameterError, match=r"lay_out:words' cannot"):
        search_space(lay_out, bounds={"lay_out:words": bound})
    with pytest.raises(HyperparameterError, match=r"lay_out:free' cannot"):
        search_space(_free(), bounds={"lay_out:free": bound})


def _free():
    def lay_out(*, _free: float = 200.0, _most: float = Field(1.0, le=math.inf)) -> None: ...

    made = track_hyperparameters(lay_out)
    assert {leaf.field: leaf.high for leaf in search_space(made).leaves} == {"free": None, "most": None}
    return made


@pytest.mark.parametrize("bounds", [(0, 1), (5, 2)])
def test_bounds_by_ratio_are_above_zero_and_in_order(bounds):
    with pytest.raises(DefinitionError, match="bounds on a log scale"):
        Log(*bounds)


def test_no_function_and_what_is_none_are_errors():
    with pytest.raises(HyperparameterError, match="needs one tracked function"):
        search_space()
    with pytest.raises(HyperparameterError, match="is no tracked function"):
        search_space(len)


def test_two_functions_of_one_name_are_an_error():
    def made(hint):
        def step(*, _size: hint = hint()) -> None: ...  # noqa: B008

        return track_hyperparameters(step)

    with pytest.raises(HyperparameterError, match="Two functions are called"):
        search_space(made(int), made(str))


def test_the_digest_tells_of_bounds_types_and_first_values(lay_out):
    one = search_space(lay_out, bounds={"*:words": (10, 400)})
    assert one.digest == search_space(lay_out, bounds={"*:words": (10, 400)}).digest
    assert one.digest != search_space(lay_out, bounds={"*:words": (10, 401)}).digest
    assert (
        one.digest
        != search_space(lay_out, bounds={"*:words": (10, 400)}, scope=Hyperparameters({lay_out: {"words": 20}})).digest
    )


@llm_function
def rhyme(model, word: str) -> str:
    """A word that rhymes."""


def test_a_space_of_an_llm_function_can_be_sent_to_a_worker(monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or module_of(globals()))
    space = search_space(rhyme, examples=2, bounds={"*:reasoning": [ChainOfThought()], "*:temperature": (0, 1)})
    sent = pickle.loads(pickle.dumps(space))
    assert sent.digest == space.digest
    assert sent.scope(space.seed) == space.scope(space.seed)


def module_of(names):
    made = types.ModuleType(__name__)
    vars(made).update(names)
    return made


def test_a_space_can_be_sent_to_a_worker():
    space = search_space(planner_settings, bounds={"*:file_tokens": Log(100, 4000)}, include=["*:turns"])
    sent = pickle.loads(pickle.dumps(space))
    assert sent.digest == space.digest
    assert sent.scope(space.seed) == space.scope(space.seed)
    assert sent.point(space.seed).model_dump() == space.point(space.seed).model_dump()
