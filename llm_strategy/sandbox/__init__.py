"""Running code that a model wrote: sessions with names that stay, behind walls that are tried before use."""

from llm_strategy.sandbox.history import Action as Action
from llm_strategy.sandbox.history import Answered as Answered
from llm_strategy.sandbox.limits import Limits as Limits
from llm_strategy.sandbox.protocol import Finding as Finding
from llm_strategy.sandbox.protocol import GuestFunction as GuestFunction
from llm_strategy.sandbox.protocol import Sandbox as Sandbox
from llm_strategy.sandbox.protocol import Setup as Setup
from llm_strategy.sandbox.protocol import Worker as Worker
from llm_strategy.sandbox.results import CodeError as CodeError
from llm_strategy.sandbox.results import CodeResult as CodeResult
from llm_strategy.sandbox.results import FileChange as FileChange
from llm_strategy.sandbox.results import Usage as Usage
from llm_strategy.sandbox.session import Session as Session
from llm_strategy.sandbox.steps import Ended as Ended
from llm_strategy.sandbox.steps import HostCall as HostCall
from llm_strategy.sandbox.steps import Outcome as Outcome
from llm_strategy.sandbox.steps import Raised as Raised
from llm_strategy.sandbox.steps import Returned as Returned
from llm_strategy.sandbox.steps import Step as Step
