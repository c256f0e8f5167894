"""What "auto" takes: the first body whose walls hold, and never one that was not asked for."""

from dataclasses import dataclass, field

import pytest

from llm_strategy.errors import InputError, SandboxLostError, SandboxUnavailableError
from llm_strategy.sandbox import Finding, Limits, Setup
from llm_strategy.sandbox.strongest import FailedStarts, Strongest, missing, require, start_sandbox

LACKS = (Finding("kernel", ok=True), Finding("program", ok=False, told="There is no bwrap. Install it."))


@dataclass(frozen=True)
class Body:
    """A sandbox that does what it was made for."""

    name: str
    found: tuple[Finding, ...] = ()
    failure: BaseException | None = None
    starts: list[Setup] = field(default_factory=list, compare=False, repr=False)

    def findings(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def start(self, setup):
        self.starts.append(setup)
        if self.failure is not None:
            raise self.failure
        return f"worker of {self.name}"


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def strongest(clock):
    return lambda *bodies: Strongest(bodies, FailedStarts(clock=clock))


def test_the_first_body_that_starts_is_taken(strongest):
    first, second = Body("first"), Body("second")
    auto = strongest(first, second)
    assert auto.start(Setup()) == "worker of first"
    assert auto.choose(Setup()) == (first, "worker of first")
    assert not second.starts


def test_a_body_that_lacks_something_is_not_started(strongest):
    first, second = Body("first", LACKS), Body("second")
    assert strongest(first, second).choose(Setup())[0] is second
    assert not first.starts


@pytest.mark.parametrize(
    "failure", [SandboxUnavailableError("a wall did not hold"), SandboxLostError("it died"), OSError("no processes")]
)
def test_a_body_that_does_not_start_is_followed_by_the_next(strongest, failure):
    first, second = Body("first", failure=failure), Body("second")
    assert strongest(first, second).choose(Setup())[0] is second


def test_a_machine_that_cannot_even_be_asked_lacks_the_body(strongest):
    second = Body("second")
    assert strongest(Body("first", OSError("no files")), second).choose(Setup())[0] is second


def test_a_mistake_of_the_caller_is_no_lack_of_the_machine(strongest):
    second = Body("second")
    with pytest.raises(InputError):
        strongest(Body("first", failure=InputError("a path outside")), second).start(Setup())
    assert not second.starts


def test_none_that_holds_is_an_error_that_lists_each(strongest):
    auto = strongest(Body("first", LACKS), Body("second", failure=SandboxUnavailableError("one\ntwo")))
    with pytest.raises(SandboxUnavailableError) as caught:
        auto.start(Setup())
    assert str(caught.value).splitlines() == [
        "No sandbox holds on this machine, and no code of the model was run:",
        "  first: program: There is no bwrap. Install it.",
        "  second: one",
        "    two",
        "`llm-strategy sandbox check` shows what each of them needs.",
    ]


def test_a_failed_start_is_not_tried_again_for_a_while(strongest, clock):
    first, second = Body("first", failure=SandboxUnavailableError("no")), Body("second")
    auto = strongest(first, second)
    auto.start(Setup())
    clock.now += 29
    auto.start(Setup())
    assert len(first.starts) == 1
    clock.now += 2
    auto.start(Setup())
    assert len(first.starts) == 2
    auto.failed.forget()
    auto.start(Setup())
    assert len(first.starts) == 3


def test_a_start_that_failed_under_narrow_limits_is_tried_under_others(strongest):
    first, second = Body("first", failure=SandboxUnavailableError("no memory")), Body("second")
    auto = strongest(first, second)
    auto.start(Setup(limits=Limits(memory_mib=1)))
    auto.start(Setup())
    assert len(first.starts) == 2


def test_what_was_found_is_one_finding_a_body(strongest):
    assert strongest(Body("first", LACKS), Body("second")).findings() == (
        Finding("first", ok=False, told="program: There is no bwrap. Install it."),
        Finding("second", ok=True),
    )


def test_a_session_is_told_which_body_it_got(strongest):
    body = Body("own")
    assert start_sandbox(body, Setup()) == (body, "worker of own")
    assert start_sandbox(strongest(body), Setup()) == (body, "worker of own")


def test_autos_of_the_same_bodies_are_equal():
    assert Strongest((Body("one"),)) == Strongest((Body("one"),))
    assert Strongest((Body("one"),)) != Strongest((Body("two"),))
    assert Strongest(()).name == "auto"


def test_what_is_required_must_be_there():
    require("own", LACKS[:1])
    with pytest.raises(SandboxUnavailableError, match=r"'own' cannot start, and no code was run. program: There is no"):
        require("own", LACKS)
    assert missing((Finding("tmpfs", ok=False),)) == "tmpfs: missing"
