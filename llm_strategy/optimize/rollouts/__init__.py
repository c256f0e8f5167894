"""Rollouts: calls of the user's task with the values of a candidate."""

from llm_strategy.optimize.rollouts.books import Books as Books
from llm_strategy.optimize.rollouts.current import CurrentRollout as CurrentRollout
from llm_strategy.optimize.rollouts.current import current_rollout as current_rollout
from llm_strategy.optimize.rollouts.record import TaskRunRecord as TaskRunRecord
from llm_strategy.optimize.rollouts.rollouts import Rollouts as Rollouts
from llm_strategy.optimize.rollouts.run_book import RunBook as RunBook
from llm_strategy.optimize.rollouts.runner import Runner as Runner
