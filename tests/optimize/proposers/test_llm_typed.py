from llm_strategy.errors import ReplyError
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.space import search_space
from llm_strategy.optimize.synthetic import SyntheticCases
from llm_strategy.testing import ScriptedModel


def test_a_value_out_of_bounds_is_told_back_and_asked_for_again(lab):
    bad, well = lab.step({"write": {"temperature": 7}}), lab.step({"write": {"temperature": 0.5}})
    model = lab.Model(suggest_next_optimization_step=[bad, well])
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values[lab.temperature] == 0.5
    assert "temperature" in model.of("suggest_next_optimization_step")[1]
    model = lab.Model(suggest_next_optimization_step=[bad, bad, well])
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values is None
    assert made.problem.startswith("AttemptsExhaustedError")
    assert len(model.of("suggest_next_optimization_step")) == 2


def test_a_value_that_only_the_space_refuses_is_told_back_too(lab):
    space = search_space(lab.write, include=["write:templates.task"])
    (path,) = space.seed
    bad, well = (lab.step({"write": {"templates": {"task": text}}}) for text in ("{nonsense}", "{instruction} Now."))
    model = lab.Model(suggest_next_optimization_step=[bad, well])
    parent = Candidate(0, space.seed)
    proposer = LLMProposer(space, ScriptedModel(model), lab.Book(lab.record("a", 0.0)))
    (made,) = proposer.propose(lab.request(lab.rollout("a", 0.0), parent=parent))
    assert made.values == {path: "{instruction} Now."}
    assert "unknown slot 'nonsense'" in model.of("suggest_next_optimization_step")[1]
    model = lab.Model(suggest_next_optimization_step=[bad, bad])
    proposer = LLMProposer(space, ScriptedModel(model), lab.Book(lab.record("a", 0.0)))
    (made,) = proposer.propose(lab.request(lab.rollout("a", 0.0), parent=parent))
    assert made.values is None
    assert "unknown slot 'nonsense'" in made.problem


def test_parameters_that_do_not_fit_their_type_any_more_are_shown_as_data(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    book = lab.Book(lab.record("a", 0.0, parameters="Top... (shortened)", shortened=True))
    lab.proposed(model, lab.rollout("a", 0.0), book=book, parameters_type=lab.Topic)
    assert "Top... (shortened)" in model.of("reflect_on_task_run")[0]


def test_several_mutations_differ_by_their_hypotheses(lab):
    points = [{"write": {"instruction": text}} for text in ("One.", "Two.", "Three.")]
    model = lab.Model(suggest_next_optimization_step=lab.step(*points, hypotheses=["too long", "too dull"]))
    _, made = lab.proposed(model, lab.rollout("a", 0.0), mutations=2)
    assert [(one.values[lab.instruction], one.hypothesis) for one in made] == [
        ("One.", "too long"),
        ("Two.", "too dull"),
    ]


def test_inputs_that_the_model_makes_up_become_synthetic_cases(lab):
    cases = SyntheticCases(lab.Topic, known=[lab.Topic(name="a")], limit=2)
    made_up = [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]
    model = lab.Model(
        suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}, task_parameters_suggestions=made_up)
    )
    proposer, _ = lab.proposed(model, lab.rollout("a", 0.0), synthetic=cases)
    assert "task_parameters_suggestions?: [Topic]" in model.of("suggest_next_optimization_step")[0]
    assert [one.parameters for one in cases.data.items] == [lab.Topic(name="b"), lab.Topic(name="c")]
    assert proposer.synthetic is cases


def test_runs_without_a_record_are_told_by_their_score_and_feedback(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    bad = lab.rollout("a", 0.0, feedback="too dull", error="ValueError: x")
    lab.proposed(model, bad, book=lab.Book())
    (prompt,) = model.of("reflect_on_task_run")
    assert "\ntoo dull\n</data-" in prompt  # it is shown as data
    assert "ValueError: x" in prompt


def test_without_reflections_the_feedback_is_shown_alone(lab):
    model = lab.Model(suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}))
    proposer, _ = lab.proposed(model, lab.rollout("a", 0.0), reflections=0)
    assert [name for name, _ in model.asked] == ["suggest_next_optimization_step"]
    assert not proposer.missing
    model = lab.Model(
        suggest_next_optimization_step=lab.step({"write": {"instruction": "E"}}), reflect_on_task_run=ReplyError("no")
    )
    _, (made,) = lab.proposed(model, lab.rollout("a", 0.0))
    assert made.values[lab.instruction] == "E"
