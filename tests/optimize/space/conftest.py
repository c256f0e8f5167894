"""Functions whose hyperparameters are searched."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from llm_strategy import llm_function
from llm_strategy.hyperparameters import track_hyperparameters


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A title.")
    text: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Outline(BaseModel):
    sections: int = Field(3, ge=1, le=9, description="How many.")
    titles: list[str] = ["Introduction"]
    colour: Colour = Colour.RED
    named: bool = Field(default=True, alias="isNamed")


@pytest.fixture
def write():
    @llm_function
    def write_essay(model, topic: str = Field(description="The topic.")) -> Essay:
        """Write an essay."""

    return write_essay


@pytest.fixture
def lay_out():
    @track_hyperparameters
    def lay_out(
        *,
        _words: int = Field(200, ge=10, description="Length."),
        _outline: Outline = Outline(),  # noqa: B008 (it is copied)
        _style: Literal["plain", "rich"] | None = None,
        _share: Annotated[float, Field(gt=0, lt=1)] | None = 0.5,
        _step: int = Field(8, multiple_of=8),
        _order: Callable[[str], str] = str.lower,
        _key: SecretStr = SecretStr("k"),  # noqa: B008 (as above)
    ) -> str:
        return f"{_words} {_outline.sections} {_outline.titles} {_outline.colour.value} {_style} {_share} {_order('A')}"

    return lay_out
