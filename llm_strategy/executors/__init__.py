"""Where many calls are carried out: threads of this process, or the machines of a Ray cluster."""

from llm_strategy.executors.ray_executor import RayExecutor as RayExecutor
from llm_strategy.executors.threads import ThreadExecutor as ThreadExecutor
