"""From values to scopes and points, and back: nothing is lost, and what does not fit is told by its leaf."""

import pytest

from llm_strategy import Example, Hyperparameters, llm_function
from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.space import Leaf, Log, search_space
from llm_strategy.optimize.space.fitting import alike, fitted, labels_of, wanted
from llm_strategy.reasoning import ChainOfThought, SelfConsistency
from llm_strategy.testing import ScriptedModel

METHODS = [None, ChainOfThought(), SelfConsistency(samples=3)]


@pytest.fixture
def space(write, lay_out):
    return search_space(
        write,
        lay_out,
        examples=2,
        exclude=["*:step"],
        bounds={
            "*:temperature": (0.0, 1.0),
            "*:max_tokens": Log(32, 512),
            "*:reasoning": METHODS,
            "*:reasoning.SelfConsistency.samples": (1, 9),
            "*:templates.retry": ["{problem}", "Again: {problem}"],
        },
    )


@pytest.fixture
def changed(space):
    example = {"inputs": {"topic": "Bees"}, "value": {"title": "Bees", "text": "They fly."}, "reasoning": ""}
    return space.checked(
        with_(
            space,
            {
                "write_essay:fields.Essay.title": "Short.",
                "write_essay:temperature": 1,
                "write_essay:max_tokens": 64.0,
                "write_essay:reasoning": space.leaf("*:reasoning").choices[2],
                "write_essay:reasoning.SelfConsistency.samples": 5,
                "write_essay:templates.retry": "Again: {problem}",
                "write_essay:examples": [example],
                "lay_out:outline.colour": "blue",
                "lay_out:outline.isNamed": False,
                "lay_out:outline.titles": ["A", "B"],
                "lay_out:style": "rich",
                "lay_out:share": 0.25,
            },
        )
    )


def with_(space, values):
    return {**space.seed, **{space.leaf(name).path: value for name, value in values.items()}}


def test_a_scope_puts_typed_values_into_force(space, changed, write, lay_out):
    scope = space.scope(changed)
    assert scope[write].fields == {"Essay": "An essay.", "Essay.title": "Short.", "Essay.text": ""}
    assert scope[write].reasoning == SelfConsistency(samples=5)
    assert scope[write].templates.retry == "Again: {problem}"
    assert isinstance(scope[write].examples[0], Example)
    assert scope[write].examples[0].value.title == "Bees"
    assert scope[lay_out].outline.named is False
    with scope:
        assert lay_out() == "200 3 ['A', 'B'] blue rich 0.25 a"
        assert "Short." in write.prompt("Rome")[0].content


def test_what_was_found_is_loaded_in_one_line(space, changed):
    best_json = space.scope(changed).model_dump_json(exclude_unset=True)
    assert space.values(Hyperparameters.model_validate_json(best_json)) == changed


def test_values_have_one_form(space, changed):
    assert changed[space.leaf("*:temperature").path] == 1.0
    assert isinstance(changed[space.leaf("*:temperature").path], float)
    assert isinstance(changed[space.leaf("*:max_tokens").path], int)
    assert space.checked(changed) == changed
    assert space.checked(space.seed) == space.seed


def test_what_has_no_effect_has_the_value_of_the_seed(space):
    values = space.checked(with_(space, {"*:reasoning.SelfConsistency.samples": 9}))
    assert values == space.seed


def test_points_say_what_values_say(space, changed):
    point = space.point(changed)
    assert point.write_essay.reasoning == "SelfConsistency"
    assert point.lay_out.style == "rich"
    assert space.values(point) == changed
    assert Hyperparameters(point) == space.scope(changed)
    assert space.point_type.model_validate_json(point.model_dump_json()) == point


def test_what_a_point_leaves_out_stays_as_it_is_in_the_parent(space, changed):
    point = space.point_type.model_validate({"write_essay": {"temperature": 0.5, "fields": {"Essay.text": "Long."}}})
    values = space.values_of_point(point, changed)
    assert space.difference(changed, values) == [
        "write_essay:fields.Essay.text: '' -> 'Long.'",
        "write_essay:temperature: 1.0 -> 0.5",
    ]


def test_a_model_writes_a_point(space):
    @llm_function
    def propose(model, now: str) -> space.point_type:
        """Better hyperparameters."""

    reply = '{"lay_out": {"words": 50, "style": "none", "outline": {"colour": "blue"}}, "write_essay": {"reasoning": "ChainOfThought"}}'
    asked = propose.prompt("x")[0].content
    assert 'reasoning?: "none" | "ChainOfThought" | "SelfConsistency" | null = "none"' in asked
    assert "words?: integer >= 10 | null = 200  // Length." in asked
    point = propose(ScriptedModel([reply]), "x")
    assert space.difference(space.seed, space.values(point)) == [
        "lay_out:outline.colour: 'red' -> 'blue'",
        "lay_out:words: 200 -> 50",
        "write_essay:reasoning: 'none' -> 'ChainOfThought'",
    ]


def test_what_is_shown_is_short(space):
    shown = space.shown(space.seed)
    assert set(shown) == {"lay_out", "write_essay"}
    assert shown["write_essay"]["reasoning"] == "none"
    assert "temperature" not in shown["write_essay"]


def test_a_point_of_another_space_is_refused(space, lay_out):
    other = search_space(lay_out)
    with pytest.raises(HyperparameterError, match="is no point of this space"):
        space.values(other.point(other.seed))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("*:temperature", 2, "write_essay:temperature' cannot be 2: it is a number or null from 0 to 1"),
        ("*:temperature", "hot", "cannot be 'hot'"),
        ("*:temperature", float("nan"), "cannot be nan"),
        ("*:max_tokens", 64.5, "it is a whole number or null from 32 to 512"),
        ("*:instruction", 3, "it is a text"),
        ("*:words", True, "it is a whole number from 10 on"),
        ("*:outline.colour", "green", "it is 'red' or 'blue'"),
        ("*:outline.isNamed", 1, "it is true or false"),
        ("*:outline.titles", [1], "outline.titles' cannot be .1.: .*titles"),
        ("*:examples", [{}, {}, {}], "it is a list of examples, 0 to 2 of them"),
        ("*:examples", [{"inputs": {}, "value": 1}], "examples' cannot be"),
    ],
)
def test_a_wrong_value_is_told_by_its_leaf(space, name, value, said):
    with pytest.raises(HyperparameterError, match=said):
        space.scope(with_(space, {name: value}))


def test_values_of_other_leaves_are_refused(space):
    with pytest.raises(HyperparameterError, match=r"is no leaf of this space\. Did you mean 'lay_out:words'"):
        space.checked({**space.seed, "lay_out:word": 1})
    with pytest.raises(HyperparameterError, match="has no value, and 18 are missing"):
        space.checked({})


def test_a_method_that_is_no_choice_is_refused(space, write):
    with pytest.raises(HyperparameterError, match="reasoning' cannot be"):
        space.values(Hyperparameters({write: {"reasoning": SelfConsistency(samples=3, temperature=0.1)}}))


def test_a_leaf_is_found_by_a_part_of_its_path(space):
    assert space.leaf("write_essay:instruction").kind == "text"
    with pytest.raises(HyperparameterError, match="means 3 leaves"):
        space.leaf("*:fields.*")


def test_scopes_do_not_share_their_entries(space, lay_out):
    space.scope(space.seed)[lay_out].words = 11
    assert space.scope(space.seed)[lay_out].words == 200


def test_only_some_scopes_are_kept(space):
    for words in range(10, 160):
        space.scope(with_(space, {"*:words": words}))
    assert len(space._made) <= 130
    assert repr(space) == f"<space of {len(space.leaves)} leaves, {space.digest}>"


def test_inputs_of_llm_functions_are_known(space, write, lay_out):
    assert space.inputs(write.config_name) == ("topic",)
    assert space.inputs(lay_out.config_name) == ()


def test_names_that_no_attribute_can_have_are_written_as_they_are():
    @track_hyperparameters
    def step(*, _copy: str = "a", _class: int = 1, _Copy: float = 0.5) -> None: ...

    space = search_space(step)
    point = space.point({**space.seed, space.leaf("step:class").path: 2})
    assert point.model_dump(exclude_unset=True) == {"step": {"Copy": 0.5, "class": 2, "copy": "a"}}
    assert point.step.the_class == 2


def test_functions_of_one_name_are_told_apart():
    def made(owner):
        def step(*, _size: int = 1) -> None: ...

        step.__qualname__ = f"{owner}.step"
        return track_hyperparameters(step)

    one, other = made("A"), made("B")
    space = search_space(one, other)
    assert set(space.shown(space.seed)) == {"A.step", "B.step"}


def test_values_that_are_alike_are_of_like_kinds():
    assert not alike([1], [True])
    assert not alike({"a": 1}, {"b": 1})
    assert alike({"a": [1.0, None]}, {"a": [1, None]})


def test_choices_have_names_of_their_own():
    leaf = Leaf("f:a", "choice", None, choices=("none", None, {"a": 1}, {"method": "none"}))
    assert labels_of(leaf) == ("none", "none #2", "{'a': 1}", "none #3")


def test_what_fits_is_said():
    assert wanted(Leaf("f:a", "number", 1.0, high=2)) == "a number up to 2"
    assert wanted(Leaf("f:a", "examples", [])) == "a list of examples"
    assert fitted(Leaf("f:a", "data", None), None) is None
