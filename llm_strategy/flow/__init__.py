"""The flow: logic that talks to a model is a generator of requests, run by a sync or an async driver."""

from llm_strategy.flow.arun import aiterate as aiterate
from llm_strategy.flow.arun import arun as arun
from llm_strategy.flow.context import ContextThreadPoolExecutor as ContextThreadPoolExecutor
from llm_strategy.flow.context import carried as carried
from llm_strategy.flow.layers import Layer as Layer
from llm_strategy.flow.layers import Onward as Onward
from llm_strategy.flow.layers import Path as Path
from llm_strategy.flow.layers import layered as layered
from llm_strategy.flow.model import ChatModel as ChatModel
from llm_strategy.flow.model import Method as Method
from llm_strategy.flow.model import OutputFormat as OutputFormat
from llm_strategy.flow.model import Profile as Profile
from llm_strategy.flow.model import Sampling as Sampling
from llm_strategy.flow.requests import ChatRequest as ChatRequest
from llm_strategy.flow.requests import CloseStream as CloseStream
from llm_strategy.flow.requests import Emit as Emit
from llm_strategy.flow.requests import Flow as Flow
from llm_strategy.flow.requests import NextChunk as NextChunk
from llm_strategy.flow.requests import OpenStream as OpenStream
from llm_strategy.flow.requests import Parallel as Parallel
from llm_strategy.flow.requests import Request as Request
from llm_strategy.flow.requests import Result as Result
from llm_strategy.flow.requests import Stream as Stream
from llm_strategy.flow.run import iterate as iterate
from llm_strategy.flow.run import run as run
