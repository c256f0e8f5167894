"""What models do in the planner, each part a class that `llm_strategy` implements, and that may be exchanged."""

from llm_strategy.planner.parts.analyst import Analyst as Analyst
from llm_strategy.planner.parts.analyst import OpenQuestion as OpenQuestion
from llm_strategy.planner.parts.architect import Architect as Architect
from llm_strategy.planner.parts.architect import PlannedStep as PlannedStep
from llm_strategy.planner.parts.asked import asked as asked
from llm_strategy.planner.parts.judge import Judge as Judge
from llm_strategy.planner.parts.parts import Parts as Parts
from llm_strategy.planner.parts.writer import WorkData as WorkData
from llm_strategy.planner.parts.writer import Writer as Writer
