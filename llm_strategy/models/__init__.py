"""Models to hand in: the embedded one, hosted ones by name, and tapes of recorded replies.

The embedded model lives in `llm_strategy.models.local`, which is loaded when it is named.
"""

from llm_strategy.chat.resolve import resolve as resolve
from llm_strategy.models.record import record as record
from llm_strategy.models.replay import replay as replay
