"""The stored-program computer: from one sentence to a folder of files that were judged after every change."""

from llm_strategy.planner.budget import PlannerBudget as PlannerBudget
from llm_strategy.planner.codebase import Codebase as Codebase
from llm_strategy.planner.codebase import PlannerReport as PlannerReport
from llm_strategy.planner.domains import Domain as Domain
from llm_strategy.planner.domains import domain_named as domain_named
from llm_strategy.planner.generate import agenerate_book as agenerate_book
from llm_strategy.planner.generate import agenerate_codebase as agenerate_codebase
from llm_strategy.planner.generate import agenerate_custom as agenerate_custom
from llm_strategy.planner.generate import generate_book as generate_book
from llm_strategy.planner.generate import generate_codebase as generate_codebase
from llm_strategy.planner.generate import generate_custom as generate_custom
from llm_strategy.planner.parts import Parts as Parts
from llm_strategy.planner.program import Instruction as Instruction
from llm_strategy.planner.program import Program as Program
from llm_strategy.planner.program import Requirement as Requirement
from llm_strategy.planner.program import read_program as read_program
from llm_strategy.planner.program import written_program as written_program
from llm_strategy.planner.settings import PlannerSettings as PlannerSettings
from llm_strategy.planner.settings import planner_settings as planner_settings
