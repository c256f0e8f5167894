"""Hyperparameters: typed values that shape a call, changed in a scope and not in the code."""

from llm_strategy.hyperparameters.config_model import ConfigModel as ConfigModel
from llm_strategy.hyperparameters.config_model import config_model as config_model
from llm_strategy.hyperparameters.decorator import track_hyperparameters as track_hyperparameters
from llm_strategy.hyperparameters.difference import Change as Change
from llm_strategy.hyperparameters.difference import Difference as Difference
from llm_strategy.hyperparameters.difference import diff as diff
from llm_strategy.hyperparameters.registry import Tracked as Tracked
from llm_strategy.hyperparameters.registry import register as register
from llm_strategy.hyperparameters.resolution import values_in_force as values_in_force
from llm_strategy.hyperparameters.scope import Hyperparameters as Hyperparameters
from llm_strategy.hyperparameters.search_space import SearchSpace as SearchSpace
from llm_strategy.hyperparameters.stack import add_base_scope as add_base_scope
from llm_strategy.hyperparameters.stack import in_scope as in_scope
from llm_strategy.hyperparameters.stack import remove_base_scope as remove_base_scope
from llm_strategy.hyperparameters.stamps import set_values as set_values
from llm_strategy.hyperparameters.stamps import stamp as stamp
from llm_strategy.hyperparameters.tracked import TrackedFunction as TrackedFunction
from llm_strategy.hyperparameters.tracked import TrackedMethod as TrackedMethod
