"""Where a search is written down: one SQLite file, out of which it goes on."""

from llm_strategy.optimize.store.code import code_digest as code_digest
from llm_strategy.optimize.store.code import search_digest as search_digest
from llm_strategy.optimize.store.identity import Identity as Identity
from llm_strategy.optimize.store.record import OptimizationRecord as OptimizationRecord
from llm_strategy.optimize.store.store import OptimizationStore as OptimizationStore
