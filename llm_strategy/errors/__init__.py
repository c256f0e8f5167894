"""Every error that llm-strategy raises, as one tree.

```
LLMStrategyError
├── DefinitionError (TypeError)            a stub, class or type that cannot be implemented; raised when it is defined
├── ConfigurationError (ValueError)        the call cannot start as it is set up
│   ├── NoModelError                       no model was given, set or named in the environment
│   ├── UnknownModelError                  a model name that resolves to nothing
│   ├── MissingKeyError                    a hosted model needs a key, and there is none
│   ├── UnknownPriceError                  no budget of money can be kept: the price of the model is not known
│   ├── MissingExtraError (ImportError)    an optional dependency is not installed
│   ├── UnsupportedError                   the model cannot do what the call asks of it
│   ├── SandboxUnavailableError            no sandbox that was asked for holds on this machine
│   ├── NetworkBlockedError                a test asked a model in the network without saying that it may
│   └── ProgramError                       a program of the planner that is none
├── InputError (ValueError)                an argument that cannot be shown to a model
│   └── UntrustedInputError                a tool was given what came from untrusted input
├── ToolRefusedError                       a tool needs approval for a call, and did not get it
├── SandboxLostError                       a sandbox is gone, and what was in it
├── ActionsExhaustedError                  a model acted as often as it may, and came to no value; holds what it did
├── WorkspaceError                         a workspace where nothing can be written, or that is in use or not empty
├── EditError                              an edit that does not fit the text as it stands
├── EditsRefusedError                      edits of which one could not be applied, so none was; holds what is wrong
├── ModelFileError                         a model file of the embedded runtime
│   ├── ModelFileMissingError (FileNotFoundError)
│   ├── ModelDownloadError
│   └── ModelHashError
├── TransportError                         no reply: network, server or provider failure
│   ├── NotAModelError                     something answered, but not a chat model (an HTML page, say)
│   ├── DamagedReplyError                  an answer that was cut off, garbled or beyond the size limits on its way
│   ├── RateLimitedError                   the provider wants fewer requests
│   ├── TimedOutError (TimeoutError)       no whole reply within the time given
│   ├── CircuitOpenError                   the model failed so often that it is not asked for a while
│   └── NoModelAnsweredError               several models were asked, and none gave a reply of use; holds their errors
├── BudgetExceededError                    the next request would cost more than is left
├── JournalError                           a journal that cannot be used
│   └── ProgramChangedError                the program asks something else than it did when the journal was written
├── WorkerLostError                        the process of a cluster that worked on an item has died, again and again
├── StoredDataError (ValueError)           what was stored does not fit its type
├── ReplyError                             a reply came, and no value could be read from it
│   ├── RefusedError                       the model declined to answer
│   ├── FilteredError                      the provider's content filter stopped the reply
│   ├── TruncatedError                     the reply was cut off at a length limit
│   ├── EmptyReplyError                    nothing in the reply
│   ├── UnknownToolError                   a call to a tool that does not exist
│   ├── NoValueError                       text in which no value was found
│   ├── MalformedReplyError                a value that is damaged beyond mechanical repair
│   ├── InvalidValueError                  a value that does not fit the declared type
│   └── OversizedReplyError                a reply beyond the size, depth or time limits of the reader
├── AttemptsExhaustedError                 every attempt ended in a ReplyError; holds all of them
├── ReplayError                            a recorded model was asked something that is not on its tape
├── HyperparameterError (ValueError)       a hyperparameter that does not exist, or a value that does not fit
│   └── UnknownHyperparameterError (KeyError)  a function or a hyperparameter of a name that nobody knows
└── TraceFileError                         a trace that cannot be read
```

A message says where (names as `repr`), what was found, and what to do. Data that a program may want is an attribute.
"""

from llm_strategy.errors.acting import (
    ActionsExhaustedError,
    SandboxLostError,
    ToolRefusedError,
)
from llm_strategy.errors.calls import (
    ConfigurationError,
    DefinitionError,
    HyperparameterError,
    InputError,
    MissingExtraError,
    MissingKeyError,
    NetworkBlockedError,
    NoModelError,
    SandboxUnavailableError,
    UnknownHyperparameterError,
    UnknownModelError,
    UnknownPriceError,
    UnsupportedError,
    UntrustedInputError,
)
from llm_strategy.errors.planner import EditError, EditsRefusedError, ProgramError, WorkspaceError
from llm_strategy.errors.replies import (
    AttemptsExhaustedError,
    EmptyReplyError,
    FilteredError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    RefusedError,
    ReplyError,
    TruncatedError,
    UnknownToolError,
)
from llm_strategy.errors.root import (
    LLMStrategyError,
)
from llm_strategy.errors.runs import (
    BudgetExceededError,
    JournalError,
    ProgramChangedError,
    WorkerLostError,
)
from llm_strategy.errors.stored import (
    ModelDownloadError,
    ModelFileError,
    ModelFileMissingError,
    ModelHashError,
    ReplayError,
    StoredDataError,
    TraceFileError,
)
from llm_strategy.errors.transport import (
    CircuitOpenError,
    DamagedReplyError,
    NoModelAnsweredError,
    NotAModelError,
    RateLimitedError,
    TimedOutError,
    TransportError,
)

__all__ = [
    "ActionsExhaustedError",
    "AttemptsExhaustedError",
    "BudgetExceededError",
    "CircuitOpenError",
    "ConfigurationError",
    "DamagedReplyError",
    "DefinitionError",
    "EditError",
    "EditsRefusedError",
    "EmptyReplyError",
    "FilteredError",
    "HyperparameterError",
    "InputError",
    "InvalidValueError",
    "JournalError",
    "LLMStrategyError",
    "MalformedReplyError",
    "MissingExtraError",
    "MissingKeyError",
    "ModelDownloadError",
    "ModelFileError",
    "ModelFileMissingError",
    "ModelHashError",
    "NetworkBlockedError",
    "NoModelAnsweredError",
    "NoModelError",
    "NoValueError",
    "NotAModelError",
    "OversizedReplyError",
    "ProgramChangedError",
    "ProgramError",
    "RateLimitedError",
    "RefusedError",
    "ReplayError",
    "ReplyError",
    "SandboxLostError",
    "SandboxUnavailableError",
    "StoredDataError",
    "TimedOutError",
    "ToolRefusedError",
    "TraceFileError",
    "TransportError",
    "TruncatedError",
    "UnknownHyperparameterError",
    "UnknownModelError",
    "UnknownPriceError",
    "UnknownToolError",
    "UnsupportedError",
    "UntrustedInputError",
    "WorkerLostError",
    "WorkspaceError",
]

for _name in __all__:
    # Tracebacks and pickles name an error as programs import it, whatever file it stands in.
    globals()[_name].__module__ = __name__
