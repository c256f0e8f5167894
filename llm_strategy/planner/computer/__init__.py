"""The control unit of the planner: one instruction at a time, in a context that does not grow."""

from llm_strategy.planner.computer.computing import computing as computing
from llm_strategy.planner.computer.job import Job as Job
