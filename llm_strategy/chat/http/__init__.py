"""What stands between a model's HTTP client and the network: limits of time and size, and an end when told to end.

Everything acts on a context variable: calls of the same client by the user's own code are not touched.
"""

from llm_strategy.chat.http.guard import Guard as Guard
from llm_strategy.chat.http.guard import guarding as guarding
from llm_strategy.chat.http.transport import watch as watch
