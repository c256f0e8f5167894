"""The state of a run of the planner, kept in its workspace."""

from llm_strategy.planner.state.program_file import save_program as save_program
from llm_strategy.planner.state.record import RunRecord as RunRecord
from llm_strategy.planner.state.records import ProgramVersion as ProgramVersion
from llm_strategy.planner.state.records import Spent as Spent
from llm_strategy.planner.state.records import StepRecord as StepRecord
from llm_strategy.planner.state.run_state import RunState as RunState
