"""Metrics and judges: how good a run of the task was."""

from llm_strategy.optimize.metric.facts import MetricFacts as MetricFacts
from llm_strategy.optimize.metric.facts import facts_of as facts_of
from llm_strategy.optimize.metric.facts import metric as metric
from llm_strategy.optimize.metric.judge import Judge as Judge
from llm_strategy.optimize.metric.noise import Noise as Noise
from llm_strategy.optimize.metric.noise import noise_of as noise_of
from llm_strategy.optimize.metric.noise import noise_of_rollouts as noise_of_rollouts
from llm_strategy.optimize.metric.questions import JudgeQuestions as JudgeQuestions
from llm_strategy.optimize.metric.score import Metric as Metric
from llm_strategy.optimize.metric.score import Score as Score
from llm_strategy.optimize.metric.scorer import Reference as Reference
from llm_strategy.optimize.metric.scorer import Scored as Scored
from llm_strategy.optimize.metric.scorer import Scorer as Scorer
from llm_strategy.optimize.metric.scorer import Subject as Subject
from llm_strategy.optimize.metric.scorer import scorer_of as scorer_of
from llm_strategy.optimize.metric.self_evaluation import SelfEvaluation as SelfEvaluation
