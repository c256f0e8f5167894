"""An optimization that is described by a file: what is optimized, on which data, by which measure, at what cost."""

from llm_strategy.optimize.config.keys import OptimizeConfig as OptimizeConfig
from llm_strategy.optimize.config.loading import Plan as Plan
from llm_strategy.optimize.config.loading import plan_of as plan_of
from llm_strategy.optimize.config.reading import read_config as read_config
