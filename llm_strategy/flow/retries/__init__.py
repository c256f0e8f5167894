"""Sending a request again where the network, the server or the provider failed: when, how often, and when not."""

from llm_strategy.flow.retries.backoff import Backoff as Backoff
from llm_strategy.flow.retries.breaker import CircuitBreaker as CircuitBreaker
from llm_strategy.flow.retries.layer import Retries as Retries
from llm_strategy.flow.retries.policy import RetryPolicy as RetryPolicy
from llm_strategy.flow.retries.scope import retrying as retrying
