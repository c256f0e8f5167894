"""Judges of what was written: each looks at the files, and says what is wrong with them."""

from llm_strategy.planner.evaluators.all import EVALUATORS as EVALUATORS
from llm_strategy.planner.evaluators.all import Evaluators as Evaluators
from llm_strategy.planner.evaluators.findings import Problem as Problem
from llm_strategy.planner.evaluators.findings import told as told
from llm_strategy.planner.evaluators.links import link_problems as link_problems
from llm_strategy.planner.evaluators.lint import fatal_problems as fatal_problems
from llm_strategy.planner.evaluators.request import Evaluate as Evaluate
from llm_strategy.planner.evaluators.syntax import syntax_problems as syntax_problems
from llm_strategy.planner.evaluators.tests import TESTS_LIMITS as TESTS_LIMITS
from llm_strategy.planner.evaluators.types import type_problems as type_problems
from llm_strategy.planner.evaluators.verdict import TestOutcome as TestOutcome
from llm_strategy.planner.evaluators.verdict import Verdict as Verdict
