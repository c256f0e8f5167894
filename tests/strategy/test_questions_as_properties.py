"""Properties that a model answers are no data: showing an instance does not ask them."""

from functools import cached_property

import pytest
from pydantic import BaseModel, computed_field, model_serializer

from llm_strategy import llm_strategy
from llm_strategy.errors import InputError
from llm_strategy.testing import ScriptedModel

ANSWER = ScriptedModel(lambda messages: '{"return_value": 41}')


@llm_strategy(ANSWER)
class Guessed(BaseModel):
    x: int

    @computed_field
    @property
    def twice(self) -> int:
        return self.x * 2

    @computed_field
    @property
    def guess(self) -> int:
        """Guess."""
        raise NotImplementedError

    @computed_field
    @cached_property
    def kept(self) -> int:
        """Guess once."""
        raise NotImplementedError

    def near(self, other: "Guessed") -> int:
        """Near."""
        raise NotImplementedError


def test_a_computed_field_that_is_a_question_is_answered_and_not_shown():
    guessed = Guessed(x=1)
    assert (guessed.guess, guessed.kept, guessed.near(guessed)) == (41, 41, 41)
    shown = str(guessed.near.prompt(Guessed(x=2))[-1].content)
    assert '{"x": 1, "twice": 2}' in shown
    assert '{"x": 2, "twice": 4}' in shown


def test_a_computed_field_that_is_a_question_is_part_of_dumps_and_of_the_representation():
    assert Guessed(x=1).model_dump() == {"x": 1, "twice": 2, "guess": 41, "kept": 41}
    assert repr(Guessed(x=1)) == "Guessed(x=1, twice=2, guess=41, kept=41)"


def test_a_serializer_of_a_class_does_not_ask_its_questions_where_it_is_shown():
    @llm_strategy(ANSWER)
    class Wrapped(BaseModel):
        x: int

        @computed_field
        @property
        def guess(self) -> int:
            """Guess."""
            raise NotImplementedError

        @model_serializer(mode="wrap")
        def dumped(self, handler):
            return {"in": handler(self)}

    assert Wrapped(x=1).guess == 41
    assert Wrapped(x=1).model_dump() == {"in": {"x": 1, "guess": 41}}


def test_data_that_needs_the_question_it_is_shown_for_is_an_error_with_one_remedy():
    @llm_strategy(ANSWER)
    class Circular(BaseModel):
        x: int

        @computed_field
        @property
        def guess(self) -> int:
            """Guess."""
            raise NotImplementedError

        @computed_field
        @property
        def twice(self) -> int:
            return self.guess * 2

    with pytest.raises(InputError, match="is shown already: something that shows") as caught:
        _ = Circular(x=1).guess
    assert str(caught.value).count("repr=False") == 1


def test_an_answer_that_a_plain_instance_keeps_is_not_shown_in_later_prompts():
    @llm_strategy(ANSWER)
    class Keeping:
        def __init__(self):
            self.x = 1

        @cached_property
        def kept(self) -> int:
            """Guess once."""
            raise NotImplementedError

        def ask(self) -> int:
            """Ask."""
            raise NotImplementedError

    keeping = Keeping()
    before = keeping.ask.prompt()
    assert keeping.kept == 41
    assert keeping.ask.prompt() == before
