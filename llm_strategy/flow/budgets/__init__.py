"""Hard budgets: what a request may cost is reserved before it is sent."""

from llm_strategy.flow.budgets.amounts import Amount as Amount
from llm_strategy.flow.budgets.amounts import Limits as Limits
from llm_strategy.flow.budgets.layer import BudgetLayer as BudgetLayer
from llm_strategy.flow.budgets.ledger import Grant as Grant
from llm_strategy.flow.budgets.ledger import Ledger as Ledger
from llm_strategy.flow.budgets.ledger import State as State
from llm_strategy.flow.budgets.ledger import Wanted as Wanted
from llm_strategy.flow.budgets.local_ledger import LocalLedger as LocalLedger
from llm_strategy.flow.budgets.scope import budget as budget
from llm_strategy.flow.budgets.spent import Left as Left
from llm_strategy.flow.budgets.spent import Spent as Spent
