"""Judges of what was written: each looks at the files, and says what is wrong with them."""

from llm_strategy.planner.evaluators.findings import Problem as Problem
from llm_strategy.planner.evaluators.findings import told as told
from llm_strategy.planner.evaluators.lint import fatal_problems as fatal_problems
from llm_strategy.planner.evaluators.syntax import syntax_problems as syntax_problems
