"""The stored program: typed instructions that can be read, edited, compared and planned anew while they run."""

from llm_strategy.planner.program.differences import differences as differences
from llm_strategy.planner.program.differences import edited_steps as edited_steps
from llm_strategy.planner.program.nodes import For as For
from llm_strategy.planner.program.nodes import If as If
from llm_strategy.planner.program.nodes import Instruction as Instruction
from llm_strategy.planner.program.nodes import Node as Node
from llm_strategy.planner.program.nodes import Program as Program
from llm_strategy.planner.program.nodes import Requirement as Requirement
from llm_strategy.planner.program.nodes import While as While
from llm_strategy.planner.program.position import Decision as Decision
from llm_strategy.planner.program.position import Done as Done
from llm_strategy.planner.program.position import Position as Position
from llm_strategy.planner.program.position import next_of as next_of
from llm_strategy.planner.program.yaml_form import read_program as read_program
from llm_strategy.planner.program.yaml_form import written_program as written_program
