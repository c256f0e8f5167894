from llm_strategy.errors import ReplyError
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.requests import Scored
from llm_strategy.testing import ScriptedModel


def test_hypotheses_are_listed_with_what_came_of_them(lab):
    worse = Scored(Candidate(1, {**lab.space.seed, lab.instruction: "A"}, (0,), "llm", "too dull"), 0.2, 5)
    better = Scored(Candidate(2, {**lab.space.seed, lab.instruction: "B"}, (0,), "llm", "too long"), 0.7, 5)
    gone = Scored(Candidate(3, {**lab.space.seed, lab.instruction: "C"}, (0,), "llm", "too odd"), 0.0, 0)
    alone = Scored(Candidate(4, {**lab.space.seed, lab.instruction: "D"}, (9,), "llm", "too cold"), 0.3, 5)
    tried = (Scored(lab.seed, 0.4, 5), worse, better, gone, alone)
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    proposer = LLMProposer(lab.space, ScriptedModel(model), lab.Book(lab.record("a", 0.0)))
    proposer.propose(lab.request(lab.rollout("a", 0.0), tried=tried, pool=tried[:3]))
    (prompt,) = model.of("suggest_next_optimization_step")
    assert "not better: a score of 0.200, and 0.400 before" in prompt
    assert '"outcome": "better: a score of 0.700, and 0.400 before"' in prompt
    assert '"hypothesis": "too odd", "outcome": "it did not get past its first cases"' in prompt
    assert '"hypothesis": "too cold", "outcome": "a score of 0.300"' in prompt
    assert '"score": 0.7' in prompt.split("\nfront:")[1]
    assert "best_score: 0.4" in prompt


def test_many_hypotheses_are_summed_up_every_so_often(lab):
    def tried(count):
        return [Scored(Candidate(n, lab.space.seed, (0,), "llm", f"label {n}."), 0.1, 3) for n in range(1, count + 1)]

    model = lab.Model(
        suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}), summarize_optimization_info="In vain."
    )
    settings = LLMProposerSettings(kept_hypotheses=2, summarized_hypotheses=5)
    proposer = LLMProposer(lab.space, ScriptedModel(model), lab.Book(lab.record("a", 0.0)), settings)
    for count in (4, 5, 6, 7, 8):
        proposer.propose(lab.request(lab.rollout("a", 0.0), tried=tried(count)))
    prompts = model.of("suggest_next_optimization_step")
    assert ["In vain." in one for one in prompts] == [False, True, True, True, True]
    assert [one.count('"hypothesis": "label') for one in prompts] == [4, 2, 3, 4, 2]
    assert len(model.of("summarize_optimization_info")) == 2
    assert "label 6." in model.of("summarize_optimization_info")[1]


def test_a_summary_that_does_not_come_is_gone_without(lab):
    tried = [Scored(Candidate(n, lab.space.seed, (0,), "llm", f"label {n}"), 0.1, 3) for n in range(1, 6)]
    model = lab.Model(
        suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}),
        summarize_optimization_info=ReplyError("nothing"),
    )
    settings = LLMProposerSettings(kept_hypotheses=2, summarized_hypotheses=5)
    proposer = LLMProposer(lab.space, ScriptedModel(model), lab.Book(lab.record("a", 0.0)), settings)
    (made,) = proposer.propose(lab.request(lab.rollout("a", 0.0), tried=tried))
    assert made.values[lab.instruction] == "E"
