"""How runs of the planner are set up outside of code: a file of the user's, another one, the environment, a command."""

from llm_strategy.planner.config.keys import KEYS as KEYS
from llm_strategy.planner.config.keys import ConfigKey as ConfigKey
from llm_strategy.planner.config.reading import PlannerConfig as PlannerConfig
from llm_strategy.planner.config.reading import config_path as config_path
from llm_strategy.planner.config.reading import limits_of as limits_of
from llm_strategy.planner.config.reading import read_config as read_config
from llm_strategy.planner.config.writing import config_text as config_text
from llm_strategy.planner.config.writing import write_config as write_config
