"""Limits of rates and of requests at once, and the pauses that providers ask for."""

from llm_strategy.flow.limits.adaptive import Adaptive as Adaptive
from llm_strategy.flow.limits.gate import Gate as Gate
from llm_strategy.flow.limits.layer import LimitsLayer as LimitsLayer
from llm_strategy.flow.limits.pauses import forget_pauses as forget_pauses
from llm_strategy.flow.limits.rates import Rates as Rates
from llm_strategy.flow.limits.scope import limited as limited
