"""Data sets and splits: what a task is tried on."""

from llm_strategy.optimize.data.dataset import Dataset as Dataset
from llm_strategy.optimize.data.dataset import dataset as dataset
from llm_strategy.optimize.data.items import Item as Item
from llm_strategy.optimize.data.splits import check_apart as check_apart
from llm_strategy.optimize.data.splits import split as split
