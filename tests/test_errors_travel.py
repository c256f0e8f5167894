"""Every error comes out of another process as it went in: with its kind, its message and what it tells programs."""

import pickle

import pytest

from llm_strategy import errors
from llm_strategy.errors import (
    AttemptsExhaustedError,
    BudgetExceededError,
    EditsRefusedError,
    EmptyReplyError,
    InvalidValueError,
    LLMStrategyError,
    MissingExtraError,
    NoModelAnsweredError,
    ReplyError,
    TransportError,
)

CLASSES = sorted(
    {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, LLMStrategyError)},
    key=lambda one: one.__name__,
)


def failed(kind: type[TransportError] = TransportError) -> TransportError:
    error = kind("no reply", status=503, retryable=True, retry_after=1.5, reply="<html>")
    error.earlier = (TransportError("before", status=500),)
    return error


WAYS = (
    (MissingExtraError, lambda kind: kind("ray", "a cluster")),
    (NoModelAnsweredError, lambda kind: kind("'f'", [("one", failed()), ("two", EmptyReplyError("nothing"))])),
    (TransportError, failed),
    (InvalidValueError, lambda kind: kind("wrong", reply="{}", problems=["a: missing", "b: extra"])),
    (ReplyError, lambda kind: kind("wrong", reply="{}")),
    (AttemptsExhaustedError, lambda kind: kind("'f'", [EmptyReplyError("no"), InvalidValueError("x", problems=["x"])])),
    (BudgetExceededError, lambda kind: kind("no calls are left", limit="calls", results=[1, "two"])),
    (EditsRefusedError, lambda kind: kind(["'a.py' is not there", "'b.py' neither"], change=3)),
    (LLMStrategyError, lambda kind: kind("a message")),
)


def made(kind: type[LLMStrategyError]) -> LLMStrategyError:
    """Return an error with everything set that can be."""
    return next(make(kind) for base, make in WAYS if issubclass(kind, base))


def told(error: object) -> object:
    """What of an error can be compared."""
    if isinstance(error, BaseException):
        state = {name: told(value) for name, value in sorted(vars(error).items())}
        return type(error), str(error), state
    return [told(one) for one in error] if isinstance(error, tuple | list) else error


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_an_error_is_the_same_in_another_process(kind, protocol):
    error = made(kind)
    error.add_note("at the 3rd input")

    there = pickle.loads(pickle.dumps(error, protocol))

    assert told(there) == told(error)
    assert there.__notes__ == ["at the 3rd input"]


def test_all_errors_are_looked_at():
    assert len(CLASSES) >= len([name for name in errors.__all__ if name.endswith("Error")])
    assert {one.__name__ for one in CLASSES} >= set(errors.__all__)
