"""Spaces: everything that shapes calls, typed and bounded, as what a search may change."""

from llm_strategy.optimize.space.leaf import Kind as Kind
from llm_strategy.optimize.space.leaf import Leaf as Leaf
from llm_strategy.optimize.space.leaf import Log as Log
from llm_strategy.optimize.space.search_space import search_space as search_space
from llm_strategy.optimize.space.space import Space as Space
