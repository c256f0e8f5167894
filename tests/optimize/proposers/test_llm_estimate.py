from llm_strategy.errors import ReplyError
from llm_strategy.optimize.proposers.llm_estimate import LLMEstimate
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Estimate, Scored
from llm_strategy.testing import ScriptedModel


def test_the_probability_of_improvement_is_asked_for(lab):
    model = lab.Model(probability_for_improvement={"considerations": [], "probability": 0.3})
    one = Scored(Candidate(1, {**lab.space.seed, lab.instruction: "A"}, (0,), "llm", "too dull"), 0.2, 5)
    asked = Estimate((Scored(lab.seed, 0.4, 5), one), lab.seed, step=3, stream=1)
    assert LLMEstimate(lab.space, ScriptedModel(model))(asked) == 0.3
    assert "too dull" in model.asked[0][1]
    assert "best_score: 0.4" in model.asked[0][1]
    model = lab.Model(probability_for_improvement=ReplyError("no"))
    assert LLMEstimate(lab.space, ScriptedModel(model))(asked) is None
