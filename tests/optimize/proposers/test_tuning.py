"""Numbers and choices are proposed within their bounds, the same again for the same stream, out of what was tried."""

import json
import sys

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.proposers import LocalProposer, OptunaProposer
from llm_strategy.optimize.proposers import optuna as optuna_room
from llm_strategy.optimize.proposers.evidence import evidence, wordings
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Propose, Scored
from llm_strategy.optimize.space import Leaf, Log, search_space
from llm_strategy.optimize.streams import stream

PROPOSERS = [OptunaProposer, LocalProposer]


@pytest.fixture
def space():
    @track_hyperparameters
    def task(
        *,
        _text: str = "Go.",
        _warmth: float = 1.0,
        _count: int = 3,
        _room: int = 64,
        _fast: bool = False,
        _kind: str = "a",
    ) -> None: ...

    bounds = {"*:warmth": (0.0, 1.5), "*:count": (0, 8), "*:room": Log(32, 512), "*:kind": ["a", "b", "c"]}
    return search_space(task, bounds=bounds)


@pytest.fixture
def texts_only():
    @track_hyperparameters
    def task(*, _text: str = "Go.") -> None: ...

    return search_space(task)


def asked(space, tried=(), number=7, parent=None):
    """What a search asks after some candidates: pairs of changed values and a mean, with None for what was rejected."""
    seed = Candidate(0, space.seed)
    scored, pool = [Scored(seed, 0.3, 20)], [Scored(seed, 0.3, 20)]
    for at, (changes, mean) in enumerate(tried, 1):
        values = {**space.seed, **{space.leaf(f"*:{name}").path: value for name, value in changes.items()}}
        one = Scored(Candidate(at, values, (0,), "local"), 0.0 if mean is None else mean, 3 if mean is None else 20)
        scored.append(one)
        if mean is not None:
            pool.append(one)
    best = max(pool, key=lambda one: one.mean).candidate
    return Propose("x", (parent or best,), (), tuple(pool), tuple(scored), number, 1, 0.5, best)


def value(space, proposal, name):
    return proposal.values[space.leaf(f"*:{name}").path]


@pytest.mark.parametrize("kind", PROPOSERS)
def test_proposals_fit_and_leave_texts_as_they_are(space, kind):
    proposer = kind(space)
    for number in range(12):
        (proposal,) = proposer.propose(asked(space, number=number))
        assert space.checked(proposal.values) == proposal.values
        assert proposal.values != space.seed
        assert value(space, proposal, "text") == "Go."
        assert "->" in proposal.hypothesis


@pytest.mark.parametrize("kind", PROPOSERS)
def test_a_run_that_is_begun_again_is_proposed_the_same(space, kind):
    tried = [({"count": count, "warmth": 0.2 * count}, 0.1 * count) for count in range(1, 7)]
    first = [kind(space).propose(asked(space, tried, number)) for number in range(6)]
    assert first == [kind(space).propose(asked(space, tried, number)) for number in range(6)]
    assert len({json.dumps(one.values) for (one,) in first}) > 1


@pytest.mark.parametrize("kind", PROPOSERS)
def test_what_was_good_is_come_back_to(space, kind):
    tried = [({"kind": "b", "count": count}, 0.8) for count in (4, 5, 6)]
    tried += [({"kind": "c", "count": count}, None) for count in (0, 1, 2, 7, 8)]
    tried += [({"kind": "c", "warmth": warmth}, None) for warmth in (0.1, 0.5, 1.2)]
    chosen = [value(space, kind(space).propose(asked(space, tried, number))[0], "kind") for number in range(20)]
    assert chosen.count("b") > 12


@pytest.mark.parametrize("kind", PROPOSERS)
def test_a_wording_that_was_rejected_is_tried_with_other_numbers(space, kind):
    tried = [({"text": "Step by step."}, None), ({"count": 4}, 0.5), ({"count": 5, "warmth": 0.5}, 0.6)]
    made = [kind(space).propose(asked(space, tried, number))[0] for number in range(40)]
    again = [one for one in made if value(space, one, "text") == "Step by step."]
    assert again
    assert len(again) < 30


@pytest.mark.parametrize("kind", PROPOSERS)
def test_where_all_is_text_nothing_is_proposed(texts_only, kind):
    (proposal,) = kind(texts_only).propose(asked(texts_only))
    assert proposal.values is None
    assert "no numbers" in proposal.problem


@pytest.mark.parametrize("kind", PROPOSERS)
def test_where_all_was_tried_nothing_is_proposed(kind):
    @track_hyperparameters
    def task(*, _fast: bool = False) -> None: ...

    space = search_space(task)
    (proposal,) = kind(space).propose(asked(space, [({"fast": True}, 0.2)]))
    assert (proposal.values, proposal.problem) == (None, "all that was drawn was tried before")


@pytest.mark.parametrize("kind", PROPOSERS)
def test_values_that_the_function_refuses_are_not_proposed(kind):
    from typing import Annotated

    from pydantic import AfterValidator

    def even(number):
        if number % 2:
            raise ValueError("odd")
        return number

    @track_hyperparameters
    def task(*, _size: Annotated[int, AfterValidator(even)] = 4) -> None: ...

    space = search_space(task, bounds={"*:size": (2, 40)})
    sizes = [kind(space).propose(asked(space, number=number))[0] for number in range(8)]
    assert all(one.values is None or value(space, one, "size") % 2 == 0 for one in sizes)
    narrow = search_space(task, bounds={"*:size": (4, 5)})
    (refused,) = kind(narrow).propose(asked(narrow))
    assert refused.values is None


def test_a_number_that_is_not_set_can_be_tuned():
    @track_hyperparameters
    def task(*, _warmth: float | None = None, _fast: bool = False) -> None: ...

    space = search_space(task, bounds={"*:warmth": (0.0, 1.0)})
    for kind in PROPOSERS:
        found = [kind(space).propose(asked(space, [({"warmth": 0.5}, 0.6)], number))[0] for number in range(5)]
        assert all(value(space, one, "warmth") is None or 0 <= value(space, one, "warmth") <= 1 for one in found)


def test_optuna_looks_at_the_best_and_the_latest_of_many(space):
    tried = [({"count": at % 9, "warmth": 0.01 * (at % 150)}, 0.001 * at) for at in range(130)]
    found = evidence(asked(space, tried), {one.path for one in tunable(space.leaves)})
    kept = optuna_room._latest(found)
    assert len(kept) < len(found)
    assert kept[-1] is found[-1]
    (proposal,) = OptunaProposer(space).propose(asked(space, tried))
    assert proposal.values is not None


def test_without_optuna_the_extra_is_named(space, monkeypatch):
    monkeypatch.setattr(optuna_room, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[optimize\]"):
        OptunaProposer(space)


def test_optuna_is_imported_when_it_is_needed():
    import subprocess

    program = "import sys, llm_strategy.optimize.proposers; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_a_gate_rejected_counts_as_worse_than_its_parent(space):
    request = asked(space, [({"count": 4}, 0.6), ({"count": 5}, None)])
    found = evidence(request, {one.path for one in tunable(space.leaves)})
    assert found[2].score < found[0].score < found[1].score
    assert all(one.alike for one in found)


def test_of_many_wordings_the_parents_comes_first(space):
    tried = [({"text": f"Text {at}."}, 0.1 * at) for at in range(9)]
    paths = {one.path for one in tunable(space.leaves)}
    request = asked(space, tried, parent=Candidate(0, space.seed))
    found = [next(iter(one.values())) for one in wordings(request, paths, 4)]
    assert found == ["Go.", "Text 8.", "Text 7.", "Text 6."]


@pytest.mark.parametrize(
    ("leaf", "bounds"),
    [
        (Leaf("f:a", "number", 0.5), (0.125, 2.0, True)),
        (Leaf("f:a", "integer", 0), (-4.0, 4.0, False)),
        (Leaf("f:a", "number", -2.0, high=5), (-10.0, 5.0, False)),
        (Leaf("f:a", "number", 3.0, low=0), (0.0, 12.0, False)),
    ],
)
def test_numbers_without_bounds_may_go_far(leaf, bounds):
    (one,) = tunable([leaf])
    assert (one.low, one.high, one.log) == bounds


@pytest.mark.parametrize(
    "leaf",
    [
        Leaf("f:a", "number", None),
        Leaf("f:a", "integer", 3, low=3, high=3),
        Leaf("f:a", "choice", "x", choices=("x",)),
        Leaf("f:a", "text", "x"),
        Leaf("f:a", "data", [1]),
    ],
)
def test_what_cannot_be_tuned_is_left(leaf):
    assert tunable([leaf]) == ()


def test_places_and_numbers_are_two_ways_to_say_the_same():
    log, plain = tunable(
        [Leaf("f:a", "integer", 64, low=32, high=512, log=True), Leaf("f:b", "number", 1.0, low=0, high=2)]
    )
    assert [log.number(at) for at in (-1.0, 0.0, 0.5, 1.0)] == [32, 32, 128, 512]
    assert log.place(128) == pytest.approx(0.5)
    assert plain.number(0.333333) == 0.667
    assert plain.place("x") is None
    assert plain.place(True) is None


def test_what_is_near_is_another_value():
    count, _, choice = tunable(
        [
            Leaf("f:a", "integer", 4, low=0, high=8),
            Leaf("f:b", "number", 1.0, low=0, high=2),
            Leaf("f:c", "choice", "a", choices=("a", "b")),
        ]
    )
    draws = stream(1)
    assert all(count.near(now, draws, 0.01) != now for now in (0, 4, 8) for _ in range(20))
    assert choice.near("a", draws, 0.1) == "b"
    assert count.near(None, draws, 0.1) in range(9)


@pytest.mark.parametrize("now", [1, 2, 3])
def test_optuna_tunes_small_whole_numbers_that_have_no_bounds(now):
    def task(*, _tries: int = now) -> int:
        return _tries

    space = search_space(track_hyperparameters(task))
    tried = [({"tries": now + 1}, 0.4), ({"tries": 4}, 0.5)]
    (proposal,) = OptunaProposer(space).propose(asked(space, tried))
    assert proposal.problem == ""
    assert value(space, proposal, "tries") >= 1


@pytest.mark.parametrize("bounds", [(0.999, 0.9999), (1000.1, 1000.2), (-0.51005, -0.51)])
def test_a_number_within_narrow_bounds_has_many_places_between_them(bounds):
    low, high = bounds
    (leaf,) = tunable([Leaf("f:x", "number", low, low=low, high=high)])
    drawn = {leaf.number(at / 20) for at in range(21)}
    assert len(drawn) == 21
    assert all(low <= one <= high for one in drawn)


def test_a_number_within_wide_bounds_has_three_digits():
    (leaf,) = tunable([Leaf("f:x", "number", 1.0, low=0.5, high=2.0)])
    assert {leaf.number(at / 7) for at in range(3)} == {0.5, 0.714, 0.929}
