"""A response surface learns from all rollouts together, and is proposed from where it may be the highest."""

import random
import sys
from itertools import pairwise

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.proposers import response as response_room
from llm_strategy.optimize.proposers.response import ResponseProposer, is_tuned, surrogate_in
from llm_strategy.optimize.proposers.tunable import tunable
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Propose, Scored
from llm_strategy.optimize.space import Leaf, Log, search_space

pytest.importorskip("numpy")


class Plain:
    """A space of leaves that any values fit."""

    def __init__(self, *leaves):
        self.leaves = tuple(sorted(leaves, key=lambda leaf: leaf.path))
        self.seed = {leaf.path: leaf.default for leaf in leaves}


@pytest.fixture
def space():
    @track_hyperparameters
    def task(
        *, _text: str = "Go.", _warmth: float = 1.0, _room: int = 64, _fast: bool = False, _kind: str = "a"
    ) -> None: ...

    return search_space(task, bounds={"*:warmth": (0.0, 1.5), "*:room": Log(32, 512), "*:kind": ["a", "b", "c"]})


def made(space, number, changes, cases, parent=0):
    values = {**space.seed, **{space.leaf(f"*:{name}").path: value for name, value in changes.items()}}
    mean = sum(cases.values()) / max(1, len(cases))
    return Scored(Candidate(number, values, (parent,) if number else ()), mean, len(cases), cases)


def drawn(space, chance, count=40, probes=4, seed=0, scores=(0.0, 1.0)):
    """Candidates anywhere in the space, each with scores at a few cases that succeed as often as told."""
    draws = random.Random(seed)
    low, high = scores
    found = [made(space, 0, {}, {f"val/{case}": float(low) for case in range(5)})]
    for number in range(1, count):
        changes = {
            "warmth": round(draws.uniform(0, 1.5), 2),
            "room": draws.randint(32, 512),
            "kind": draws.choice("abc"),
            "text": draws.choice(["Go.", "Think."]),
        }
        cases = {f"val/{draws.randrange(30)}": high if draws.random() < chance(changes) else low for _ in range(probes)}
        found.append(made(space, number, changes, cases))
    return found


def request(tried, number=7):
    best = max(tried, key=lambda one: one.mean).candidate
    return Propose("response", (best,), (), (), tuple(tried), number, 1, 0.5, best)


def peaked(changes):
    return 0.9 if abs(changes["warmth"] - 0.4) < 0.3 and changes["kind"] == "b" else 0.1


def share(space, proposer, tried, name, wanted, count=20):
    proposals = [proposer.propose(request(tried, number))[0] for number in range(count)]
    return sum(wanted(one.values[space.leaf(f"*:{name}").path]) for one in proposals) / count


def test_it_proposes_where_rollouts_of_many_candidates_speak_for(space):
    tried = drawn(space, peaked)
    assert share(space, ResponseProposer(space), tried, "kind", lambda kind: kind == "b") > 0.6
    assert share(space, ResponseProposer(space), tried, "warmth", lambda warmth: warmth < 1.0) > 0.6


@pytest.mark.parametrize("scores", [(-30.0, -5.0), (0.0, 100.0), (0.4, 0.6)])
def test_scores_may_have_any_range(space, scores):
    tried = drawn(space, peaked, scores=scores)
    proposer = ResponseProposer(space)
    assert share(space, proposer, tried, "kind", lambda kind: kind == "b") > 0.6
    assert all(min(0, scores[0]) <= one <= max(1, scores[1]) for one in proposer.expected(tried))


def test_a_run_that_is_begun_again_is_proposed_and_told_the_same(space):
    tried = drawn(space, peaked)
    first, again = ResponseProposer(space), ResponseProposer(space)
    first.expected(tried[:9])
    assert first.propose(request(tried)) == again.propose(request(tried))
    assert first.expected(tried) == again.expected(tried)
    assert len({str(first.propose(request(tried, number))) for number in range(6)}) > 1


def test_what_is_proposed_fits_and_its_texts_were_tried(space):
    tried = drawn(space, peaked)
    for number in range(10):
        (proposal,) = ResponseProposer(space).propose(request(tried, number))
        assert space.checked(proposal.values) == proposal.values
        assert proposal.values[space.leaf("*:text").path] in {"Go.", "Think."}


def test_a_lucky_candidate_is_not_thought_as_good_as_it_seems(space):
    tried = [
        *drawn(space, lambda _changes: 0.3),
        made(space, 40, {"warmth": 0.9}, {f"val/{n}": 1.0 for n in (1, 2, 3)}),
    ]
    assert ResponseProposer(space).expected(tried)[-1] < 0.75


def test_a_candidate_that_was_tried_often_is_thought_as_good_as_it_is(space):
    tried = [*drawn(space, lambda _changes: 0.3), made(space, 40, {}, {f"val/{n}": 1.0 for n in range(100)})]
    assert ResponseProposer(space).expected(tried)[-1] > 0.8


def test_luck_with_easy_cases_is_not_taken_for_a_better_candidate(space):
    easy = {f"val/{n}": 1.0 for n in range(6)}
    hard = {f"val/{n}": 0.0 for n in range(6, 12)}
    tried = [made(space, n, {"warmth": n / 10}, {**easy, **hard}) for n in range(6)]
    tried += [made(space, 6, {"fast": True, "kind": "b"}, easy), made(space, 7, {"fast": True, "kind": "c"}, hard)]
    told = ResponseProposer(space).expected(tried)
    assert abs(told[6] - told[7]) < 0.5


def test_of_a_new_text_is_expected_what_is_known_of_the_one_that_it_was_made_from(space):
    tried = [made(space, 0, {}, {f"val/{n}": 0.0 for n in range(9)})]
    tried.append(made(space, 1, {"text": "Think."}, {f"val/{n}": 1.0 for n in range(9)}))
    tried.append(made(space, 2, {"text": "Think hard."}, {}, parent=1))
    tried.append(made(space, 3, {"text": "Go on."}, {}, parent=0))
    told = ResponseProposer(space).expected(tried)
    assert told[2] > told[3] + 0.2


def test_before_anything_was_tried_all_is_expected_to_be_alike(space):
    tried = [made(space, 0, {}, {}), made(space, 1, {"warmth": 0.1}, {})]
    assert ResponseProposer(space).expected(tried) == (0.5, 0.5)


def test_many_leaves_have_no_columns_of_pairs():
    leaves = [Leaf(f"f:n{at}", "number", 0.5, low=0.0, high=1.0) for at in range(30)]
    words = [Leaf(f"f:w{at}", "choice", "a", choices=tuple("abcdefgh")) for at in range(5)]
    text = Leaf("f:text", "text", "0")
    space = Plain(*leaves, *words, text)
    tried = [Scored(Candidate(n, {**space.seed, "f:text": str(n)}), 0.5, 60 - n, {"val/0": n % 2}) for n in range(60)]
    surface = ResponseProposer(space)._surface(tried)
    assert len(surface.columns.row(space.seed)) == 1 + 2 * 30 + 8 * 5 + 40


def test_a_number_that_is_not_set_has_no_place():
    leaf = Leaf("f:room", "integer", None, low=1, high=9)
    space = Plain(leaf, Leaf("f:fast", "boolean", default=False))
    tried = [Scored(Candidate(0, space.seed), 1.0, 2, {"val/0": 1.0, "val/1": 1.0})]
    assert ResponseProposer(space)._surface(tried).columns.row(space.seed)[:5] == [1.0, 1.0, 0.0, 0.0, 0.0]


def test_where_all_is_text_nothing_is_proposed():
    space = Plain(Leaf("f:text", "text", "Go."))
    (proposal,) = ResponseProposer(space).propose(request([Scored(Candidate(0, space.seed), 0.0, 0)]))
    assert "no numbers" in proposal.problem


def test_values_that_the_function_refuses_are_not_proposed(space):
    class Refusing:
        leaves, seed, leaf = space.leaves, space.seed, space.leaf

        def checked(self, values):
            from llm_strategy.errors import HyperparameterError

            raise HyperparameterError("too warm")

    (proposal,) = ResponseProposer(Refusing()).propose(request(drawn(space, peaked)))
    assert (proposal.values, proposal.problem) == (None, "too warm")


@pytest.mark.parametrize(("tuned", "written", "mostly"), [(1, 0, False), (2, 2, True), (2, 3, False), (0, 2, False)])
def test_a_space_is_mostly_tuned_where_at_least_two_leaves_and_half_of_them_are(tuned, written, mostly):
    leaves = [Leaf(f"f:a{at}", "boolean", default=False) for at in range(tuned)]
    leaves += [Leaf(f"f:t{at}", "text", "") for at in range(written)]
    assert is_tuned(leaves) is mostly
    assert len(tunable(leaves)) == tuned


def test_the_surrogate_of_a_portfolio_is_its_response_surface(space):
    proposer = ResponseProposer(space)
    assert surrogate_in({"llm": object(), "response": proposer}) is proposer
    assert surrogate_in({"response": object()}) is None


def test_without_numpy_the_extra_is_named(space, monkeypatch):
    monkeypatch.setattr(response_room, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[optimize\]"):
        ResponseProposer(space)


def test_numpy_is_imported_when_it_is_needed():
    import subprocess

    program = "import sys, llm_strategy.optimize.proposers.response; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_more_rollouts_of_the_same_kind_make_it_surer(space):
    far = [
        share(space, ResponseProposer(space), drawn(space, peaked, count=count), "kind", lambda kind: kind == "b")
        for count in (4, 80)
    ]
    assert all(few < many for few, many in pairwise(far))
