"""The layers that stand between every request and its model, where no scope says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.flow.cache.standing import CacheOfEnvironment
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.retries.layer import Retries
from llm_strategy.flow.retries.policy import RetryPolicy

if TYPE_CHECKING:
    from llm_strategy.flow.layers import Layer

__all__ = ["STANDING"]

STANDING: tuple[Layer, ...] = (
    CacheOfEnvironment(),
    Retries(RetryPolicy()),
    LimitsLayer(standing=True),
)
