"""What type checkers say about tracked functions and scopes; mypy and pyright read this file, a test runs it."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, assert_type

from pydantic import BaseModel, Field

from llm_strategy.hyperparameters import (
    ConfigModel,
    Difference,
    Hyperparameters,
    SearchSpace,
    Tracked,
    TrackedFunction,
    TrackedMethod,
    config_model,
    diff,
    track_hyperparameters,
    values_in_force,
)


@track_hyperparameters
def sample(n: int, *, _heat: float = Field(0.5, ge=0)) -> str:
    """Sample."""
    return f"{n} at {_heat}"


@track_hyperparameters()
def resample(n: int, *, _heat: float = 0.5) -> str:
    """Sample again."""
    return f"{n} at {_heat}"


@track_hyperparameters
async def asample(n: int, *, _heat: float = 0.5) -> str:
    """Sample."""
    return f"{n} at {_heat}"


@track_hyperparameters
def samples(n: int, *, _heat: float = 0.5) -> Iterator[str]:
    """Sample."""
    yield f"{n} at {_heat}"


@track_hyperparameters
async def asamples(n: int, *, _heat: float = 0.5) -> AsyncIterator[str]:
    """Sample."""
    yield f"{n} at {_heat}"


class Room:
    """A class with methods of every kind."""

    @track_hyperparameters
    def shine(self, n: int, *, _watts: int = 5) -> str:
        """Shine."""
        return f"{n} {_watts}"

    @staticmethod
    @track_hyperparameters
    def glow(n: int, *, _watts: int = 5) -> str:
        """Glow."""
        return f"{n} {_watts}"

    @classmethod
    @track_hyperparameters
    def make(cls, *, _watts: int = 5) -> str:
        """Make."""
        return f"{cls.__name__} {_watts}"


class Ask:
    """Something else that has hyperparameters."""

    config_name = "shop.ask"
    config_model_type = config_model("shop.ask", {"tone": (str, "dry")})


async def calls() -> None:
    """Calls keep their types."""
    assert_type(sample(3), str)
    assert_type(sample(3, _heat=1), str)
    assert_type(await asample(3), str)
    assert_type(samples(3), Iterator[str])
    async for one in asamples(3):
        assert_type(one, str)
    room = Room()
    assert_type(room.shine(3), str)
    assert_type(room.shine(3, _watts=4), str)
    assert_type(Room.shine(room, 3), str)
    assert_type(Room.glow(3), str)


def keys(scope: Hyperparameters) -> None:
    """Whatever has hyperparameters is a key."""
    scope[sample].heat = 3
    scope[asample] = asample.config_model_type(heat=3)
    scope["shop.sample"].heat = 3
    scope[Room().shine].watts = 3
    scope[Room.shine].watts = 3
    scope[Ask()] = {"tone": "warm"}
    assert sample in scope
    assert_type(sample.config_model_type, type[ConfigModel])
    assert_type(diff(scope, Hyperparameters(scope)), Difference)
    assert_type(Hyperparameters.diff(scope, {}), Difference)
    assert_type(Hyperparameters.schema_of(sample, Room().shine, Ask()), type[SearchSpace])
    assert_type(values_in_force(Ask(), {"tone": "dry"}), dict[str, Any])
    assert_type(scope.keys(), list[str])
    with scope as inside:
        assert_type(inside, Hyperparameters)


def passed_on() -> None:
    """Tracked functions fit wherever functions are wanted."""
    one: Callable[[int], str] = sample
    two: Callable[[int], Coroutine[Any, Any, str]] = asample
    three: Callable[[int], str] = Room().shine
    four: Tracked = sample
    five: Tracked = Room().shine
    assert all((one, two, three, four, five))


def typed(function: TrackedFunction[[int], str], method: TrackedMethod[[int], str]) -> tuple[str, str]:
    """The types may be written."""
    return function(3), method(3)


class Run(BaseModel):
    """A scope is a field."""

    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)


if TYPE_CHECKING:
    # Each line is wrong; a checker that finds nothing wrong in it complains about the comment.
    sample("x")  # type: ignore[arg-type]
    sample()  # type: ignore[call-arg]
    sample(3, _heat="x")  # type: ignore[arg-type]
    sample(3, heat=1)  # type: ignore[call-arg]
    Room().shine("x")  # type: ignore[arg-type]
    Hyperparameters()[print].x = 3  # type: ignore[index]
    Hyperparameters.schema_of(print)  # type: ignore[arg-type]
    _text: int = sample(3)  # type: ignore[assignment]
