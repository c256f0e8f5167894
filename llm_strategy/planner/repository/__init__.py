"""What is in a workspace, told in as many words as there is room for."""

from llm_strategy.planner.repository.map import ranked_files as ranked_files
from llm_strategy.planner.repository.map import repository_map as repository_map
from llm_strategy.planner.repository.symbols import Symbol as Symbol
from llm_strategy.planner.repository.symbols import symbols_of as symbols_of
