import pytest

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.proposers.llm_pool import PoolProposer
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Scored


def test_a_pool_is_gone_through_in_a_drawn_order_until_all_was_tried(lab):
    pool = [{"write:instruction": f"Text {n}"} for n in range(4)]
    proposer = PoolProposer(lab.space, pool, name="pool")
    assert proposer.name == "pool"
    tried, found = [], []
    for number in range(4):
        (made,) = proposer.propose(lab.request(tried=tried, stream=number))
        found.append(made.values[lab.instruction])
        tried.append(Scored(Candidate(number + 1, made.values), 0.5, 1))
    assert sorted(found) == [f"Text {n}" for n in range(4)]
    (made,) = proposer.propose(lab.request(tried=tried))
    assert made.values is None
    other = Candidate(9, {**lab.space.seed, lab.temperature: 0.5})
    (made,) = proposer.propose(lab.request(tried=tried, parent=other))
    assert made.values[lab.temperature] == 0.5  # on top of this parent it is something new
    assert proposer.propose(lab.request(stream=3)) == proposer.propose(lab.request(stream=3))


def test_a_pool_is_checked_when_it_is_given(lab):
    with pytest.raises(HyperparameterError, match="empty"):
        PoolProposer(lab.space, [])
    with pytest.raises(HyperparameterError, match=r"pool\[0\]: .*7\.0"):
        PoolProposer(lab.space, [{"write:temperature": 7.0}])
    with pytest.raises(HyperparameterError, match=r"pool\[1\]='write:colour' means nothing"):
        PoolProposer(lab.space, [{"write:temperature": 0.5}, {"write:colour": "red"}])
