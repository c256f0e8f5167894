"""What a search may spend, and the books of what it has spent: never more, with any number of workers."""

from llm_strategy.optimize.budget.budget import Budget as Budget
from llm_strategy.optimize.budget.ledger import OptimizationLedger as OptimizationLedger
from llm_strategy.optimize.budget.view import LedgerView as LedgerView
from llm_strategy.optimize.budget.view import LineView as LineView
