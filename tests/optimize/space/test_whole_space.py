"""The whole space: everything that shapes a call is a leaf that can be moved, put into force, written down and read."""

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Hyperparameters, llm_function
from llm_strategy.optimize.space import Log, search_space
from llm_strategy.planner.settings import planner_settings
from llm_strategy.reasoning import ChainOfThought, CodeAct, Direct, SelfConsistency
from llm_strategy.testing import ScriptedModel


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A title.")


@llm_function
def compose(model, topic: str = Field(description="The topic.")) -> Essay:
    """Write an essay."""


METHODS = [Direct(), ChainOfThought(), CodeAct(sandbox="monty"), SelfConsistency(samples=3)]

KINDS = {
    "instruction": ["instruction"],
    "descriptions": ["parameters.topic", "fields.Essay", "fields.Essay.title"],
    "templates": ["templates.task", "templates.retry"],
    "examples": ["examples"],
    "reasoning method": ["reasoning", "reasoning.SelfConsistency.samples", "reasoning.ChainOfThought.instruction"],
    "action format": ["reasoning.CodeAct.action_format"],
    "structured-output method": ["method"],
    "sampling parameters": ["temperature", "max_tokens", "seed"],
    "planner settings": ["turns", "edit_format", "brief", "warmth", "form"],
}
"""Kinds of what can be searched, with leaves of each."""


@pytest.fixture(scope="module")
def space():
    return search_space(
        compose,
        planner_settings,
        include=["compose:*", "planner_settings:*"],
        examples=3,
        bounds={
            "compose:reasoning": METHODS,
            "compose:reasoning.SelfConsistency.samples": (1, 9),
            "compose:temperature": (0.0, 1.5),
            "compose:max_tokens": Log(16, 512),
            "compose:seed": (0, 99),
            "planner_settings:turns": (1, 8),
        },
    )


def moved(leaf):
    """Another value than that where the search begins."""
    if leaf.choices:
        return next(choice for choice in leaf.choices if choice != leaf.default)
    low = leaf.low or 0
    return {
        "text": f"{leaf.default} Briefly.",  # what a template is filled with has to stay in it
        "boolean": not leaf.default,
        "examples": [{"inputs": {"topic": "Bees"}, "value": {"title": "Bees"}, "reasoning": ""}],
        "integer": _whole(leaf) + 1,
        "number": low + 0.125,
    }.get(leaf.kind)


def _whole(leaf):
    return leaf.default if isinstance(leaf.default, int) else int(leaf.low or 0)


def around(space, leaf):
    """Values with the method of reasoning chosen that a leaf is inside of."""
    inside = next((step[1:] for step in leaf.route if step.startswith("=")), None)
    if inside is None:
        return space.seed
    choice = space.leaf("compose:reasoning")
    return {**space.seed, choice.path: next(one for one in choice.choices if one and one["method"] == inside)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_what_shapes_calls_is_in_the_space(space, kind):
    fields = {leaf.field for leaf in space.leaves}
    assert fields.issuperset(KINDS[kind])


def test_each_leaf_moves_alone_and_comes_back_as_it_was_written(space):
    still, told = set(), {field for fields in KINDS.values() for field in fields}
    for leaf in space.leaves:
        value = moved(leaf)
        if value is None:
            still.add(leaf.field)
            continue
        before = space.checked(around(space, leaf))
        after = space.checked({**before, leaf.path: value})
        assert {path for path in after if after[path] != before[path]} == {leaf.path}, leaf.path
        scope = space.scope(after)
        if leaf.field in told:  # each of the others goes the way of one of these
            assert space.values(Hyperparameters.model_validate_json(scope.model_dump_json())) == after, leaf.path
            assert space.values_of_point(space.point(after), before) == after, leaf.path
    assert still == {f"reasoning.CodeAct.{name}" for name in ("files", "sandbox", "tools")}  # they are objects


def test_what_is_moved_reaches_the_calls(space):
    values = {leaf.path: moved(leaf) for leaf in space.leaves if not leaf.field.startswith("reasoning")}
    model = ScriptedModel(['{"title": "Bees"}'], llm_strategy_methods=("prompt", "json_schema"))
    with space.scope({**space.seed, **values}):
        compose(model, "Rome")
        settings = planner_settings()
    told = "\n".join(str(message.content) for message in model.asked[0])
    for field in ("instruction", "parameters.topic", "fields.Essay.title", "templates.task"):
        assert "Briefly." in values[space.leaf(f"compose:{field}").path]
    assert told.count("Briefly.") >= 4
    assert '"Bees"' in told
    assert (model.arguments[0]["temperature"], model.arguments[0]["max_tokens"]) == (0.125, 17)
    assert model.arguments[0]["response_format"]["type"] == "json_schema"
    assert (settings.turns, settings.edit_format, settings.brief, settings.warmth) == (5, "data", True, 0.125)
