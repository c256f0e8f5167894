"""Metrics and judges: how good a run of the task was."""

from llm_strategy.optimize.metric.score import Metric as Metric
from llm_strategy.optimize.metric.score import Score as Score
