"""Merges, new starts and few-shot examples."""

import pytest
from pydantic import BaseModel

from llm_strategy import Example, llm_function
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.proposers import ExamplesProposer, MergeProposer, RestartProposer
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Propose, Scored
from llm_strategy.optimize.space import search_space
from llm_strategy.schema import distrust


@pytest.fixture
def space():
    @track_hyperparameters
    def task(*, _first: str = "a", _second: str = "b", _order: bool = False, _count: int = 3) -> None: ...

    return search_space(task, bounds={"*:count": (0, 9)})


def candidate(space, number, parents=(), **changes):
    return Candidate(
        number, {**space.seed, **{space.leaf(f"*:{name}").path: one for name, one in changes.items()}}, parents
    )


def asked(parents, tried, number=1, means=None):
    scored = tuple(Scored(one, (means or {}).get(one.number, 0.5), 9) for one in tried)
    return Propose("x", tuple(parents), (), scored, scored, number, 1, 0.5, parents[0])


def values(space, proposal):
    return {path.partition(":")[2]: value for path, value in proposal.values.items()}


def test_a_merge_takes_each_leaf_from_the_one_that_has_changed_it(space):
    seed = candidate(space, 0)
    one, other = candidate(space, 1, (0,), first="A"), candidate(space, 2, (0,), second="B", count=5)
    (proposal,) = MergeProposer(space).propose(asked([one, other], [seed, one, other]))
    assert values(space, proposal) == {"first": "A", "second": "B", "order": False, "count": 5}
    assert "candidate 2 has found" in proposal.hypothesis


def test_what_both_have_changed_is_drawn_the_better_one_more_often(space):
    seed = candidate(space, 0)
    one, other = candidate(space, 1, (0,), first="A", count=1), candidate(space, 2, (0,), first="Z", second="B")
    found = [
        values(space, MergeProposer(space).propose(asked([one, other], [seed, one, other], number, {1: 0.9}))[0])[
            "first"
        ]
        for number in range(40)
    ]
    assert found.count("A") > found.count("Z") > 0


def test_a_merge_goes_back_to_the_youngest_that_both_come_from(space):
    seed, middle = candidate(space, 0), candidate(space, 1, (0,), first="A", second="M")
    one = candidate(space, 2, (1,), first="A", second="b")  # took the change of the middle one back
    other = candidate(space, 3, (1,), first="A", second="M", count=7)
    (proposal,) = MergeProposer(space).propose(asked([one, other], [seed, middle, one, other]))
    assert values(space, proposal) == {"first": "A", "second": "b", "order": False, "count": 7}


@pytest.mark.parametrize("kind", ["alone", "strangers", "line"])
def test_where_nothing_can_be_merged_it_is_said(space, kind):
    seed, one = candidate(space, 0), candidate(space, 1, (0,), first="A")
    parents, tried, said = {
        "alone": ([one], [seed, one], "needs two candidates"),
        "strangers": ([one, candidate(space, 2, (), first="C")], [one], "nothing in common"),
        "line": ([one, seed], [seed, one], "nothing to add"),
    }[kind]
    (proposal,) = MergeProposer(space).propose(asked(parents, tried))
    assert proposal.values is None
    assert said in proposal.problem


def test_a_merge_that_does_not_fit_together_is_no_candidate():
    class Bounds(BaseModel):
        low: int = 0
        high: int = 5

        def model_post_init(self, context):
            if self.low >= self.high:
                raise ValueError("low is above high")

    @track_hyperparameters
    def task(*, _bounds: Bounds = Bounds()) -> None: ...  # noqa: B008 (it is copied)

    space = search_space(task)
    seed = candidate(space, 0)
    one, other = candidate(space, 1, (0,), **{"bounds.low": 4}), candidate(space, 2, (0,), **{"bounds.high": 2})
    (proposal,) = MergeProposer(space).propose(asked([one, other], [seed, one, other]))
    assert proposal.values is None
    assert "low is above high" in proposal.problem


def test_a_new_start_has_another_structure_and_the_texts_of_the_seed(space):
    seed, best = candidate(space, 0), candidate(space, 1, (0,), first="A", count=8)
    (proposal,) = RestartProposer(space).propose(asked([best], [seed, best]))
    assert values(space, proposal) == {"first": "a", "second": "b", "order": True, "count": 3}
    assert proposal.hypothesis.startswith("the structure is wrong: ")


def test_where_there_are_no_choices_numbers_are_drawn_away_from_what_was_tried():
    @track_hyperparameters
    def task(*, _text: str = "a", _count: int = 0) -> None: ...

    space = search_space(task, bounds={"*:count": (0, 100)})
    tried = [candidate(space, at, (0,), count=at) for at in range(20)]
    found = [RestartProposer(space).propose(asked([tried[0]], tried, number))[0] for number in range(5)]
    assert all(values(space, one)["count"] > 50 for one in found)


def test_a_new_start_is_the_same_for_the_same_stream_and_needs_something_to_draw(space):
    seed = candidate(space, 0)
    one, again = (RestartProposer(space).propose(asked([seed], [seed], 5)) for _ in range(2))
    assert one == again
    texts = search_space(*space.functions, include=["*:first", "*:second"])
    (nothing,) = RestartProposer(texts).propose(asked([Candidate(0, texts.seed)], []))
    assert "only texts" in nothing.problem
    order = search_space(*space.functions, include=["*:order"])
    both = [Candidate(at, {order.leaves[0].path: bool(at)}) for at in range(2)]
    (tried,) = RestartProposer(order).propose(asked(both, both))
    assert tried.problem == "every structure was tried before"


class Book:
    """Details of runs by their names."""

    def __init__(self, **records):
        self.records = records

    def run(self, order_key):
        return self.records.get(order_key)


def record(result, score, **more):
    return {
        "exception": [],
        "shortened": False,
        "untrusted": False,
        "split": "train",
        "result": result,
        "score": score,
        **more,
    }


@pytest.fixture
def capital():
    @llm_function
    def capital(model, country: str) -> str:
        """The capital of the country."""

    return capital


def shown(space, proposal):
    (path,) = [leaf.path for leaf in space.leaves if leaf.kind == "examples"]
    return [(one["inputs"]["country"], one["value"]) for one in proposal.values[path]]


def test_examples_are_good_runs_at_training_cases(capital):
    space = search_space(capital, examples=4)
    train = dataset([{"country": "France"}, {"country": "Spain"}, "Italy", {"country": "Peru"}, {"country": "Chad"}])
    seed = Candidate(0, space.seed)
    keys = [f"{seed.key}/train/{case}/0" for case in train]
    book = Book(
        **{
            keys[0]: record("Paris", 1.0),
            keys[1]: record("Rome", 0.0),
            keys[2]: record("Rome", 1.0),
            keys[3]: record("Lima", 1.0, untrusted=True),
            keys[4]: record(None, 0.0, exception=["ValueError: no"]),
        }
    )
    proposer = ExamplesProposer(space, book, train)
    made = [proposer.propose(asked([seed], [seed], number))[0] for number in range(12)]
    assert {pair for one in made for pair in shown(space, one)} == {("France", "Paris"), ("Italy", "Rome")}
    assert made == [proposer.propose(asked([seed], [seed], number))[0] for number in range(12)]
    assert {len(shown(space, one)) for one in made} == {1, 2}
    assert "capital does better with" in made[0].hypothesis
    with space.scope(made[0].values):
        assert "France" in str(capital.prompt("Peru")) or "Italy" in str(capital.prompt("Peru"))


def test_what_a_case_expects_is_an_example_and_groups_take_turns(capital):
    space = search_space(capital, examples=2)
    cases = [Case(f"E{at}", f"C{at}", group="often") for at in range(20)] + [Case("R", "S", group="rare")]
    train = dataset([*cases, Case(distrust("X"), "Y"), Case("V", distrust("W")), Case("O", object(), id="o")])
    seed = Candidate(0, space.seed)
    proposer = ExamplesProposer(space, Book(), train)
    made = [shown(space, proposer.propose(asked([seed], [seed], number))[0]) for number in range(30)]
    pairs = [one for one in made if len(one) == 2]
    assert pairs
    assert all(("R", "S") in one for one in pairs)
    assert not {"X", "V", "O"} & {country for one in made for country, _ in one}


def test_where_no_examples_can_be_made_it_is_said(capital):
    seed = Candidate(0, search_space(capital).seed)
    (none,) = ExamplesProposer(search_space(capital), Book(), dataset([1])).propose(asked([seed], [seed]))
    assert none.problem == "the space has no few-shot examples"
    space = search_space(capital, examples=2)
    seed = Candidate(0, space.seed)
    train = dataset([Case({"town": 3}, 4), Case(object(), "x", id="a")])
    (unfit,) = ExamplesProposer(space, Book(), train).propose(asked([seed], [seed]))
    assert "no training case makes an example of" in unfit.problem


def test_examples_that_were_tried_are_not_proposed_again(capital):
    space = search_space(capital, examples=1)
    seed = Candidate(0, space.seed)
    proposer = ExamplesProposer(space, Book(), dataset([Case("France", "Paris")]))
    (first,) = proposer.propose(asked([seed], [seed]))
    (again,) = proposer.propose(asked([seed], [seed, Candidate(1, first.values, (0,))]))
    assert again.problem == "such examples were tried before"


def test_there_are_never_fewer_examples_than_bounds_allow(capital):
    scope = {capital: {"examples": [Example({"country": name}, "?") for name in "AB"]}}
    space = search_space(capital, bounds={"*:examples": (2, 3)}, scope=scope)
    seed = Candidate(0, space.seed)
    train = dataset([Case("France", "Paris"), Case("Spain", "Madrid"), Case("Peru", "Lima"), Case("Chad", "N'Djamena")])
    proposer = ExamplesProposer(space, Book(), train)
    made = [proposer.propose(asked([seed], [seed], number))[0] for number in range(20)]
    assert {len(shown(space, one)) for one in made} == {2, 3}
    (few,) = ExamplesProposer(space, Book(), dataset([Case("France", "Paris")])).propose(asked([seed], [seed]))
    assert few.problem == f"1 training case makes an example of {space.leaves[0].function!r}, and there are to be 2"
